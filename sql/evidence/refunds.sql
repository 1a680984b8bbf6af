/* evidence
row: refund
description: Refunds requested on the day; of agents and groups by their share in the order.
shows: [refund_id, order_id, buyer_id, share, reason]
rules: [credit, split_order_share, exclude_orders, exclude_flags]
*/
select
    f.platform, f.shop_id, f.grain, f.entity, f.requested_dt as dt, f.refund_id, r.order_id, f.buyer_id, f.share,
    'requested on the day' as reason
from int_refunds__credited as f
left join refunds as r on r.platform = f.platform and r.shop_id = f.shop_id and r.refund_id = f.refund_id
