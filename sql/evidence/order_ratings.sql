/* evidence
row: rating
description: Ratings of orders created in the window, of one buyer at most dsr_max_per_month in a month.
shows: [order_id, item_id, service_score, item_score, logistics_score, reason]
rules: [dsr_max_per_month, exclude_orders, exclude_flags]
*/
select
    platform, shop_id, 'shop' as grain, '' as entity, created_dt as dt, order_id, item_id, service_score, item_score,
    logistics_score, 'among the earliest of its buyer and month' as reason
from int_order_ratings__capped
