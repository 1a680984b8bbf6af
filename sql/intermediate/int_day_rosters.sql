/* model
description: One row per shop and business day with anybody on its roster.
grain: [platform, shop_id, grain, entity, dt]
scope: day
publish: false
columns:
  grain: shop
  entity: empty
  agents_employed: people for whom a row of agents holds
  agents_left: those whose last day it is
*/
select
    s.platform, s.shop_id, 'shop' as grain, '' as entity, s.dt,
    count(*) as agents_employed,
    count(*) filter (where s.is_last) as agents_left
from int_staff_days as s
join days as d on d.platform = s.platform and d.shop_id = s.shop_id and d.dt = s.dt
group by s.platform, s.shop_id, s.dt
