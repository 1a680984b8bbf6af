/* model
description: >
  One row per buyer of a shop with messages, with a number that is short to sort and to join by: the steps of turns and
  sessions carry it in place of what it stands for.
grain: [platform, shop_id, buyer_id]
scope: buyer
publish: false
columns:
  buyer_no: number of the buyer in this run
*/
select
    platform, shop_id, buyer_id,
    any_value(buyer_key) as buyer_key,
    row_number() over () as buyer_no
from stg_chat_messages
group by platform, shop_id, buyer_id
