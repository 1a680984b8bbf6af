/* evidence
row: stretch
description: Stretches of the day in which the number of buyers with an open turn did not change.
shows: [from_at, to_at, buyers, seconds, reason]
rules: [reply_horizon, session_gap_minutes, exclude_agents, exclude_flags]
*/
with

stretches as (
    select t.platform, t.shop_id, t.dt, t.from_at, t.to_at, g.grain,
        case g.grain when 'agent' then t.agent_id when 'group' then t.agent_group else '' end as entity
    from int_open_turns as t
    cross join (values ('agent'), ('group'), ('shop')) as g (grain)
),

steps as (
    select platform, shop_id, grain, entity, dt, from_at as moment_at, 1 as step from stretches
    union all
    select platform, shop_id, grain, entity, dt, to_at as moment_at, -1 as step from stretches
),

moments as (
    select platform, shop_id, grain, entity, dt, moment_at, sum(step) as step
    from steps
    group by platform, shop_id, grain, entity, dt, moment_at
),

levels as (
    select
        platform, shop_id, grain, entity, dt, moment_at as from_at,
        lead(moment_at) over (partition by platform, shop_id, grain, entity, dt order by moment_at) as to_at,
        sum(step) over (
            partition by platform, shop_id, grain, entity, dt order by moment_at
            rows between unbounded preceding and current row
        ) as buyers
    from moments
)

select
    platform, shop_id, grain, entity, dt, from_at, to_at, cast(buyers as bigint) as buyers,
    cast(micros_between(from_at, to_at) as double) / 1000000 as seconds, 'turns open at once' as reason
from levels
where to_at is not null and buyers > 0
