/* model
description: One row per agent and business day with any presence row, with his logins.
grain: [platform, shop_id, agent_id, dt]
scope: shop
stored: true
partition: dt
days: [dt]
publish: false
columns:
  agent_group: group of the agent on dt, '' = none
  logins: online rows that start on the day
*/
select platform, shop_id, agent_id, agent_group, dt, count(*) filter (where state = 'online' and is_start) as logins
from int_presence__cut
group by platform, shop_id, agent_id, agent_group, dt
