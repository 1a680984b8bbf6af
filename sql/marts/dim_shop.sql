/* model
description: One row per shop.
grain: [platform, shop_id]
scope: full
stored: true
publish: true
columns:
  name: name given in the configuration
  timezone: IANA time zone of its local times
*/
select platform, shop_id, name, timezone
from shops
