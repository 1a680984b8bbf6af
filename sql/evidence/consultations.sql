/* evidence
row: buyer and account
description: Accounts to which buyers wrote on the day, before any filter of receptions.
shows: [agent_id, buyer_id, reason]
splits: [agent_id]
rules: [day_starts_at, exclude_flags]
*/
select
    c.platform, c.shop_id, g.grain,
    case g.grain when 'agent' then c.agent_id when 'group' then c.agent_group else '' end as entity,
    c.dt, c.agent_id, c.buyer_id, c.is_bot_account,
    case when not c.is_bot_account then 'wrote to an agent'
        when g.grain = 'shop' then 'wrote to a robot, which counts for the shop'
        else 'wrote to a robot, which counts for the shop alone' end as reason
from int_consultations as c
cross join (values ('agent'), ('group'), ('shop')) as g (grain)
