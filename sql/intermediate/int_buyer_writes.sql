/* model
description: Counted buyer messages of receptions that no filter drops.
grain: [buyer_no, message_order]
scope: buyer
materialized: view
publish: false
columns:
  buyer_no: that of int_buyers
  agent_no: that of int_agents
  message_order: rank in the buyer's stream by the order of messages
*/
select buyer_no, agent_no, message_id, dt, sent_at, message_order
from int_messages
where role = 'buyer'
