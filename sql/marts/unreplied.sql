/* model
description: One row per agent, buyer and business day with a received reception to which nobody replied.
grain: [platform, shop_id, agent_id, buyer_id, dt]
scope: buyer
stored: true
partition: dt
publish: true
hidden: [buyer_key]
columns:
  buyer_messages: counted messages of the buyer
  first_buyer_at: the first of them
  last_buyer_at: the last of them
*/
select platform, shop_id, buyer_key, agent_id, buyer_id, dt, buyer_messages, first_buyer_at, last_buyer_at
from int_receptions
where is_received and not is_replied and not leaves_reply_rate
