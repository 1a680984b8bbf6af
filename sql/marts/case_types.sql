/* model
description: One row per shop, business day and type of the cases opened on it (问题类型分布).
grain: [platform, shop_id, dt, type]
scope: day
stored: true
partition: dt
publish: true
columns:
  dt: business day of the opening
  type: type of the case, empty when its source names none
  cases: cases opened
  share: of all cases opened on the day
checks:
  share_in_range: share > 0 and share <= 1
*/
with

opened as (
    select c.platform, c.shop_id, c.dt, c.type, count(*) as cases
    from int_cases as c
    join days as d on d.platform = c.platform and d.shop_id = c.shop_id and d.dt = c.dt
    group by c.platform, c.shop_id, c.dt, c.type
)

select
    platform, shop_id, dt, type, cases,
    safe_ratio(cases, sum(cases) over (partition by platform, shop_id, dt)) as share
from opened
