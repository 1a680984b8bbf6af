/* model
description: One row per rating of an item of a known order, with the order's buyer and its business day.
grain: [platform, shop_id, order_id, item_id]
scope: buyer
stored: false
*/
with

order_ratings as (select * from order_ratings),

identified as (select * from int_orders__identified),

shops as (select * from shops),

rule_day as (select * from rule_day),

local_ratings as (
    select t.platform, t.shop_id, i.buyer_key, t.order_id, t.item_id, i.created_dt, t.rated_at,
        t.item_score, t.service_score, t.logistics_score,
        local_time(t.rated_at, s.timezone) as local_at
    from order_ratings t
    join identified i on i.platform = t.platform and i.shop_id = t.shop_id and i.order_id = t.order_id
    join shops s on s.platform = t.platform and s.shop_id = t.shop_id
)

select t.platform, t.shop_id, t.buyer_key, t.order_id, t.item_id, t.created_dt, t.rated_at,
    cast(plus_seconds(t.local_at, -60 * r.cut_minutes) as date) as rated_dt,
    t.item_score, t.service_score, t.logistics_score
from local_ratings t
join rule_day r on r.platform = t.platform and r.shop_id = t.shop_id and r.dt = cast(t.local_at as date)
