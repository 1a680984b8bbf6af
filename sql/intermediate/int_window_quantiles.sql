/* model
description: >
  One row per agent, group of agents or shop, as-of day and window of up to 30 days with answered turns, with the exact
  discrete quantiles of their whole seconds. They are sought in two steps: in which band of seconds they lie, then at which
  second of it, so that of the days of a window only two bands are read second by second.
grain: [platform, shop_id, grain, entity, dt, window_days]
scope: window
stored: false
columns:
  grain: agent, group or shop
  entity: agent, group of the day ('' = none), or empty at shop grain
  response_p50_s: the n/2-th smallest, rounded up
  response_p90_s: the 9n/10-th smallest, rounded up
*/
with

-- Numbered, for what is sorted and grouped below is short then.
asofs as (
    select platform, shop_id, grain, entity, dt, window_days,
        row_number() over (order by platform, shop_id, grain, entity, dt, window_days) as asof_id
    from int_window_asofs
    where window_days <= 30
),

-- A band is about as wide as it has seconds before it once: few bands, few seconds in each.
histogram as (
    select platform, shop_id, grain, entity, dt, response_seconds, turns,
        cast(floor(sqrt(response_seconds)) as integer) as band
    from int_response_histogram_day
),

entity_days as (
    select platform, shop_id, grain, entity, dt,
        row_number() over (order by platform, shop_id, grain, entity, dt) as day_id
    from (select distinct platform, shop_id, grain, entity, dt from histogram) as h
),

-- The days with turns of each window.
window_days as (
    select a.asof_id, d.day_id
    from asofs a
    cross join unnest(date_series(plus_days(a.dt, 1 - a.window_days), a.dt)) as u (dt)
    join entity_days d
        on d.platform = a.platform and d.shop_id = a.shop_id and d.grain = a.grain and d.entity = a.entity and d.dt = u.dt
),

seconds as (
    select d.day_id, h.band, h.response_seconds, h.turns
    from histogram h
    join entity_days d
        on d.platform = h.platform and d.shop_id = h.shop_id and d.grain = h.grain and d.entity = h.entity and d.dt = h.dt
),

bands as (select day_id, band, sum(turns) as turns from seconds group by day_id, band),

window_bands as (
    select w.asof_id, b.band, sum(b.turns) as turns
    from window_days w
    join bands b on b.day_id = w.day_id
    group by w.asof_id, b.band
),

cumulated_bands as (
    select asof_id, band, turns,
        sum(turns) over (
            partition by asof_id order by band rows between unbounded preceding and current row
        ) as turns_so_far,
        sum(turns) over (partition by asof_id) as all_turns
    from window_bands
),

-- The band in which the n-th smallest lies, and which smallest of the band it is.
sought as (
    select c.asof_id, c.band, q.tenths,
        c.all_turns * q.tenths - (c.turns_so_far - c.turns) * 10 as turns_10
    from cumulated_bands c
    cross join (values (5), (9)) as q (tenths)
    where c.turns_so_far * 10 >= c.all_turns * q.tenths
        and (c.turns_so_far - c.turns) * 10 < c.all_turns * q.tenths
),

-- Distinct rows are these rows; it keeps the engine from joining all seconds of all windows first.
sought_days as (
    select distinct s.asof_id, s.tenths, s.turns_10, s.band, w.day_id
    from sought s
    join window_days w on w.asof_id = s.asof_id
),

window_seconds as (
    select s.asof_id, s.tenths, s.turns_10, h.response_seconds, sum(h.turns) as turns
    from sought_days s
    join seconds h on h.day_id = s.day_id and h.band = s.band
    group by s.asof_id, s.tenths, s.turns_10, h.response_seconds
),

cumulated as (
    select asof_id, tenths, turns_10, response_seconds,
        sum(turns) over (
            partition by asof_id, tenths order by response_seconds rows between unbounded preceding and current row
        ) as turns_so_far
    from window_seconds
),

quantiles as (
    select asof_id,
        min(response_seconds) filter (where tenths = 5) as response_p50_s,
        min(response_seconds) filter (where tenths = 9) as response_p90_s
    from cumulated
    where turns_so_far * 10 >= turns_10
    group by asof_id
)

select a.platform, a.shop_id, a.grain, a.entity, a.dt, a.window_days, q.response_p50_s, q.response_p90_s
from asofs a
join quantiles q on q.asof_id = a.asof_id
