/* evidence
row: order
description: Orders behind inquiries that were shipped in time, by the day of shipping.
shows: [order_id, paid_amount, reason]
rules: [outbound_days, inquiry_validity_days, order_agent_by, order_agent_needs_buyer_message]
*/
select platform, shop_id, grain, entity, shipped_dt as dt, order_id, paid_amount, 'shipped in time' as reason
from int_orders__shipped
