/* model
description: >
  One row per shop, as-of day and window with data in it, with the people who were on its roster on any day of the window
  and those whose last day lies in it.
grain: [platform, shop_id, grain, entity, dt, window_days]
scope: window
stored: false
columns:
  grain: shop
  entity: empty
*/
with

asofs as (select * from int_window_asofs where grain = 'shop'),

windows as (select distinct window_days from asofs),

spans as (
    select platform, shop_id, plus_days(min(dt), -179) as from_dt, max(dt) as to_dt from days group by platform, shop_id
),

staff_days as (
    select
        s.platform, s.shop_id, s.dt, s.is_last,
        coalesce(lead(s.dt) over (partition by s.platform, s.shop_id, s.agent_id order by s.dt), date '9999-12-31') as next_dt
    from int_staff_days as s
    join spans as p on p.platform = s.platform and p.shop_id = s.shop_id and s.dt between p.from_dt and p.to_dt
),

-- A day stands for its person until the next one, or until the window has passed it.
steps as (
    select s.platform, s.shop_id, w.window_days, s.dt, 1 as employed, case when s.is_last then 1 else 0 end as leaving
    from staff_days as s
    cross join windows as w
    union all
    select s.platform, s.shop_id, w.window_days, least(s.next_dt, plus_days(s.dt, w.window_days)) as dt, -1 as employed,
        0 as leaving
    from staff_days as s
    cross join windows as w
    union all
    select s.platform, s.shop_id, w.window_days, plus_days(s.dt, w.window_days) as dt, 0 as employed, -1 as leaving
    from staff_days as s
    cross join windows as w
    where s.is_last
),

marks as (
    select platform, shop_id, dt, window_days, sum(employed) as employed, sum(leaving) as leaving, false as is_asof
    from steps
    group by platform, shop_id, dt, window_days
    union all
    select platform, shop_id, dt, window_days, 0 as employed, 0 as leaving, true as is_asof
    from asofs
),

running as (
    select platform, shop_id, dt, window_days, is_asof, sum(employed) over w as employed, sum(leaving) over w as leaving
    from marks
    window w as (partition by platform, shop_id, window_days order by dt)
)

select
    platform, shop_id, 'shop' as grain, '' as entity, dt, window_days,
    cast(employed as bigint) as agents_employed,
    cast(leaving as bigint) as agents_left
from running
where is_asof
