/* model
description: One row per agent, group of agents or shop and paid day with anything of the agents' that counts for sales.
grain: [platform, shop_id, grain, entity, dt]
scope: day
stored: false
columns:
  grain: agent, group or shop
  entity: agent, group of the day ('' = none), or empty at shop grain
  own_paid_amount: amounts by part in the order are sums over the entity's agents
*/
with

days as (select * from days),

entity_credits as (
    select c.*, g.grain,
        case g.grain when 'agent' then c.agent_id when 'group' then c.agent_group else '' end as entity
    from order_credits c
    join days d on d.platform = c.platform and d.shop_id = c.shop_id and d.dt = c.paid_dt
    cross join (values ('agent'), ('group'), ('shop')) as g (grain)
),

credited as (
    select platform, shop_id, grain, entity, paid_dt as dt,
        sum(credited_amount) filter (where rule = 'in_force') as sales_amount,
        sum(credited_amount) filter (where rule = 'order_agent') as sales_amount_by_order,
        sum(credited_amount) filter (where rule = 'order_then_pay') as sales_amount_by_order_then_pay,
        sum(credited_amount) filter (where rule = 'pay_agent') as sales_amount_by_pay,
        count(distinct buyer_id) filter (where rule = 'order_agent') as sales_buyers_by_order,
        count(distinct buyer_id) filter (where rule = 'order_then_pay') as sales_buyers_by_order_then_pay,
        count(distinct buyer_id) filter (where rule = 'pay_agent') as sales_buyers_by_pay,
        count(distinct order_id) filter (where rule = 'in_force') as sales_orders,
        count(distinct buyer_id) filter (where rule = 'in_force') as sales_buyers,
        sum(credited_quantity) filter (where rule = 'in_force') as sales_items
    from entity_credits
    group by platform, shop_id, grain, entity, paid_dt
),

entity_parts as (
    select o.*, g.grain,
        case g.grain when 'agent' then o.agent_id when 'group' then o.paid_group else '' end as entity
    from int_orders__due o
    join days d on d.platform = o.platform and d.shop_id = o.shop_id and d.dt = o.paid_dt
    cross join (values ('agent'), ('group'), ('shop')) as g (grain)
),

due as (
    select platform, shop_id, grain, entity, paid_dt as dt,
        sum(paid_amount) filter (where part = 'order' and pay_agent_id = agent_id) as own_paid_amount,
        sum(paid_amount) filter (where part = 'order' and pay_agent_id <> agent_id) as own_order_others_pay_amount,
        sum(paid_amount) filter (where part = 'pay' and order_agent_id <> agent_id) as others_order_own_pay_amount,
        sum(paid_amount) filter (where part = 'pay' and order_agent_id is null) as silent_own_pay_amount,
        sum(paid_amount) filter (where part = 'follow_up') as silent_follow_up_amount,
        count(distinct order_id) filter (where part = 'assist') as assisted_orders,
        sum(paid_amount) filter (where part = 'order') as inquiry_deal_amount,
        sum(quantity) filter (where part = 'order') as inquiry_deal_items,
        count(distinct buyer_id) filter (where part = 'order') as inquiry_deal_buyers
    from entity_parts
    group by platform, shop_id, grain, entity, paid_dt
),

keys as (
    select platform, shop_id, grain, entity, dt from credited
    union
    select platform, shop_id, grain, entity, dt from due
)

select k.platform, k.shop_id, k.grain, k.entity, k.dt,
    cast(coalesce(c.sales_amount, 0) as decimal(18, 6)) as sales_amount,
    cast(coalesce(c.sales_amount_by_order, 0) as decimal(18, 6)) as sales_amount_by_order,
    cast(coalesce(c.sales_amount_by_order_then_pay, 0) as decimal(18, 6)) as sales_amount_by_order_then_pay,
    cast(coalesce(c.sales_amount_by_pay, 0) as decimal(18, 6)) as sales_amount_by_pay,
    coalesce(c.sales_buyers_by_order, 0) as sales_buyers_by_order,
    coalesce(c.sales_buyers_by_order_then_pay, 0) as sales_buyers_by_order_then_pay,
    coalesce(c.sales_buyers_by_pay, 0) as sales_buyers_by_pay,
    cast(coalesce(o.own_paid_amount, 0) as decimal(18, 2)) as own_paid_amount,
    cast(coalesce(o.own_order_others_pay_amount, 0) as decimal(18, 2)) as own_order_others_pay_amount,
    cast(coalesce(o.others_order_own_pay_amount, 0) as decimal(18, 2)) as others_order_own_pay_amount,
    cast(coalesce(o.silent_own_pay_amount, 0) as decimal(18, 2)) as silent_own_pay_amount,
    cast(coalesce(o.silent_follow_up_amount, 0) as decimal(18, 2)) as silent_follow_up_amount,
    coalesce(o.assisted_orders, 0) as assisted_orders,
    coalesce(c.sales_orders, 0) as sales_orders,
    coalesce(c.sales_buyers, 0) as sales_buyers,
    cast(coalesce(c.sales_items, 0) as decimal(18, 6)) as sales_items,
    cast(coalesce(o.inquiry_deal_amount, 0) as decimal(18, 2)) as inquiry_deal_amount,
    cast(coalesce(o.inquiry_deal_items, 0) as bigint) as inquiry_deal_items,
    coalesce(o.inquiry_deal_buyers, 0) as inquiry_deal_buyers
from keys k
left join credited c
    on c.platform = k.platform and c.shop_id = k.shop_id and c.grain = k.grain and c.entity = k.entity and c.dt = k.dt
left join due o
    on o.platform = k.platform and o.shop_id = k.shop_id and o.grain = k.grain and o.entity = k.entity and o.dt = k.dt
