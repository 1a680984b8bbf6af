/* model
description: One row per complaint with its order's buyer and its business day.
grain: [platform, shop_id, complaint_id]
scope: buyer
stored: false
columns:
  buyer_key: the order's; 'order:' and the id for an order that is not known; 'complaint:' and the id without an order
*/
with

complaints as (select * from complaints),

identified as (select * from int_orders__identified),

shops as (select * from shops),

rule_day as (select * from rule_day),

local_complaints as (
    select c.platform, c.shop_id, c.complaint_id, c.order_id, c.item_id, c.created_at,
        case when c.order_id is null then 'complaint:' || c.complaint_id
            else coalesce(i.buyer_key, 'order:' || c.order_id) end as buyer_key,
        i.order_id is not null as is_order_known,
        local_time(c.created_at, s.timezone) as local_at
    from complaints c
    join shops s on s.platform = c.platform and s.shop_id = c.shop_id
    left join identified i on i.platform = c.platform and i.shop_id = c.shop_id and i.order_id = c.order_id
)

select c.platform, c.shop_id, c.buyer_key, c.complaint_id, c.order_id, c.item_id, c.is_order_known,
    c.created_at, cast(plus_seconds(c.local_at, -60 * r.cut_minutes) as date) as dt
from local_complaints c
join rule_day r on r.platform = c.platform and r.shop_id = c.shop_id and r.dt = cast(c.local_at as date)
