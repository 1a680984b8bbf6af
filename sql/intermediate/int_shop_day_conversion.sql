/* model
description: One row per shop and business day with anything that counts for conversion.
grain: [platform, shop_id, dt]
scope: day
stored: false
*/
with

days as (select * from days),

inquiries as (
    select f.* from inquiries f
    join days d on d.platform = f.platform and d.shop_id = f.shop_id and d.dt = f.dt
    where f.grain = 'shop' and f.excluded_reason is null
),

created_orders as (
    select f.* from order_attribution f
    join days d on d.platform = f.platform and d.shop_id = f.shop_id and d.dt = f.created_dt
),

shipped_orders as (
    select f.* from int_orders__shipped f
    join days d on d.platform = f.platform and d.shop_id = f.shop_id and d.dt = f.shipped_dt
    where f.grain = 'shop'
),

-- A buyer has one inquiry a day, so rows are buyers.
inquired as (
    select platform, shop_id, dt,
        count(*) as inquiry_buyers,
        count(*) filter (where ordered_same_day) as ordered_buyers_same_day,
        count(*) filter (where ordered_final) as ordered_buyers_final,
        count(*) filter (where paid_next_day) as paid_buyers_next_day,
        count(*) filter (where paid_final) as paid_buyers_final,
        count(*) filter (where status = 'ordered_unpaid') as ordered_unpaid_buyers,
        count(*) filter (where is_shipped) as shipped_buyers_final,
        count(*) filter (where status = 'lost') as lost_buyers
    from inquiries
    group by platform, shop_id, dt
),

ordered as (
    select platform, shop_id, created_dt as dt,
        count(distinct buyer_id) filter (where order_agent_id is not null) as order_buyers,
        count(distinct buyer_id) filter (where order_agent_id is not null and paid_dt = created_dt)
            as order_paid_buyers_same_day,
        count(distinct buyer_id) filter (where order_agent_id is not null and paid_dt is not null)
            as order_paid_buyers,
        count(*) as placed_orders,
        count(paid_dt) as placed_orders_paid
    from created_orders
    group by platform, shop_id, created_dt
),

shipped as (
    select platform, shop_id, shipped_dt as dt, sum(paid_amount) as shipped_amount
    from shipped_orders
    group by platform, shop_id, shipped_dt
),

entity_days as (
    select platform, shop_id, dt from inquired
    union
    select platform, shop_id, dt from ordered
    union
    select platform, shop_id, dt from shipped
)

select k.platform, k.shop_id, k.dt,
    coalesce(i.inquiry_buyers, 0) as inquiry_buyers,
    coalesce(i.ordered_buyers_same_day, 0) as ordered_buyers_same_day,
    coalesce(i.ordered_buyers_final, 0) as ordered_buyers_final,
    coalesce(i.paid_buyers_next_day, 0) as paid_buyers_next_day,
    coalesce(i.paid_buyers_final, 0) as paid_buyers_final,
    coalesce(i.ordered_unpaid_buyers, 0) as ordered_unpaid_buyers,
    cast(0 as bigint) as other_agent_buyers,
    coalesce(i.lost_buyers, 0) as lost_buyers,
    coalesce(i.shipped_buyers_final, 0) as shipped_buyers_final,
    cast(coalesce(s.shipped_amount, 0) as decimal(18, 2)) as shipped_amount,
    coalesce(o.order_buyers, 0) as order_buyers,
    coalesce(o.order_paid_buyers_same_day, 0) as order_paid_buyers_same_day,
    coalesce(o.order_paid_buyers, 0) as order_paid_buyers,
    coalesce(o.placed_orders, 0) as placed_orders,
    coalesce(o.placed_orders_paid, 0) as placed_orders_paid
from entity_days k
left join inquired i on i.platform = k.platform and i.shop_id = k.shop_id and i.dt = k.dt
left join ordered o on o.platform = k.platform and o.shop_id = k.shop_id and o.dt = k.dt
left join shipped s on s.platform = k.platform and s.shop_id = k.shop_id and s.dt = k.dt
