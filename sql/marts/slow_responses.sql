/* model
description: One row per turn that was answered above the limit of slow_response, or not at all, in a slow reception.
grain: [platform, shop_id, agent_id, message_id]
scope: buyer
stored: true
partition: dt
publish: true
hidden: [buyer_key]
columns:
  dt: business day of the opening
  opened_at: when the turn opened
  replied_at: the answer; NULL when there was none
  response_seconds: whole seconds; NULL when there was no answer
  message_id: the opening message
*/
select
    t.platform, t.shop_id, t.buyer_key, t.agent_id, t.buyer_id, t.dt, t.opened_at, t.replied_at, t.response_seconds,
    t.message_id
from int_turns as t
join int_receptions as n
    on n.platform = t.platform and n.shop_id = t.shop_id and n.agent_id = t.agent_id and n.buyer_id = t.buyer_id
    and n.dt = t.dt and n.is_slow
join rule_day as r on r.platform = t.platform and r.shop_id = t.shop_id and r.dt = t.dt
where t.outcome = 'unanswered' or t.response_seconds > r.slow_response_seconds
