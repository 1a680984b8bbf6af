/* model
description: One row per agent and paid day with anything that counts for sales.
grain: [platform, shop_id, agent_id, dt]
scope: day
stored: false
columns:
  deals: items of orders, by share
*/
with

days as (select * from days),

credits as (
    select c.* from order_credits c
    join days d on d.platform = c.platform and d.shop_id = c.shop_id and d.dt = c.paid_dt
),

orders as (
    select o.* from order_attribution o
    join days d on d.platform = o.platform and d.shop_id = o.shop_id and d.dt = o.paid_dt
),

assisted as (
    select a.* from int_orders__assisted a
    join days d on d.platform = a.platform and d.shop_id = a.shop_id and d.dt = a.paid_dt
),

credited as (
    select platform, shop_id, agent_id, paid_dt as dt,
        sum(credited_amount) filter (where rule = 'in_force') as sales_amount,
        sum(credited_amount) filter (where rule = 'order_agent') as sales_amount_by_order,
        sum(credited_amount) filter (where rule = 'order_then_pay') as sales_amount_by_order_then_pay,
        sum(credited_amount) filter (where rule = 'pay_agent') as sales_amount_by_pay,
        count(distinct buyer_id) filter (where rule = 'order_agent') as sales_buyers_by_order,
        count(distinct buyer_id) filter (where rule = 'order_then_pay') as sales_buyers_by_order_then_pay,
        count(distinct buyer_id) filter (where rule = 'pay_agent') as sales_buyers_by_pay,
        count(*) filter (where rule = 'in_force') as sales_orders,
        count(distinct buyer_id) filter (where rule = 'in_force') as sales_buyers,
        sum(credited_quantity) filter (where rule = 'in_force') as sales_items,
        sum(credited_items) filter (where rule = 'in_force') as deals
    from credits
    group by platform, shop_id, agent_id, paid_dt
),

as_order_agent as (
    select platform, shop_id, order_agent_id as agent_id, paid_dt as dt,
        sum(paid_amount) filter (where pay_agent_id = order_agent_id) as own_paid_amount,
        sum(paid_amount) filter (where pay_agent_id <> order_agent_id) as own_order_others_pay_amount,
        sum(paid_amount) as inquiry_deal_amount,
        sum(quantity) as inquiry_deal_items,
        count(distinct buyer_id) as inquiry_deal_buyers
    from orders
    where order_agent_id is not null
    group by platform, shop_id, order_agent_id, paid_dt
),

as_pay_agent as (
    select platform, shop_id, pay_agent_id as agent_id, paid_dt as dt,
        sum(paid_amount) filter (where order_agent_id <> pay_agent_id) as others_order_own_pay_amount,
        sum(paid_amount) filter (where order_agent_id is null) as silent_own_pay_amount
    from orders
    where pay_agent_id is not null
    group by platform, shop_id, pay_agent_id, paid_dt
),

as_follow_up_agent as (
    select platform, shop_id, follow_up_agent_id as agent_id, paid_dt as dt,
        sum(paid_amount) as silent_follow_up_amount
    from orders
    where follow_up_agent_id is not null
    group by platform, shop_id, follow_up_agent_id, paid_dt
),

as_assistant as (
    select platform, shop_id, agent_id, paid_dt as dt, count(*) as assisted_orders
    from assisted
    group by platform, shop_id, agent_id, paid_dt
),

entity_days as (
    select platform, shop_id, agent_id, dt from credited
    union
    select platform, shop_id, agent_id, dt from as_order_agent
    union
    select platform, shop_id, agent_id, dt from as_pay_agent
    union
    select platform, shop_id, agent_id, dt from as_follow_up_agent
    union
    select platform, shop_id, agent_id, dt from as_assistant
)

select k.platform, k.shop_id, k.agent_id, k.dt,
    cast(coalesce(c.sales_amount, 0) as decimal(18, 6)) as sales_amount,
    cast(coalesce(c.sales_amount_by_order, 0) as decimal(18, 6)) as sales_amount_by_order,
    cast(coalesce(c.sales_amount_by_order_then_pay, 0) as decimal(18, 6)) as sales_amount_by_order_then_pay,
    cast(coalesce(c.sales_amount_by_pay, 0) as decimal(18, 6)) as sales_amount_by_pay,
    coalesce(c.sales_buyers_by_order, 0) as sales_buyers_by_order,
    coalesce(c.sales_buyers_by_order_then_pay, 0) as sales_buyers_by_order_then_pay,
    coalesce(c.sales_buyers_by_pay, 0) as sales_buyers_by_pay,
    cast(coalesce(o.own_paid_amount, 0) as decimal(18, 2)) as own_paid_amount,
    cast(coalesce(o.own_order_others_pay_amount, 0) as decimal(18, 2)) as own_order_others_pay_amount,
    cast(coalesce(p.others_order_own_pay_amount, 0) as decimal(18, 2)) as others_order_own_pay_amount,
    cast(coalesce(p.silent_own_pay_amount, 0) as decimal(18, 2)) as silent_own_pay_amount,
    cast(coalesce(f.silent_follow_up_amount, 0) as decimal(18, 2)) as silent_follow_up_amount,
    coalesce(a.assisted_orders, 0) as assisted_orders,
    coalesce(c.sales_orders, 0) as sales_orders,
    coalesce(c.sales_buyers, 0) as sales_buyers,
    cast(coalesce(c.sales_items, 0) as decimal(18, 6)) as sales_items,
    cast(coalesce(o.inquiry_deal_amount, 0) as decimal(18, 2)) as inquiry_deal_amount,
    cast(coalesce(o.inquiry_deal_items, 0) as bigint) as inquiry_deal_items,
    coalesce(o.inquiry_deal_buyers, 0) as inquiry_deal_buyers,
    cast(coalesce(c.deals, 0) as decimal(18, 6)) as deals
from entity_days k
left join credited c
    on c.platform = k.platform and c.shop_id = k.shop_id and c.agent_id = k.agent_id and c.dt = k.dt
left join as_order_agent o
    on o.platform = k.platform and o.shop_id = k.shop_id and o.agent_id = k.agent_id and o.dt = k.dt
left join as_pay_agent p
    on p.platform = k.platform and p.shop_id = k.shop_id and p.agent_id = k.agent_id and p.dt = k.dt
left join as_follow_up_agent f
    on f.platform = k.platform and f.shop_id = k.shop_id and f.agent_id = k.agent_id and f.dt = k.dt
left join as_assistant a
    on a.platform = k.platform and a.shop_id = k.shop_id and a.agent_id = k.agent_id and a.dt = k.dt
