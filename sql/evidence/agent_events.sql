/* evidence
row: agent and day
description: Look-ups in the knowledge base and trainings of agents.
shows: [agent_id, kb_lookups, trainings, reason]
splits: [agent_id]
rules: [exclude_agents, day_starts_at]
*/
select
    e.platform, e.shop_id, g.grain,
    case g.grain when 'agent' then e.agent_id when 'group' then e.agent_group else '' end as entity,
    e.dt, e.agent_id, e.kb_lookups, e.trainings, 'events of the day' as reason
from int_agent_events as e
cross join (values ('agent'), ('group'), ('shop')) as g (grain)
