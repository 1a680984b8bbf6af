/* model
description: >
  One row per agent (or shop), business day and whole number of seconds with the answered turns that took so long.
grain: [platform, shop_id, grain, entity, dt, response_seconds]
scope: day
stored: true
partition: dt
publish: false
columns:
  grain: agent or shop
  entity: agent_id or shop_id
  turns: answered turns that opened on the day
*/
with

turns as (
    select t.platform, t.shop_id, t.agent_id, t.dt, t.response_seconds
    from int_turns as t
    join days as d on d.platform = t.platform and d.shop_id = t.shop_id and d.dt = t.dt
    where t.outcome = 'answered'
)

select platform, shop_id, 'agent' as grain, agent_id as entity, dt, response_seconds, count(*) as turns
from turns
group by platform, shop_id, agent_id, dt, response_seconds
union all
select platform, shop_id, 'shop' as grain, shop_id as entity, dt, response_seconds, count(*) as turns
from turns
group by platform, shop_id, dt, response_seconds
