/* model
description: One row per valid paid order, judgement and agent with a share in it; the judgement in force and the three standard ones side by side.
grain: [platform, shop_id, agent_id, rule, order_id]
scope: buyer
stored: true
partition: paid_dt
days: [paid_dt]
publish: true
hidden: [buyer_key, agent_group, buyer_id, paid_dt, credited_amount, credited_quantity, credited_items]
columns:
  rule: in_force, order_agent, order_then_pay or pay_agent
  agent_group: group of the agent on the paid day, '' = none
  share: part of the order that is the agent's, above 0
  credited_amount: paid amount times share, exact
checks:
  share_in_range: share > 0 and share <= 1
*/
with

orders as (select * from int_orders__judged where paid_at is not null),

standard as (
    select platform, shop_id, order_id, 'order_agent' as rule, order_agent_id as agent_id from orders
    union all
    select platform, shop_id, order_id, 'order_then_pay' as rule,
        coalesce(order_agent_id, pay_agent_id, follow_up_agent_id) as agent_id
    from orders
    union all
    select platform, shop_id, order_id, 'pay_agent' as rule, pay_agent_id as agent_id from orders
),

-- Under split the whole goes to the only agent, or to the one who is both.
split_parts as (
    select platform, shop_id, order_id, order_agent_id as agent_id,
        case when pay_agent_id is null or pay_agent_id = order_agent_id then 1 else split_order_share end as share
    from orders
    where credit_rule = 'split'
    union all
    select platform, shop_id, order_id, pay_agent_id as agent_id,
        case when order_agent_id is null then 1
            when pay_agent_id = order_agent_id then 0
            else 1 - split_order_share end as share
    from orders
    where credit_rule = 'split'
),

credits as (
    select platform, shop_id, order_id, rule, agent_id, 1 as share from standard
    union all
    select s.platform, s.shop_id, s.order_id, 'in_force' as rule, s.agent_id, 1 as share
    from standard s
    join orders o on o.platform = s.platform and o.shop_id = s.shop_id and o.order_id = s.order_id
    where s.rule = o.credit_rule
    union all
    select platform, shop_id, order_id, 'in_force' as rule, agent_id, share from split_parts
)

select c.platform, c.shop_id, o.buyer_key, c.order_id, o.buyer_id, o.paid_dt, c.rule, c.agent_id,
    coalesce(a.agent_group, '') as agent_group,
    cast(c.share as decimal(18, 6)) as share,
    cast(o.paid_amount * cast(c.share as decimal(18, 6)) as decimal(18, 6)) as credited_amount,
    cast(o.quantity * cast(c.share as decimal(18, 6)) as decimal(18, 6)) as credited_quantity,
    cast(o.item_rows * cast(c.share as decimal(18, 6)) as decimal(18, 6)) as credited_items
from credits c
join orders o on o.platform = c.platform and o.shop_id = c.shop_id and o.order_id = c.order_id
left join stg_agents a
    on a.platform = c.platform and a.shop_id = c.shop_id and a.agent_id = c.agent_id
    and o.paid_dt between a.from_dt and a.to_dt
where c.agent_id is not null and c.share > 0
