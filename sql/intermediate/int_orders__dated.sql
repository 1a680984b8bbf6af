/* model
description: One row per order, valid or not, with the days on which it counts.
grain: [platform, shop_id, order_id]
scope: buyer
stored: true
publish: false
partition: created_dt
days: [created_dt, paid_dt]
columns:
  invalid_reason: why it counts for nobody, NULL when valid
*/
with

orders as (select * from stg_orders)

select platform, shop_id, buyer_key, order_id, created_dt, paid_dt, paid_amount, is_valid, invalid_reason
from orders
