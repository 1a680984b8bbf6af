/* model
description: >
  One row per agent, group of agents or shop and business day with look-ups, trainings or time online at a known cost.
grain: [platform, shop_id, grain, entity, dt]
scope: day
publish: false
columns:
  grain: agent, group or shop
  entity: agent, group of the day ('' = none), or empty at shop grain
  labour_cost_us: yuan an hour times microseconds online; 3,600,000,000 of it are a yuan
*/
with

parts as (
    select platform, shop_id, agent_id, agent_group, dt, kb_lookups, trainings, cast(0 as decimal(38, 2)) as labour_cost_us
    from int_agent_events
    union all
    select platform, shop_id, agent_id, agent_group, dt, 0 as kb_lookups, 0 as trainings, labour_cost_us
    from int_labour_days
),

due as (
    select p.platform, p.shop_id, g.grain,
        case g.grain when 'agent' then p.agent_id when 'group' then p.agent_group else '' end as entity, p.dt,
        p.kb_lookups, p.trainings, p.labour_cost_us
    from parts as p
    join days as d on d.platform = p.platform and d.shop_id = p.shop_id and d.dt = p.dt
    cross join (values ('agent'), ('group'), ('shop')) as g (grain)
)

select
    platform, shop_id, grain, entity, dt,
    cast(sum(kb_lookups) as bigint) as kb_lookups,
    cast(sum(trainings) as bigint) as trainings,
    cast(sum(labour_cost_us) as decimal(38, 2)) as labour_cost_us
from due
group by platform, shop_id, grain, entity, dt
