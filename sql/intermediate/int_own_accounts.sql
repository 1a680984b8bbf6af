/* model
description: One row per account of the shop as it would look as a buyer; such buyers are internal by themselves.
grain: [platform, shop_id, buyer_id]
scope: shop
stored: true
publish: false
columns:
  buyer_id: the account's id, normalised and hashed like a buyer's
*/
with

chat_messages as (select * from chat_messages),

agents as (select * from agents),

accounts as (
    select platform, shop_id, agent_as_buyer_id as buyer_id from chat_messages
    where agent_as_buyer_id is not null
    union
    select platform, shop_id, agent_as_buyer_id as buyer_id from agents
    where agent_as_buyer_id is not null
)

select platform, shop_id, buyer_id
from accounts
