/* evidence
row: order and part
description: Orders paid on the day with the parts that agents have in them, whoever is credited.
shows: [order_id, agent_id, part, paid_amount, order_agent_id, pay_agent_id, reason]
splits: [agent_id, part]
rules: [inquiry_validity_days, order_agent_by, order_agent_needs_buyer_message, remind_after_minutes, remind_within_hours, credit_silent_follow_up, follow_up_minutes, exclude_orders, exclude_flags]
*/
select
    o.platform, o.shop_id, g.grain,
    case g.grain when 'agent' then o.agent_id when 'group' then o.paid_group else '' end as entity,
    o.paid_dt as dt, o.order_id, o.agent_id, o.part, o.buyer_id, o.paid_amount, o.quantity, o.order_agent_id,
    o.pay_agent_id,
    case
        when o.part = 'order' and o.pay_agent_id = o.agent_id then 'ordered and paid with the agent'
        when o.part = 'order' then 'ordered with the agent, paid with another'
        when o.part = 'pay' and o.order_agent_id is null then 'a silent order, paid with the agent'
        when o.part = 'pay' and o.order_agent_id = o.agent_id then 'paid with the agent of the order'
        when o.part = 'pay' then 'ordered with another, paid with the agent'
        when o.part = 'follow_up' then 'a fully silent order that the agent followed up'
        else 'assisted'
    end as reason
from int_orders__due as o
cross join (values ('agent'), ('group'), ('shop')) as g (grain)
where o.paid_dt is not null
