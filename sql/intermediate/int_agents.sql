/* model
description: >
  One row per account that messages of a shop name, as their agent's or as the one that takes a buyer over, with a number
  that is short to sort and to join by: the models of messages, turns and sessions carry it in place of what it stands for.
grain: [platform, shop_id, agent_id]
scope: buyer
publish: false
columns:
  shop_no: that of int_shops
  agent_no: number of the account in this run, from 1
*/
select a.platform, a.shop_id, s.shop_no, a.agent_id, cast(row_number() over () as integer) as agent_no
from (
    select platform, shop_id, agent_id from chat_messages
    union
    select platform, shop_id, to_agent_id as agent_id from chat_messages where to_agent_id is not null
) as a
join int_shops as s on s.platform = a.platform and s.shop_id = a.shop_id
