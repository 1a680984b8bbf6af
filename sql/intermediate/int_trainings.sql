/* model
description: One row per training of an agent.
grain: [platform, shop_id, event_id]
scope: shop
stored: true
partition: dt
publish: false
columns:
  agent_group: group of the agent on dt, '' = none
*/
select platform, shop_id, event_id, agent_id, agent_group, dt
from stg_agent_events
where kind = 'training'
