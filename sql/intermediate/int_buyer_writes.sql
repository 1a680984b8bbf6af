/* model
description: Counted buyer messages of receptions that no filter drops.
grain: [platform, shop_id, buyer_id, message_order]
scope: buyer
materialized: view
publish: false
columns:
  message_order: rank in the buyer's stream by the order of messages
*/
select platform, shop_id, buyer_id as buyer_key, buyer_id, agent_id, message_id, dt, sent_at, message_order
from int_messages
where role = 'buyer'
