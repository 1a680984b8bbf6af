/* model
description: One row per valid order with the agents that ordering, payment and follow-up are due to, and its kind.
grain: [platform, shop_id, order_id]
scope: buyer
stored: false
columns:
  buyer_no: that of int_buyers, NULL of buyers without a message
  credit_rule: rule of the paid day, NULL while unpaid
*/
with

orders as (select * from stg_orders),

order_agents as (select * from int_order_agents),

rule_day as (select * from rule_day),

ruled_orders as (
    select o.*, c.order_agent_needs_buyer_message, c.order_agent_by, p.credit as credit_rule, p.split_order_share
    from orders o
    join rule_day c on c.platform = o.platform and c.shop_id = o.shop_id and c.dt = o.created_dt
    left join rule_day p on p.platform = o.platform and p.shop_id = o.shop_id and p.dt = o.paid_dt
    where o.is_valid
),

-- Orders of message_order are unique within a buyer, so no tie is left.
ranked_order_agents as (
    select a.platform, a.shop_id, a.order_id, a.agent_id,
        row_number() over (
            partition by a.platform, a.shop_id, a.order_id
            order by
                case when o.order_agent_by = 'most_messages' then -a.order_contacts end,
                case when o.order_agent_by = 'first' then a.first_order_contact end,
                a.last_order_contact desc
        ) as place
    from order_agents a
    join ruled_orders o on o.platform = a.platform and o.shop_id = a.shop_id and o.order_id = a.order_id
    where a.order_contacts > 0 and (a.wrote_to or not o.order_agent_needs_buyer_message)
),

later_agents as (
    select platform, shop_id, order_id,
        max_by(agent_id, last_pay_contact) filter (where last_pay_contact is not null) as pay_contact_agent_id,
        max_by(agent_id, last_remind_contact) filter (where last_remind_contact is not null) as remind_agent_id,
        min_by(agent_id, first_follow_up_contact) filter (where first_follow_up_contact is not null)
            as after_agent_id
    from order_agents
    group by platform, shop_id, order_id
),

with_pay_agent as (
    select o.*, r.agent_id as order_agent_id, l.after_agent_id,
        case when o.paid_at is null then null
            when r.agent_id is not null then coalesce(l.pay_contact_agent_id, r.agent_id)
            else l.remind_agent_id end as pay_agent_id
    from ruled_orders o
    left join ranked_order_agents r
        on r.platform = o.platform and r.shop_id = o.shop_id and r.order_id = o.order_id and r.place = 1
    left join later_agents l on l.platform = o.platform and l.shop_id = o.shop_id and l.order_id = o.order_id
),

with_follow_up_agent as (
    select *, case when order_agent_id is null and pay_agent_id is null then after_agent_id end as follow_up_agent_id
    from with_pay_agent
)

select platform, shop_id, buyer_key, buyer_no, order_id, buyer_id, is_linked, pay_type, status,
    created_at, created_dt, paid_at, paid_dt, shipped_at, shipped_dt, ended_at, paid_amount, quantity, item_rows,
    order_agent_id, pay_agent_id, follow_up_agent_id,
    case when not is_linked then 'unlinked'
        when order_agent_id is not null then 'assisted'
        when paid_at is null then 'silent_unpaid'
        when pay_agent_id is not null then 'silent_reminded'
        when follow_up_agent_id is not null then 'fully_silent_followed'
        else 'fully_silent' end as kind,
    credit_rule, split_order_share
from with_follow_up_agent
