/* model
description: One row per shop, as-of day and window of 180 days with data in it, with the sums of scores of orders created in it.
grain: [platform, shop_id, grain, entity, dt, window_days]
scope: window
stored: false
columns:
  grain: shop
  entity: empty
  dsr_service_count: ratings with a score for service
*/
with

asofs as (select * from int_window_asofs where grain = 'shop' and window_days = 180),

ratings as (select * from int_order_ratings__capped),

created_days as (
    select platform, shop_id, created_dt,
        sum(service_score) as service_sum, count(service_score) as service_count,
        sum(item_score) as item_sum, count(item_score) as item_count,
        sum(logistics_score) as logistics_sum, count(logistics_score) as logistics_count
    from ratings
    group by platform, shop_id, created_dt
)

select a.platform, a.shop_id, a.grain, a.entity, a.dt, a.window_days,
    cast(coalesce(sum(c.service_sum), 0) as bigint) as dsr_service_sum,
    cast(coalesce(sum(c.service_count), 0) as bigint) as dsr_service_count,
    cast(coalesce(sum(c.item_sum), 0) as bigint) as dsr_item_sum,
    cast(coalesce(sum(c.item_count), 0) as bigint) as dsr_item_count,
    cast(coalesce(sum(c.logistics_sum), 0) as bigint) as dsr_logistics_sum,
    cast(coalesce(sum(c.logistics_count), 0) as bigint) as dsr_logistics_count
from asofs a
left join created_days c
    on c.platform = a.platform and c.shop_id = a.shop_id
    and c.created_dt > plus_days(a.dt, -a.window_days) and c.created_dt <= a.dt
group by a.platform, a.shop_id, a.grain, a.entity, a.dt, a.window_days
