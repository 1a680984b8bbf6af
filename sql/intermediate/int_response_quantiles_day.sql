/* model
description: >
  One row per agent, group of agents or shop and business day with answered turns, with the exact discrete quantiles of their
  seconds.
grain: [platform, shop_id, grain, entity, dt]
scope: day
publish: false
columns:
  response_p50_s: the n/2-th smallest, rounded up
  response_p90_s: the 9n/10-th smallest, rounded up
*/
with

cumulated as (
    select
        h.platform, h.shop_id, h.grain, h.entity, h.dt, h.response_seconds,
        sum(h.turns) over (
            partition by h.platform, h.shop_id, h.grain, h.entity, h.dt order by h.response_seconds
            rows between unbounded preceding and current row
        ) as turns_so_far,
        sum(h.turns) over (partition by h.platform, h.shop_id, h.grain, h.entity, h.dt) as all_turns
    from int_response_histogram_day as h
    join days as d on d.platform = h.platform and d.shop_id = h.shop_id and d.dt = h.dt
)

select
    platform, shop_id, grain, entity, dt,
    min(response_seconds) filter (where turns_so_far * 2 >= all_turns) as response_p50_s,
    min(response_seconds) filter (where turns_so_far * 10 >= all_turns * 9) as response_p90_s
from cumulated
group by platform, shop_id, grain, entity, dt
