/* evidence
row: refund
description: Refunds that ended on the day; of agents and groups by their share in the order.
shows: [refund_id, order_id, share, credited_amount, duration_hours, reason]
rules: [credit, split_order_share, exclude_orders, exclude_flags]
*/
select
    f.platform, f.shop_id, f.grain, f.entity, f.completed_dt as dt, f.refund_id, r.order_id, f.buyer_id, f.share,
    f.credited_amount, cast(f.share * f.duration_us as double) / 3600000000 as duration_hours, f.is_self_completed,
    case
        when r.status = 'succeeded' and f.is_self_completed then 'succeeded'
        when r.status = 'succeeded' then 'succeeded; disputed, or closed by the platform'
        when f.is_self_completed then 'closed'
        else 'closed; disputed, or closed by the platform'
    end as reason
from int_refunds__credited as f
left join refunds as r on r.platform = f.platform and r.shop_id = f.shop_id and r.refund_id = f.refund_id
where f.completed_dt is not null
