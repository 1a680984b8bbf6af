/* model
description: >
  One row per buyer of a shop with messages, with a number that is short to sort and to join by: the models of messages,
  turns and sessions carry it in place of what it stands for.
grain: [platform, shop_id, buyer_id]
scope: buyer
publish: false
columns:
  shop_no: that of int_shops
  buyer_no: number of the buyer in this run
  first_dt: no message of the buyer is of a business day before it
  last_dt: nor after it
*/
select
    b.platform, b.shop_id, s.shop_no, b.buyer_id, b.buyer_id as buyer_key, b.first_dt, b.last_dt,
    cast(row_number() over () as integer) as buyer_no
from (
    select
        platform, shop_id, buyer_id,
        plus_days(min(sent_at), -2) as first_dt,
        plus_days(max(sent_at), 1) as last_dt
    from chat_messages
    group by platform, shop_id, buyer_id
) as b
join int_shops as s on s.platform = b.platform and s.shop_id = b.shop_id
