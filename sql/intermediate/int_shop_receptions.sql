/* model
description: >
  One row per buyer and business day with a reception of any agent that no filter drops: the shop's reception. It owns the
  turns of all its agents; replied, slow and long are judged on that union.
grain: [platform, shop_id, buyer_id, dt]
scope: buyer
stored: true
partition: dt
days: [dt]
publish: false
columns:
  is_received: received by any agent
  is_replied: received, and written to by hand on the day by any agent, or with an answered turn
  has_handover: an agent handed the buyer over on the day
  is_slow: received, and slow by slow_response over the turns of all agents
  is_long: from first to last message longer than long_reception_minutes
  first_response_seconds: of the earliest turn of all agents, NULL while that is unanswered
  topic: topic of the buyer's earliest message with one
checks:
  replied_is_received: is_received or not is_replied
*/
with

receptions as (
    select
        platform, shop_id, buyer_key, buyer_id, dt,
        bool_or(buyer_messages > 0 and not is_bot_only) as is_received,
        bool_or(has_reply) as has_reply,
        bool_or(has_handover) as has_handover,
        min_by(initiated_by, first_order) as initiated_by,
        max_by(last_word_by, last_order) as last_word_by,
        min_by(topic, topic_order) filter (where topic is not null) as topic,
        cast(sum(buyer_messages) as bigint) as buyer_messages,
        cast(sum(agent_messages) as bigint) as agent_messages,
        cast(sum(agent_chars) as bigint) as agent_chars,
        min(first_buyer_at) as first_buyer_at,
        max(last_buyer_at) as last_buyer_at,
        min(first_message_at) as first_message_at,
        max(last_message_at) as last_message_at,
        cast(sum(response_turns) as bigint) as response_turns,
        cast(sum(unanswered_turns) as bigint) as unanswered_turns,
        cast(sum(response_sum_s) as bigint) as response_sum_s,
        cast(sum(quick_turns) as bigint) as quick_turns,
        cast(sum(over_turns) as bigint) as over_turns,
        min(first_turn_order) as first_turn_order
    from int_receptions__measured
    where excluded_reason is null
    group by platform, shop_id, buyer_key, buyer_id, dt
)

select
    s.platform, s.shop_id, s.buyer_key, s.buyer_id, s.dt, s.is_received,
    s.is_received and s.has_reply as is_replied,
    s.has_handover, s.initiated_by, s.last_word_by, s.topic, s.buyer_messages, s.agent_messages, s.agent_chars,
    s.first_buyer_at, s.last_buyer_at, s.first_message_at, s.last_message_at,
    s.is_received and case r.slow_response_scope
        when 'any' then s.over_turns >= r.slow_response_times
        when 'first' then coalesce(f.is_first_turn_over, false)
        else s.unanswered_turns > 0 or s.response_sum_s > r.slow_response_seconds * s.response_turns
    end as is_slow,
    micros_between(s.first_message_at, s.last_message_at) > cast(r.long_reception_minutes as bigint) * 60000000 as is_long,
    f.first_response_seconds, s.response_turns, s.response_sum_s, s.quick_turns
from receptions as s
join rule_day as r on r.platform = s.platform and r.shop_id = s.shop_id and r.dt = s.dt
left join int_receptions__measured as f
    on f.platform = s.platform and f.shop_id = s.shop_id and f.buyer_id = s.buyer_id and f.dt = s.dt
    and f.first_turn_order = s.first_turn_order and f.excluded_reason is null
