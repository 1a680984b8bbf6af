/* model
description: >
  One row per agent, buyer, business day and stretch in which the buyer had an open turn with the agent: from a turn's
  opening to its answer, an unanswered one to the end of its session. Stretches of one pair do not overlap.
grain: [platform, shop_id, agent_id, buyer_id, dt, from_at]
scope: buyer
stored: true
partition: dt
days: [dt]
publish: false
columns:
  agent_group: group of the agent on dt, '' = none
  from_at: start, cut to the day
  to_at: end (excluded), cut to the day
checks:
  not_empty: from_at < to_at
*/
with

turns as (
    select
        platform, shop_id, buyer_no, agent_no, dt, opened_at as from_at,
        coalesce(replied_at, session_end_at) as to_at
    from int_turns__timed
    where outcome in ('answered', 'unanswered') and opened_at < coalesce(replied_at, session_end_at)
),

rule_day as (select * from rule_day),

-- An unanswered turn may outlast its horizon, and the pair's next one open before its session ends.
looking_back as (
    select
        *,
        max(to_at) over (
            partition by buyer_no, agent_no order by from_at, to_at
            rows between unbounded preceding and 1 preceding
        ) as earlier_to_at
    from turns
),

numbered as (
    select
        *,
        sum(case when from_at <= earlier_to_at then 0 else 1 end) over (
            partition by buyer_no, agent_no order by from_at, to_at
            rows between unbounded preceding and current row
        ) as stretch_no
    from looking_back
),

stretches as (
    select
        platform, shop_id, buyer_no, agent_no, stretch_no,
        min(dt) as dt, min(from_at) as from_at, max(to_at) as to_at
    from numbered
    group by platform, shop_id, buyer_no, agent_no, stretch_no
),

-- Nearly all end on the day on which they start.
reaching as (
    select
        s.*,
        case when s.to_at <= r.day_end_at then s.dt else plus_days(cast(s.to_at as date), 1) end as to_dt
    from stretches as s
    join rule_day as r on r.platform = s.platform and r.shop_id = s.shop_id and r.dt = s.dt
),

spread as (
    select s.platform, s.shop_id, s.buyer_no, s.agent_no, s.from_at, s.to_at, u.dt
    from reaching as s
    cross join unnest(date_series(s.dt, s.to_dt)) as u (dt)
)

select
    s.platform, s.shop_id, b.buyer_key, n.agent_id, coalesce(a.agent_group, '') as agent_group, b.buyer_id, s.dt,
    case when s.from_at > r.day_start_at then s.from_at else r.day_start_at end as from_at,
    case when s.to_at < r.day_end_at then s.to_at else r.day_end_at end as to_at
from spread as s
join int_buyers as b on b.buyer_no = s.buyer_no
join int_agents as n on n.agent_no = s.agent_no
join rule_day as r on r.platform = s.platform and r.shop_id = s.shop_id and r.dt = s.dt
left join stg_agents as a
    on a.platform = s.platform and a.shop_id = s.shop_id and a.agent_id = n.agent_id
    and s.dt between a.from_dt and a.to_dt
where s.from_at < r.day_end_at and s.to_at > r.day_start_at
