/* evidence
row: agent and day
description: What the time cost in which agents were online.
shows: [agent_id, cost, reason]
splits: [agent_id]
rules: [exclude_agents, day_starts_at]
*/
select
    c.platform, c.shop_id, g.grain,
    case g.grain when 'agent' then c.agent_id when 'group' then c.agent_group else '' end as entity,
    c.dt, c.agent_id, cast(c.labour_cost_us as double) / 3600000000 as cost, 'hours online × hourly_cost' as reason
from int_labour_days as c
cross join (values ('agent'), ('group'), ('shop')) as g (grain)
