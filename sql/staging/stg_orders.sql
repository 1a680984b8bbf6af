/* model
description: One row per order with its resolved buyer, its business days, the time it counts as paid and whether it is valid.
grain: [platform, shop_id, order_id]
scope: buyer
stored: false
columns:
  buyer_no: that of int_buyers, NULL of buyers without a message
  paid_at: time of payment; cash on delivery is paid when shipped, a staged order with its balance
  quantity: pieces, 0 when neither the order nor its items say
  item_rows: rows of order_items
  invalid_reason: why the order counts for nobody, NULL when it is valid
*/
with

identified as (select * from int_orders__identified),

buyers as (select * from int_buyers),

orders as (select * from orders),

order_items as (select * from order_items),

of_excluded_buyers as (select * from int_orders__of_excluded_buyers),

shops as (select * from shops),

rule_day as (select * from rule_day),

items as (
    select platform, shop_id, order_id, count(*) as item_rows, sum(quantity) as quantity
    from order_items
    group by platform, shop_id, order_id
),

linked_orders as (
    select o.platform, o.shop_id, o.order_id, i.buyer_key, i.buyer_id, i.is_linked, i.created_dt,
        o.pay_type, o.status, o.created_at, o.shipped_at, o.ended_at, o.amount, o.tags,
        case when o.pay_type = 'cod' then coalesce(o.shipped_at, o.paid_at) else o.paid_at end as paid_at,
        coalesce(o.paid_amount, 0) as paid_amount, o.quantity
    from orders o
    join identified i on i.platform = o.platform and i.shop_id = o.shop_id and i.order_id = o.order_id
),

-- The wall clock is looked up once per quarter of an hour: within one it runs evenly.
quarters as (
    select q.platform, q.shop_id, q.quarter_at, local_time(q.quarter_at, s.timezone) as local_quarter_at
    from (
        select platform, shop_id, quarter_hour(paid_at) as quarter_at from linked_orders
        union
        select platform, shop_id, quarter_hour(shipped_at) as quarter_at from linked_orders
    ) as q
    join shops as s on s.platform = q.platform and s.shop_id = q.shop_id
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
    select o.*,
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
),

local_orders as (
    select o.*,
        qp.local_quarter_at + (o.paid_at - qp.quarter_at) as paid_local_at,
        qs.local_quarter_at + (o.shipped_at - qs.quarter_at) as shipped_local_at
    from judged o
    left join quarters qp
        on qp.platform = o.platform and qp.shop_id = o.shop_id and qp.quarter_at = quarter_hour(o.paid_at)
    left join quarters qs
        on qs.platform = o.platform and qs.shop_id = o.shop_id and qs.quarter_at = quarter_hour(o.shipped_at)
)

select o.platform, o.shop_id, o.buyer_key, u.buyer_no, o.order_id, o.buyer_id, o.is_linked, o.pay_type, o.status,
    o.created_at, o.created_dt,
    o.paid_at, cast(plus_seconds(o.paid_local_at, -60 * rp.cut_minutes) as date) as paid_dt,
    o.shipped_at, cast(plus_seconds(o.shipped_local_at, -60 * rs.cut_minutes) as date) as shipped_dt,
    o.ended_at,
    cast(o.paid_amount as decimal(18, 2)) as paid_amount,
    cast(coalesce(o.quantity, t.quantity, 0) as bigint) as quantity,
    cast(coalesce(t.item_rows, 0) as bigint) as item_rows,
    o.invalid_reason is null as is_valid,
    o.invalid_reason
from local_orders o
left join buyers u on u.platform = o.platform and u.shop_id = o.shop_id and u.buyer_key = o.buyer_key
left join items t on t.platform = o.platform and t.shop_id = o.shop_id and t.order_id = o.order_id
left join rule_day rp
    on rp.platform = o.platform and rp.shop_id = o.shop_id and rp.dt = cast(o.paid_local_at as date)
left join rule_day rs
    on rs.platform = o.platform and rs.shop_id = o.shop_id and rs.dt = cast(o.shipped_local_at as date)
