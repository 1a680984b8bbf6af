/* evidence
row: complaint
description: Order items complained of, on the day of the earliest complaint; of agents and groups by their share in the order.
shows: [complaint_id, order_id, item_id, share, reason]
rules: [credit, split_order_share, exclude_orders, exclude_flags]
*/
select
    c.platform, c.shop_id, c.grain, c.entity, c.dt, c.complaint_id, d.order_id, d.item_id, c.share,
    case when d.order_id is null then 'names no order' else 'earliest complaint about the item' end as reason
from int_complaints__credited as c
left join complaints as d on d.platform = c.platform and d.shop_id = c.shop_id and d.complaint_id = c.complaint_id
