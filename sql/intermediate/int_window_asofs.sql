/* model
description: One row per agent, group of agents or shop, as-of day and window of which any day has data.
grain: [platform, shop_id, grain, entity, dt, window_days]
scope: window
stored: false
columns:
  grain: agent, group or shop
  entity: agent, group of the day ('' = none), or empty at shop grain
  entity_no: number of the entity in this run, short to sort and to join by
  last_data_dt: last day with data up to the as-of day
  data_before_dt: last day with data before the window, as far as any window reaches; NULL when there is none
*/
with

counts as (select * from int_day_counts),

spans as (
    select platform, shop_id, plus_days(min(dt), -179) as from_dt, max(dt) as to_dt from days group by platform, shop_id
),

windows as (select w.window_days from (values (7), (28), (30), (180)) as w (window_days)),

followed_days as (
    select d.platform, d.shop_id, d.grain, d.entity, d.dt, s.to_dt,
        lead(d.dt) over (partition by d.platform, d.shop_id, d.grain, d.entity order by d.dt) as next_dt
    from counts d
    join spans s on s.platform = d.platform and s.shop_id = d.shop_id
    where d.dt between s.from_dt and s.to_dt
),

-- Each day with data serves the days up to the next one.
served_days as (
    select f.platform, f.shop_id, f.grain, f.entity, f.dt as last_data_dt, a.dt
    from followed_days f
    cross join unnest(date_series(f.dt, coalesce(plus_days(f.next_dt, -1), f.to_dt))) as a (dt)
)

select a.platform, a.shop_id, a.grain, a.entity, a.dt, w.window_days, a.last_data_dt,
    b.last_data_dt as data_before_dt,
    dense_rank() over (order by a.platform, a.shop_id, a.grain, a.entity) as entity_no
from served_days a
join days d on d.platform = a.platform and d.shop_id = a.shop_id and d.dt = a.dt
cross join windows w
left join served_days b
    on b.platform = a.platform and b.shop_id = a.shop_id and b.grain = a.grain and b.entity = a.entity
    and b.dt = plus_days(a.dt, -w.window_days)
where days_between(a.last_data_dt, a.dt) < w.window_days
