/* evidence
row: order
description: Valid orders by the day of their creation, and those that are not valid.
shows: [order_id, paid_dt, paid_amount, reason]
rules: [exclude_orders, exclude_flags, day_starts_at]
*/
select
    platform, shop_id, 'shop' as grain, '' as entity, created_dt as dt, order_id, paid_dt, paid_amount, is_valid,
    case when not is_valid then 'not valid: ' || invalid_reason when paid_dt is null then 'placed, not paid'
        else 'placed and paid' end as reason
from int_orders__dated
