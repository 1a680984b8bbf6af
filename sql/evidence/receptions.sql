/* evidence
row: reception
description: Receptions of the day with what was counted of them, and those that a filter drops. At groups and shops a reception is of all their agents.
shows: [agent_id, buyer_id, first_message_at, last_message_at, buyer_messages, agent_messages, reason]
splits: [topic]
rules:
  - day_starts_at
  - exclude_agents
  - exclude_flags
  - auto_reply_patterns
  - filter_monologue_buyer_messages
  - filter_single_sentence_agent_messages
  - filter_watchword
  - handover_max_agent_messages
*/
with

receptions as (
    select platform, shop_id, 'agent' as grain, agent_id as entity, dt, agent_id, buyer_id, excluded_reason, is_received,
        is_replied, leaves_reply_rate, has_handover, is_slow, is_long, buyer_messages, agent_messages, agent_chars,
        first_response_seconds, first_message_at, last_message_at, initiated_by, is_bot_only, topic
    from int_receptions
    union all
    select platform, shop_id, grain, entity, dt, null as agent_id, buyer_id, null as excluded_reason, is_received,
        is_replied, leaves_reply_rate, has_handover, is_slow, is_long, buyer_messages, agent_messages, agent_chars,
        first_response_seconds, first_message_at, last_message_at, initiated_by, null as is_bot_only, topic
    from int_pooled_receptions
    union all
    select r.platform, r.shop_id, g.grain, case g.grain when 'group' then r.agent_group else '' end as entity, r.dt,
        r.agent_id, r.buyer_id, r.excluded_reason, r.is_received, r.is_replied, r.leaves_reply_rate, r.has_handover,
        r.is_slow, r.is_long, r.buyer_messages, r.agent_messages, r.agent_chars, r.first_response_seconds,
        r.first_message_at, r.last_message_at, r.initiated_by, r.is_bot_only, r.topic
    from int_receptions as r
    cross join (values ('group'), ('shop')) as g (grain)
    where r.excluded_reason is not null
)

select
    platform, shop_id, grain, entity, dt, agent_id, buyer_id, first_message_at, last_message_at, initiated_by,
    topic, buyer_messages, agent_messages, agent_chars, first_response_seconds, is_received, is_replied, leaves_reply_rate,
    has_handover, is_slow, is_long, excluded_reason,
    case
        when excluded_reason is not null then 'dropped by ' || excluded_reason
        when not is_received and buyer_messages = 0 then 'contact only: the buyer wrote nothing'
        when not is_received then 'not received: robots served every turn'
        when leaves_reply_rate then 'received, handed over before a reply'
        when not is_replied then 'received, not replied'
        when is_slow then 'received, replied, slow'
        else 'received, replied'
    end as reason
from receptions
