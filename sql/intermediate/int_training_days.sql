/* model
description: >
  One row per training, agent and business day with data before or after it: of the agent trained, and of the agents of his
  group on the training's day who had no training within training_days of it.
grain: [platform, shop_id, event_id, agent_id, dt]
scope: full
stored: false
columns:
  event_id: the training
  training_dt: its business day
  agent_id: the agent whose day it is
  is_trained: whether the training was his
  is_after: whether the day comes after the training; else before
*/
with

agents as (select * from stg_agents),

agent_days as (select * from int_day_counts where grain = 'agent'),

known_agents as (select distinct platform, shop_id, entity as agent_id from agent_days),

trainings as (
    select t.platform, t.shop_id, t.event_id, t.agent_id, t.agent_group, t.dt, r.training_days
    from int_trainings as t
    join rule_day as r on r.platform = t.platform and r.shop_id = t.shop_id and r.dt = t.dt
),

colleagues as (
    select t.platform, t.shop_id, t.event_id, t.dt as training_dt, t.training_days, k.agent_id
    from trainings as t
    join known_agents as k on k.platform = t.platform and k.shop_id = t.shop_id and k.agent_id <> t.agent_id
    left join agents as a
        on a.platform = k.platform and a.shop_id = k.shop_id and a.agent_id = k.agent_id
        and t.dt between a.from_dt and a.to_dt
    where coalesce(a.agent_group, '') = t.agent_group
),

trained_too as (
    select distinct c.platform, c.shop_id, c.event_id, c.agent_id
    from colleagues as c
    join trainings as o
        on o.platform = c.platform and o.shop_id = c.shop_id and o.agent_id = c.agent_id
        and o.dt between plus_days(c.training_dt, -c.training_days) and plus_days(c.training_dt, c.training_days)
),

taking_part as (
    select platform, shop_id, event_id, dt as training_dt, training_days, agent_id, true as is_trained from trainings
    union all
    select c.platform, c.shop_id, c.event_id, c.training_dt, c.training_days, c.agent_id, false as is_trained
    from colleagues as c
    left join trained_too as o
        on o.platform = c.platform and o.shop_id = c.shop_id and o.event_id = c.event_id and o.agent_id = c.agent_id
    where o.agent_id is null
)

select p.platform, p.shop_id, p.event_id, p.training_dt, p.agent_id, d.dt, p.is_trained, d.dt > p.training_dt as is_after
from taking_part as p
join agent_days as d
    on d.platform = p.platform and d.shop_id = p.shop_id and d.entity = p.agent_id and d.dt <> p.training_dt
    and d.dt between plus_days(p.training_dt, -p.training_days) and plus_days(p.training_dt, p.training_days)
