/* model
description: One row per refund that is no exchange, with its order's buyer and its business days.
grain: [platform, shop_id, refund_id]
scope: buyer
stored: false
columns:
  buyer_key: the order's; for an order that is not known the refund's own buyer, else 'order:' and the id
  buyer_id: the order's buyer, else the refund's own
  completed_dt: day on which it succeeded or was closed
*/
with

refunds as (select * from refunds),

identified as (select * from int_orders__identified),

shops as (select * from shops),

rule_day as (select * from rule_day),

local_refunds as (
    select f.platform, f.shop_id, f.refund_id, f.order_id, f.item_id, f.status, f.amount, f.closed_by,
        coalesce(
            i.buyer_key, case when strpos(f.buyer_id, '*') = 0 then f.buyer_id end, 'order:' || f.order_id
        ) as buyer_key,
        coalesce(i.buyer_id, f.buyer_id) as buyer_id,
        i.order_id is not null as is_order_known,
        f.requested_at,
        case when f.status in ('succeeded', 'closed') then f.completed_at end as completed_at,
        f.disputed_at,
        s.timezone
    from refunds f
    join shops s on s.platform = f.platform and s.shop_id = f.shop_id
    left join identified i on i.platform = f.platform and i.shop_id = f.shop_id and i.order_id = f.order_id
    where f.type is distinct from 'exchange'
),

clocks as (
    select *,
        local_time(requested_at, timezone) as requested_local_at,
        local_time(completed_at, timezone) as completed_local_at,
        local_time(disputed_at, timezone) as disputed_local_at
    from local_refunds
)

select f.platform, f.shop_id, f.buyer_key, f.refund_id, f.order_id, f.item_id, f.buyer_id, f.is_order_known,
    f.status, f.closed_by, f.amount,
    f.requested_at, cast(plus_seconds(f.requested_local_at, -60 * rr.cut_minutes) as date) as requested_dt,
    f.completed_at, cast(plus_seconds(f.completed_local_at, -60 * rc.cut_minutes) as date) as completed_dt,
    f.disputed_at, cast(plus_seconds(f.disputed_local_at, -60 * rd.cut_minutes) as date) as disputed_dt
from clocks f
left join rule_day rr
    on rr.platform = f.platform and rr.shop_id = f.shop_id and rr.dt = cast(f.requested_local_at as date)
left join rule_day rc
    on rc.platform = f.platform and rc.shop_id = f.shop_id and rc.dt = cast(f.completed_local_at as date)
left join rule_day rd
    on rd.platform = f.platform and rd.shop_id = f.shop_id and rd.dt = cast(f.disputed_local_at as date)
