/* model
description: One row per agent, group of agents or shop and business day on which buyers had open turns, with how many at once.
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
    select t.platform, t.shop_id, t.dt, t.agent_id, t.agent_group, t.from_at, t.to_at
    from int_open_turns as t
    join days as d on d.platform = t.platform and d.shop_id = t.shop_id and d.dt = t.dt
),

members as (
    select a.platform, a.shop_id, a.dt, a.agent_id, a.agent_group, g.grain,
        case g.grain when 'agent' then a.agent_id when 'group' then a.agent_group else '' end as entity
    from (select distinct platform, shop_id, dt, agent_id, agent_group from stretches) as a
    cross join (values ('agent'), ('group'), ('shop')) as g (grain)
),

-- Numbered, for what is sorted below is short then.
numbered as (
    select *, cast(dense_rank() over (order by platform, shop_id, dt, grain, entity) as integer) as entity_no
    from members
),

stays as (
    select n.entity_no,
        micros_between(cast(s.dt as timestamp), s.from_at) as from_us,
        micros_between(cast(s.dt as timestamp), s.to_at) as to_us
    from stretches as s
    join numbered as n
        on n.platform = s.platform and n.shop_id = s.shop_id and n.dt = s.dt and n.agent_id = s.agent_id
        and n.agent_group = s.agent_group
),

steps as (
    select entity_no, from_us as moment_us, cast(1 as tinyint) as step from stays
    union all
    select entity_no, to_us as moment_us, cast(-1 as tinyint) as step from stays
),

-- Ends are excluded: who comes as another goes is not with him, so at one moment
-- those who go are counted first. At the end of each entity nobody is left, so
-- one sum runs over all of them.
levels as (
    select entity_no, moment_us, step,
        sum(step) over (
            order by entity_no, moment_us, step rows between unbounded preceding and current row
        ) as buyers
    from steps
),

-- Each buyer's time is from his coming to his going; there is any from who finds nobody to who leaves nobody.
measured as (
    select entity_no, max(buyers) as most,
        sum(-step * moment_us) as buyers_us,
        sum(-step * moment_us) filter (where buyers = case step when 1 then 1 else 0 end) as any_us
    from levels
    group by entity_no
)

select n.platform, n.shop_id, n.grain, n.entity, n.dt,
    cast(m.most as bigint) as concurrency_max,
    safe_ratio(m.buyers_us, m.any_us) as concurrency_avg
from measured as m
join (select distinct platform, shop_id, dt, grain, entity, entity_no from numbered) as n on n.entity_no = m.entity_no
