/* model
description: One row per order with its resolved buyer, its business days, the time it counts as paid and whether it is valid.
grain: [platform, shop_id, order_id]
scope: buyer
stored: false
columns:
  paid_at: time of payment; cash on delivery is paid when shipped, a staged order with its balance
  quantity: pieces, 0 when neither the order nor its items say
  item_rows: rows of order_items
  invalid_reason: why the order counts for nobody, NULL when it is valid
*/
with

identified as (select * from int_orders__identified),

orders as (select * from orders),

order_items as (select * from order_items),

of_excluded_buyers as (select * from int_orders__of_excluded_buyers),

shops as (select * from shops),

rule_day as (select * from rule_day),

items as (
    select t.platform, t.shop_id, t.order_id, count(*) as item_rows, sum(t.quantity) as quantity
    from order_items t
    join identified i on i.platform = t.platform and i.shop_id = t.shop_id and i.order_id = t.order_id
    group by t.platform, t.shop_id, t.order_id
),

linked_orders as (
    select o.platform, o.shop_id, o.order_id, i.buyer_key, i.buyer_id, i.is_linked, i.created_dt, s.timezone,
        o.pay_type, o.status, o.created_at, o.shipped_at, o.ended_at, o.amount, o.tags,
        case when o.pay_type = 'cod' then coalesce(o.shipped_at, o.paid_at) else o.paid_at end as paid_at,
        coalesce(o.paid_amount, 0) as paid_amount, o.quantity
    from orders o
    join identified i on i.platform = o.platform and i.shop_id = o.shop_id and i.order_id = o.order_id
    join shops s on s.platform = o.platform and s.shop_id = o.shop_id
),

local_orders as (
    select *, local_time(paid_at, timezone) as paid_local_at, local_time(shipped_at, timezone) as shipped_local_at
    from linked_orders
),

tagged as (
    select o.platform, o.shop_id, o.order_id
    from linked_orders o
    join rule_day r on r.platform = o.platform and r.shop_id = o.shop_id and r.dt = o.created_dt
    cross join unnest(list_items(o.tags)) as t (tag)
    where r.exclude_order_tags <> '' and in_list(r.exclude_order_tags, t.tag)
    group by o.platform, o.shop_id, o.order_id
),

listed_products as (
    select i.platform, i.shop_id, i.order_id
    from order_items t
    join identified i on i.platform = t.platform and i.shop_id = t.shop_id and i.order_id = t.order_id
    join rule_day r on r.platform = i.platform and r.shop_id = i.shop_id and r.dt = i.created_dt
    where r.exclude_order_products <> '' and in_list(r.exclude_order_products, t.product_id)
    group by i.platform, i.shop_id, i.order_id
),

judged as (
    select o.platform, o.shop_id, o.order_id,
        case when in_list(r.exclude_order_ids, o.order_id) then 'exclude_orders.ids'
            when p.order_id is not null then 'exclude_orders.products'
            when t.order_id is not null then 'exclude_orders.tags'
            when o.amount < r.exclude_order_min_amount then 'exclude_orders.min_amount'
            when b.order_id is not null then 'excluded_buyer' end as invalid_reason
    from linked_orders o
    join rule_day r on r.platform = o.platform and r.shop_id = o.shop_id and r.dt = o.created_dt
    left join listed_products p on p.platform = o.platform and p.shop_id = o.shop_id and p.order_id = o.order_id
    left join tagged t on t.platform = o.platform and t.shop_id = o.shop_id and t.order_id = o.order_id
    left join of_excluded_buyers b on b.platform = o.platform and b.shop_id = o.shop_id and b.order_id = o.order_id
)

select o.platform, o.shop_id, o.buyer_key, o.order_id, o.buyer_id, o.is_linked, o.pay_type, o.status,
    o.created_at, o.created_dt,
    o.paid_at, cast(plus_seconds(o.paid_local_at, -60 * rp.cut_minutes) as date) as paid_dt,
    o.shipped_at, cast(plus_seconds(o.shipped_local_at, -60 * rs.cut_minutes) as date) as shipped_dt,
    o.ended_at,
    cast(o.paid_amount as decimal(18, 2)) as paid_amount,
    cast(coalesce(o.quantity, t.quantity, 0) as bigint) as quantity,
    cast(coalesce(t.item_rows, 0) as bigint) as item_rows,
    j.invalid_reason is null as is_valid,
    j.invalid_reason
from local_orders o
join judged j on j.platform = o.platform and j.shop_id = o.shop_id and j.order_id = o.order_id
left join items t on t.platform = o.platform and t.shop_id = o.shop_id and t.order_id = o.order_id
left join rule_day rp
    on rp.platform = o.platform and rp.shop_id = o.shop_id and rp.dt = cast(o.paid_local_at as date)
left join rule_day rs
    on rs.platform = o.platform and rs.shop_id = o.shop_id and rs.dt = cast(o.shipped_local_at as date)
