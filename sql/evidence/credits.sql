/* evidence
row: order and agent
description: Orders paid on the day with the agents who have a share in them, under the rule in force and under each of the three; at the shop those that nobody has, too.
shows: [order_id, agent_id, buyer_id, paid_at, paid_amount, share, reason]
splits: [agent_id, kind]
rules:
  - credit
  - split_order_share
  - credit_silent_follow_up
  - follow_up_minutes
  - inquiry_validity_days
  - order_agent_by
  - order_agent_needs_buyer_message
  - remind_after_minutes
  - remind_within_hours
  - exclude_orders
  - exclude_flags
  - exclude_agents
*/
with

credited as (
    select platform, shop_id, order_id, agent_id, agent_group, buyer_id, paid_dt,
        sum(share) filter (where rule = 'in_force') as share,
        sum(credited_amount) filter (where rule = 'in_force') as amount,
        sum(credited_quantity) filter (where rule = 'in_force') as quantity,
        sum(credited_amount) filter (where rule = 'order_agent') as amount_by_order,
        sum(credited_amount) filter (where rule = 'order_then_pay') as amount_by_order_then_pay,
        sum(credited_amount) filter (where rule = 'pay_agent') as amount_by_pay
    from order_credits
    group by platform, shop_id, order_id, agent_id, agent_group, buyer_id, paid_dt
),

of_agents as (
    select c.platform, c.shop_id, g.grain,
        case g.grain when 'agent' then c.agent_id when 'group' then c.agent_group else '' end as entity,
        c.paid_dt as dt, c.order_id, c.agent_id, c.buyer_id, c.share, c.amount, c.quantity, c.amount_by_order,
        c.amount_by_order_then_pay, c.amount_by_pay
    from credited as c
    cross join (values ('agent'), ('group'), ('shop')) as g (grain)
),

of_nobody as (
    select o.platform, o.shop_id, 'shop' as grain, '' as entity, o.paid_dt as dt, o.order_id, o.invalid_reason
    from int_orders__dated as o
    where
        o.paid_dt is not null
        and not exists (
            select 1 from order_credits as c
            where c.platform = o.platform and c.shop_id = o.shop_id and c.order_id = o.order_id
        )
),

all_rows as (
    select platform, shop_id, grain, entity, dt, order_id, agent_id, buyer_id, share, amount, quantity, amount_by_order,
        amount_by_order_then_pay, amount_by_pay, null as invalid_reason
    from of_agents
    union all
    select platform, shop_id, grain, entity, dt, order_id, null, null, null, null, null, null, null, null, invalid_reason
    from of_nobody
)

select
    r.platform, r.shop_id, r.grain, r.entity, r.dt, r.order_id, r.agent_id, r.buyer_id, a.paid_at, a.paid_amount, a.kind,
    a.credit_rule, a.order_agent_id, a.pay_agent_id, a.follow_up_agent_id, r.share, r.amount, r.quantity,
    r.amount_by_order, r.amount_by_order_then_pay, r.amount_by_pay,
    case
        when r.invalid_reason is not null then 'not valid: ' || r.invalid_reason
        when r.agent_id is null then a.kind || ': nobody is credited'
        else concat_ws(
            ', ',
            case when r.agent_id = a.order_agent_id then 'order agent' end,
            case when r.agent_id = a.pay_agent_id then 'pay agent' end,
            case when r.agent_id = a.follow_up_agent_id then 'followed up' end
        ) || case when r.share is null then '; no share under ' else '; credited under ' end || a.credit_rule
    end as reason
from all_rows as r
left join order_attribution as a on a.platform = r.platform and a.shop_id = r.shop_id and a.order_id = r.order_id
