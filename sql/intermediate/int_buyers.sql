/* model
description: >
  One row per buyer of a shop with messages, with a number that is short to sort and to join by: the models of messages,
  turns and sessions carry it in place of what it stands for.
grain: [platform, shop_id, buyer_id]
scope: buyer
publish: false
columns:
  buyer_no: number of the buyer in this run
*/
select
    platform, shop_id, buyer_id,
    buyer_id as buyer_key,
    row_number() over () as buyer_no
from (select distinct platform, shop_id, buyer_id from chat_messages) as b
