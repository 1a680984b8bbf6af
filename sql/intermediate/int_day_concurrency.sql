/* model
description: >
  One row per agent, group of agents or shop and business day on which buyers had open turns, with how many at once.
grain: [platform, shop_id, grain, entity, dt]
scope: day
publish: false
columns:
  grain: agent, group or shop
  entity: agent, group of the day ('' = none), or empty at shop grain
  concurrency_max: most at any moment; a buyer counts once with each agent
  concurrency_avg: mean over the time in which there was any
*/
with

stretches as (
    select t.platform, t.shop_id, t.dt, t.from_at, t.to_at, g.grain,
        case g.grain when 'agent' then t.agent_id when 'group' then t.agent_group else '' end as entity
    from int_open_turns as t
    join days as d on d.platform = t.platform and d.shop_id = t.shop_id and d.dt = t.dt
    cross join (values ('agent'), ('group'), ('shop')) as g (grain)
),

steps as (
    select platform, shop_id, grain, entity, dt, from_at as moment_at, 1 as step from stretches
    union all
    select platform, shop_id, grain, entity, dt, to_at as moment_at, -1 as step from stretches
),

-- Ends are excluded: who comes as another goes is not with him, so at one moment
-- those who go are counted first.
levels as (
    select
        platform, shop_id, grain, entity, dt,
        sum(step) over (
            partition by platform, shop_id, grain, entity, dt order by moment_at, step
            rows between unbounded preceding and current row
        ) as buyers,
        micros_between(
            moment_at,
            lead(moment_at) over (partition by platform, shop_id, grain, entity, dt order by moment_at, step)
        ) as lasted_us
    from steps
)

select
    platform, shop_id, grain, entity, dt,
    cast(max(buyers) as bigint) as concurrency_max,
    safe_ratio(sum(buyers * lasted_us), sum(case when buyers > 0 then lasted_us end)) as concurrency_avg
from levels
group by platform, shop_id, grain, entity, dt
