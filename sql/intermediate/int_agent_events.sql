/* model
description: One row per agent and business day with any look-up in the knowledge base or training, with their numbers.
grain: [platform, shop_id, agent_id, dt]
scope: shop
stored: true
partition: dt
days: [dt]
publish: false
columns:
  agent_group: group of the agent on dt, '' = none
*/
select
    platform, shop_id, agent_id, agent_group, dt,
    count(*) filter (where kind = 'kb_lookup') as kb_lookups,
    count(*) filter (where kind = 'training') as trainings
from stg_agent_events
group by platform, shop_id, agent_id, agent_group, dt
