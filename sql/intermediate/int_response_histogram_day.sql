/* model
description: >
  One row per agent, group of agents or shop, business day and whole number of seconds with the answered turns that took so
  long.
grain: [platform, shop_id, grain, entity, dt, response_seconds]
scope: day
stored: true
partition: dt
publish: false
columns:
  grain: agent, group or shop
  entity: agent, group of the day ('' = none), or empty at shop grain
  turns: answered turns that opened on the day
*/
with

turns as (
    select t.platform, t.shop_id, t.dt, t.response_seconds, g.grain,
        case g.grain when 'agent' then t.agent_id when 'group' then t.agent_group else '' end as entity
    from int_turns as t
    join days as d on d.platform = t.platform and d.shop_id = t.shop_id and d.dt = t.dt
    cross join (values ('agent'), ('group'), ('shop')) as g (grain)
    where t.outcome = 'answered'
)

select platform, shop_id, grain, entity, dt, response_seconds, count(*) as turns
from turns
group by platform, shop_id, grain, entity, dt, response_seconds
