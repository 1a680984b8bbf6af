/* evidence
row: turn
description: Turns that opened on the day, with the time that their answer took.
shows: [agent_id, buyer_id, opened_at, replied_at, response_seconds, reason]
splits: [agent_id, outcome]
rules: [day_starts_at, exclude_agents, exclude_flags, auto_reply_patterns, reply_horizon, response_from, subtract_offline]
*/
select
    t.platform, t.shop_id, g.grain,
    case g.grain when 'agent' then t.agent_id when 'group' then t.agent_group else '' end as entity,
    t.dt, t.agent_id, t.buyer_id, t.opened_at, t.last_buyer_at, t.replied_at, t.response_seconds, t.outcome, t.message_id,
    case t.outcome
        when 'answered' then 'answered'
        when 'unanswered' then 'not answered within reply_horizon'
        when 'bot_served' then 'answered by a robot'
        else 'handed over to another agent'
    end as reason
from int_turns as t
cross join (values ('agent'), ('group'), ('shop')) as g (grain)
