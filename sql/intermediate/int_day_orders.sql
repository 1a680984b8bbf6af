/* model
description: One row per shop and business day on which an order was placed or paid, credited or not, valid or not.
grain: [platform, shop_id, grain, entity, dt]
scope: day
stored: false
columns:
  grain: shop
  entity: empty
  placed_orders: valid orders, by created day
  uncredited_amount: what no agent has of valid orders, by paid day
  excluded_amount: of orders that are not valid
  shop_paid_amount: of all orders
*/
with

days as (select * from days),

placed as (
    select o.platform, o.shop_id, o.created_dt as dt, count(*) as placed_orders, count(o.paid_dt) as placed_orders_paid
    from order_attribution o
    join days d on d.platform = o.platform and d.shop_id = o.shop_id and d.dt = o.created_dt
    group by o.platform, o.shop_id, o.created_dt
),

paid as (
    select o.platform, o.shop_id, o.paid_dt as dt,
        sum(o.paid_amount) filter (where not o.is_valid) as excluded_amount,
        sum(o.paid_amount) as shop_paid_amount
    from int_orders__dated o
    join days d on d.platform = o.platform and d.shop_id = o.shop_id and d.dt = o.paid_dt
    group by o.platform, o.shop_id, o.paid_dt
),

order_shares as (
    select c.platform, c.shop_id, c.order_id, sum(c.share) as share
    from order_credits c
    join days d on d.platform = c.platform and d.shop_id = c.shop_id and d.dt = c.paid_dt
    where c.rule = 'in_force'
    group by c.platform, c.shop_id, c.order_id
),

valid as (
    select o.platform, o.shop_id, o.paid_dt as dt,
        sum(o.paid_amount) as valid_paid_amount,
        sum(o.paid_amount * cast(1 - coalesce(s.share, 0) as decimal(18, 6))) as uncredited_amount,
        sum(o.paid_amount) filter (where o.kind = 'unlinked') as unlinked_amount,
        sum(o.paid_amount) filter (where o.kind in ('fully_silent', 'fully_silent_followed')) as silent_amount,
        sum(o.paid_amount) filter (where o.kind = 'assisted') as assisted_amount
    from order_attribution o
    join days d on d.platform = o.platform and d.shop_id = o.shop_id and d.dt = o.paid_dt
    left join order_shares s on s.platform = o.platform and s.shop_id = o.shop_id and s.order_id = o.order_id
    group by o.platform, o.shop_id, o.paid_dt
),

keys as (
    select platform, shop_id, dt from placed
    union
    select platform, shop_id, dt from paid
)

select k.platform, k.shop_id, 'shop' as grain, '' as entity, k.dt,
    coalesce(c.placed_orders, 0) as placed_orders,
    coalesce(c.placed_orders_paid, 0) as placed_orders_paid,
    cast(coalesce(v.valid_paid_amount, 0) as decimal(18, 6)) as valid_paid_amount,
    cast(coalesce(v.uncredited_amount, 0) as decimal(18, 6)) as uncredited_amount,
    cast(coalesce(p.excluded_amount, 0) as decimal(18, 6)) as excluded_amount,
    cast(coalesce(p.shop_paid_amount, 0) as decimal(18, 6)) as shop_paid_amount,
    cast(coalesce(v.unlinked_amount, 0) as decimal(18, 2)) as unlinked_amount,
    cast(coalesce(v.silent_amount, 0) as decimal(18, 2)) as silent_amount,
    cast(coalesce(v.assisted_amount, 0) as decimal(18, 2)) as assisted_amount
from keys k
left join placed c on c.platform = k.platform and c.shop_id = k.shop_id and c.dt = k.dt
left join paid p on p.platform = k.platform and p.shop_id = k.shop_id and p.dt = k.dt
left join valid v on v.platform = k.platform and v.shop_id = k.shop_id and v.dt = k.dt
