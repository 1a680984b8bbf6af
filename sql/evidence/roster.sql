/* evidence
row: person and day
description: People for whom a row of agents holds on the day; no robots.
shows: [agent_id, reason]
rules: [exclude_agents]
*/
select
    platform, shop_id, 'shop' as grain, '' as entity, dt, agent_id, is_last,
    case when is_last then 'on the roster for the last day' else 'on the roster' end as reason
from int_staff_days
