/* model
description: One row per account, buyer and business day with a counted buyer message, before reception filters.
grain: [platform, shop_id, agent_id, buyer_id, dt]
scope: buyer
stored: true
partition: dt
days: [dt]
publish: false
columns:
  is_bot_account: whether the account is a robot's; its buyers count for the shop alone
*/
select platform, shop_id, buyer_key, agent_id, buyer_id, dt, is_bot_account
from stg_chat_messages
where role = 'buyer' and not is_excluded
group by platform, shop_id, buyer_key, agent_id, buyer_id, dt, is_bot_account
