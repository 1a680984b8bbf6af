/* evidence
row: order
description: Orders created on the day that are due to an agent, by their order agent.
shows: [order_id, agent_id, buyer_id, paid_dt, paid_amount, reason]
splits: [agent_id]
rules: [inquiry_validity_days, order_agent_by, order_agent_needs_buyer_message, exclude_orders, exclude_flags, exclude_agents]
*/
select
    o.platform, o.shop_id, g.grain,
    case g.grain when 'agent' then o.agent_id when 'group' then o.created_group else '' end as entity,
    o.created_dt as dt, o.order_id, o.agent_id, o.buyer_id, o.paid_dt, o.paid_amount,
    case when o.paid_dt is null then 'not paid' when o.paid_dt = o.created_dt then 'paid on its day'
        else 'paid later' end as reason
from int_orders__due as o
cross join (values ('agent'), ('group'), ('shop')) as g (grain)
where o.part = 'order'
