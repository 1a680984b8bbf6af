/* model
description: One row per shop.
grain: [platform, shop_id]
scope: full
stored: true
publish: true
columns:
  name: name given in the configuration
  timezone: IANA time zone of its local times
  horizon_dt: last business day to whose end both chats and orders are loaded; NULL while either is missing
  last_dt: last business day with a chat message or an order
*/
with

shops as (select * from shops),

reach as (select * from int_shop_horizon)

select s.platform, s.shop_id, s.name, s.timezone, r.horizon_dt, r.last_dt
from shops s
left join reach r on r.platform = s.platform and r.shop_id = s.shop_id
