/* evidence
row: case or refund
description: Buyers served after sale, by a case or a refund requested on the day, and whether they bought again.
shows: [event_key, buyer_id, reason]
rules: [retention_days, exclude_orders, exclude_flags]
*/
select
    platform, shop_id, grain, entity, dt, event_key, buyer_id, is_retained, is_same_product,
    case when is_same_product then 'bought the same product again'
        when is_retained then 'bought again'
        else 'not bought again so far' end as reason
from int_served_buyers
