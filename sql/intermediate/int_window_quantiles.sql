/* model
description: One row per agent, group of agents or shop, as-of day and window of up to 30 days with answered turns, with the exact discrete quantiles of their whole seconds.
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

-- Numbered, for the sort below is by far the largest of all.
asofs as (
    select platform, shop_id, grain, entity, dt, window_days,
        row_number() over (order by platform, shop_id, grain, entity, dt, window_days) as asof_id
    from int_window_asofs
    where window_days <= 30
),

histogram as (select * from int_response_histogram_day),

cumulated as (
    select a.asof_id, h.response_seconds,
        sum(h.turns) over (
            partition by a.asof_id order by h.response_seconds rows between unbounded preceding and current row
        ) as turns_so_far,
        sum(h.turns) over (
            partition by a.asof_id order by h.response_seconds
            rows between unbounded preceding and unbounded following
        ) as all_turns
    from asofs a
    join histogram h
        on h.platform = a.platform and h.shop_id = a.shop_id and h.grain = a.grain and h.entity = a.entity
        and h.dt > plus_days(a.dt, -a.window_days) and h.dt <= a.dt
),

quantiles as (
    select asof_id,
        min(response_seconds) filter (where turns_so_far * 2 >= all_turns) as response_p50_s,
        min(response_seconds) filter (where turns_so_far * 10 >= all_turns * 9) as response_p90_s
    from cumulated
    group by asof_id
)

select a.platform, a.shop_id, a.grain, a.entity, a.dt, a.window_days, q.response_p50_s, q.response_p90_s
from asofs a
join quantiles q on q.asof_id = a.asof_id
