/* model
description: >
  One row per agent, buyer and business day with a counted message of the conversation: the agent's reception and what is
  counted of it. Receptions that a filter drops are kept with the reason.
grain: [platform, shop_id, agent_id, buyer_id, dt]
scope: buyer
stored: true
partition: dt
days: [dt]
publish: false
columns:
  agent_group: group of the agent on dt, '' = none
  excluded_reason: name of the reception filter that drops it; NULL when it counts
  is_received: the buyer wrote, and it is neither filtered nor served by robots alone
  is_replied: received, and written to by hand on the day or with an answered turn (or answered by a robot where that counts)
  is_bot_only: nobody wrote by hand, and robots served every turn
  leaves_reply_rate: received and not replied, but every turn left without an answer was handed over
  initiated_by: buyer or agent, whoever wrote first
  is_agent_initiated: the agent wrote first, or the buyer answers a contact of some days before
  has_handover: the agent handed the buyer over on the day
  is_handed_over: and wrote nothing by hand after his last transfer
  agent_chars: characters of the agent's messages by hand
  last_word_by: buyer or agent, whoever wrote last
  topic: topic of the buyer's earliest message with one
  product_id: product of the buyer's earliest message with one
  is_slow: received, and slow by slow_response
  is_long: from first to last message longer than long_reception_minutes
  first_response_seconds: of the first turn, NULL while that is unanswered
  response_turns: answered turns that opened on the day
  quick_turns: of those, answered within 10 seconds
checks:
  replied_is_received: is_received or not is_replied
  first_is_answered: first_response_seconds is null or response_turns > 0
  filtered_counts_nowhere: excluded_reason is null or not (is_received or is_replied or is_slow or is_long)
*/
with

measured as (
    select
        *,
        excluded_reason is null and buyer_messages > 0 and not is_bot_only as is_received,
        excluded_reason is null and buyer_messages = 0 as is_contact_only
    from int_receptions__measured
),

looking_back as (
    select
        *,
        max(case when is_received then dt end) over earlier as last_received_dt,
        max(case when is_contact_only then dt end) over earlier as last_contact_dt
    from measured
    window earlier as (
        partition by buyer_no, agent_no order by dt rows between unbounded preceding and 1 preceding
    )
)

select
    m.platform, m.shop_id, b.buyer_key, n.agent_id, m.agent_group, b.buyer_id, m.dt, m.excluded_reason,
    m.is_received,
    m.is_received and m.has_reply as is_replied,
    m.is_bot_only,
    m.is_received and not m.has_reply and m.handed_over_turns > 0 and m.unanswered_turns = 0 as leaves_reply_rate,
    m.initiated_by,
    m.excluded_reason is null and not m.is_lifted and (
        m.initiated_by = 'agent'
        or coalesce(
            m.last_contact_dt >= plus_days(m.dt, -r.agent_initiated_reply_days)
            and (m.last_received_dt is null or m.last_contact_dt > m.last_received_dt), false
        )
    ) as is_agent_initiated,
    m.has_handover, m.is_handed_over,
    m.buyer_messages, m.agent_messages, m.agent_chars,
    m.first_buyer_at, m.last_buyer_at, m.first_message_at, m.last_message_at, m.last_word_by, m.topic, m.product_id,
    m.is_received and case r.slow_response_scope
        when 'any' then m.over_turns >= r.slow_response_times
        when 'first' then m.is_first_turn_over
        else m.unanswered_turns > 0 or m.response_sum_s > r.slow_response_seconds * m.response_turns
    end as is_slow,
    m.excluded_reason is null
        and micros_between(m.first_message_at, m.last_message_at) > cast(r.long_reception_minutes as bigint) * 60000000
        as is_long,
    m.first_response_seconds, m.response_turns, m.response_sum_s, m.quick_turns
from looking_back as m
join int_buyers as b on b.buyer_no = m.buyer_no
join int_agents as n on n.agent_no = m.agent_no
join rule_day as r on r.platform = m.platform and r.shop_id = m.shop_id and r.dt = m.dt
