/* model
description: One row per shop and business day with refunds, disputes or complaints, those of unknown orders too.
grain: [platform, shop_id, dt]
scope: day
stored: false
columns:
  refund_us_sum: microseconds from request to completion
*/
with

days as (select * from days),

requested as (
    select f.platform, f.shop_id, f.requested_dt as dt, sum(f.share) as refunds
    from int_refunds__credited f
    join days d on d.platform = f.platform and d.shop_id = f.shop_id and d.dt = f.requested_dt
    where f.grain = 'shop'
    group by f.platform, f.shop_id, f.requested_dt
),

disputed as (
    select f.platform, f.shop_id, f.disputed_dt as dt, sum(f.share) as disputes
    from int_refunds__credited f
    join days d on d.platform = f.platform and d.shop_id = f.shop_id and d.dt = f.disputed_dt
    where f.grain = 'shop'
    group by f.platform, f.shop_id, f.disputed_dt
),

completed as (
    select f.platform, f.shop_id, f.completed_dt as dt,
        sum(f.share) as refunds_completed,
        sum(f.share) filter (where f.is_self_completed) as self_completed,
        sum(f.share * f.duration_us) as refund_us_sum,
        sum(f.credited_amount) as refunded_amount
    from int_refunds__credited f
    join days d on d.platform = f.platform and d.shop_id = f.shop_id and d.dt = f.completed_dt
    where f.grain = 'shop'
    group by f.platform, f.shop_id, f.completed_dt
),

complained as (
    select c.platform, c.shop_id, c.dt, sum(c.share) as complaints
    from int_complaints__credited c
    join days d on d.platform = c.platform and d.shop_id = c.shop_id and d.dt = c.dt
    where c.grain = 'shop'
    group by c.platform, c.shop_id, c.dt
),

entity_days as (
    select platform, shop_id, dt from requested
    union
    select platform, shop_id, dt from disputed
    union
    select platform, shop_id, dt from completed
    union
    select platform, shop_id, dt from complained
)

select k.platform, k.shop_id, k.dt,
    cast(coalesce(r.refunds, 0) as decimal(18, 6)) as refunds,
    cast(coalesce(d.disputes, 0) as decimal(18, 6)) as disputes,
    cast(coalesce(f.refunds_completed, 0) as decimal(18, 6)) as refunds_completed,
    cast(coalesce(f.self_completed, 0) as decimal(18, 6)) as self_completed,
    cast(coalesce(f.refund_us_sum, 0) as decimal(38, 6)) as refund_us_sum,
    cast(coalesce(f.refunded_amount, 0) as decimal(18, 6)) as refunded_amount,
    cast(coalesce(c.complaints, 0) as decimal(18, 6)) as complaints
from entity_days k
left join requested r on r.platform = k.platform and r.shop_id = k.shop_id and r.dt = k.dt
left join disputed d on d.platform = k.platform and d.shop_id = k.shop_id and d.dt = k.dt
left join completed f on f.platform = k.platform and f.shop_id = k.shop_id and f.dt = k.dt
left join complained c on c.platform = k.platform and c.shop_id = k.shop_id and c.dt = k.dt
