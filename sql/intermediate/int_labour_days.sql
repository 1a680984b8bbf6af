/* model
description: >
  One row per agent and business day on which the agent was online at a known hourly cost, with what that time cost.
grain: [platform, shop_id, agent_id, dt]
scope: shop
stored: true
partition: dt
days: [dt]
publish: false
columns:
  agent_group: group of the agent on dt, '' = none
  labour_cost_us: yuan an hour times microseconds online; 3,600,000,000 of it are a yuan
*/
with

online as (
    select platform, shop_id, agent_id, dt, sum(micros_between(from_at, to_at)) as online_us
    from int_online_intervals
    group by platform, shop_id, agent_id, dt
)

select
    o.platform, o.shop_id, o.agent_id, coalesce(a.agent_group, '') as agent_group, o.dt,
    cast(cast(o.online_us as decimal(18, 0)) * a.hourly_cost as decimal(38, 2)) as labour_cost_us
from online as o
join stg_agents as a
    on a.platform = o.platform and a.shop_id = o.shop_id and a.agent_id = o.agent_id and o.dt between a.from_dt and a.to_dt
where a.hourly_cost is not null
