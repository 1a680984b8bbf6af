/* model
description: >
  One row per presence row and business day that it overlaps, cut to that day. Days on which the agent is excluded are
  left out.
grain: [platform, shop_id, agent_id, started_at, state, dt]
scope: shop
publish: false
columns:
  agent_group: group of the agent on dt, '' = none
  started_at: start of the presence row
  from_at: its start, cut to the day
  to_at: its end, cut to the day; without an end the agent's next presence row or the end of the row's own day
  is_start: whether the row starts on this day
*/
with

starts as (
    select
        platform, shop_id, agent_id, from_at,
        lead(from_at) over (partition by platform, shop_id, agent_id order by from_at) as next_from_at
    from (select distinct platform, shop_id, agent_id, from_at from agent_presence) as moments
),

localised as (
    select p.*, local_time(p.from_at, s.timezone) as local_at
    from agent_presence as p
    join shops as s on s.platform = p.platform and s.shop_id = p.shop_id
),

dated as (
    select
        p.platform, p.shop_id, p.agent_id, p.state, p.from_at, p.to_at, n.next_from_at,
        case when seconds_of_day(p.local_at) >= r.cut_minutes * 60 then r.dt else plus_days(r.dt, -1) end as dt
    from localised as p
    join rule_day as r on r.platform = p.platform and r.shop_id = p.shop_id and r.dt = cast(p.local_at as date)
    join starts as n
        on n.platform = p.platform and n.shop_id = p.shop_id and n.agent_id = p.agent_id and n.from_at = p.from_at
),

ended as (
    select
        d.platform, d.shop_id, d.agent_id, d.state, d.dt, d.from_at,
        coalesce(
            d.to_at, case when d.next_from_at < r.day_end_at then d.next_from_at else r.day_end_at end
        ) as to_at
    from dated as d
    join rule_day as r on r.platform = d.platform and r.shop_id = d.shop_id and r.dt = d.dt
),

spread as (
    select e.platform, e.shop_id, e.agent_id, e.state, e.dt as start_dt, e.from_at, e.to_at, u.dt
    from ended as e
    cross join unnest(date_series(e.dt, plus_days(cast(e.to_at as date), 1))) as u (dt)
    where e.to_at >= e.from_at
)

select
    p.platform, p.shop_id, p.agent_id, coalesce(a.agent_group, '') as agent_group, p.from_at as started_at, p.state, p.dt,
    case when p.from_at > r.day_start_at then p.from_at else r.day_start_at end as from_at,
    case when p.to_at < r.day_end_at then p.to_at else r.day_end_at end as to_at,
    p.dt = p.start_dt as is_start
from spread as p
join rule_day as r on r.platform = p.platform and r.shop_id = p.shop_id and r.dt = p.dt
left join stg_agents as a
    on a.platform = p.platform and a.shop_id = p.shop_id and a.agent_id = p.agent_id
    and p.dt between a.from_dt and a.to_dt
where
    p.from_at < r.day_end_at and (p.to_at > r.day_start_at or p.dt = p.start_dt)
    and not in_list(r.exclude_agents, p.agent_id)
