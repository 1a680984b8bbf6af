/* model
description: >
  One row per turn of an agent with a buyer that belongs to a reception which no filter drops, as people answered it: what
  became of it and how long the answer took.
grain: [platform, shop_id, agent_id, message_id]
scope: buyer
stored: true
partition: dt
days: [dt]
publish: false
columns:
  dt: business day of the opening
  agent_group: group of the agent on dt, '' = none
  message_id: the opening message, or the transfer that opened the turn
  opened_by: message or transfer
  last_buyer_at: last buyer message of the turn
  replied_at: the answer; NULL unless answered
  response_seconds: whole seconds from the first (or last) buyer message to the answer, less offline time by rule
  outcome: answered, unanswered, bot_served or handed_over
  is_first: earliest turn of its reception that was neither bot-served nor handed over
  session_end_at: end of the session in which an unanswered turn opened
checks:
  answered_has_time: (outcome = 'answered') = (response_seconds is not null)
  response_not_negative: response_seconds is null or response_seconds >= 0
*/
select
    t.platform, t.shop_id, b.buyer_key, n.agent_id, t.agent_group, b.buyer_id, t.dt, t.message_id, t.opened_at, t.opened_by,
    t.last_buyer_at, t.replied_at, t.response_seconds, t.outcome, t.is_first, t.session_end_at
from int_turns__timed as t
join int_buyers as b on b.buyer_no = t.buyer_no
join int_agents as n on n.agent_no = t.agent_no
