/* evidence
row: agent and day
description: Accounts with any presence row on the day.
shows: [agent_id, logins, reason]
splits: [agent_id]
rules: [exclude_agents, day_starts_at]
*/
select
    p.platform, p.shop_id, g.grain,
    case g.grain when 'agent' then p.agent_id when 'group' then p.agent_group else '' end as entity,
    p.dt, p.agent_id, p.logins,
    case when p.logins > 0 then 'went online on the day' else 'present, came online before' end as reason
from int_presence_days as p
cross join (values ('agent'), ('group'), ('shop')) as g (grain)
