/* model
description: >
  One row per group of agents (or shop), buyer and business day with a reception of any of its agents that no filter drops:
  the group's, the shop's reception. It owns the turns of all its agents; replied, slow and long are judged on that union.
grain: [platform, shop_id, grain, entity, buyer_id, dt]
scope: buyer
stored: true
partition: dt
days: [dt]
publish: false
columns:
  grain: group or shop
  entity: group of the agents on dt ('' = none); empty at shop grain
  is_received: received by any agent
  is_replied: received, and written to by hand on the day by any agent, or with an answered turn
  leaves_reply_rate: received and not replied, but no turn is left unanswered and one was handed over to another group; at the shop never
  has_handover: an agent handed the buyer over on the day
  is_slow: received, and slow by slow_response over the turns of all agents
  is_long: from first to last message longer than long_reception_minutes
  first_response_seconds: of the earliest turn of all agents, NULL while that is unanswered
  topic: topic of the buyer's earliest message with one
checks:
  replied_is_received: is_received or not is_replied
*/
with

-- Most buyers have one reception a day. It is the group's and the shop's as it stands; only what several agents share is
-- summed up.
shared as (
    select buyer_no, dt
    from int_receptions__measured
    where excluded_reason is null
    group by buyer_no, dt
    having count(*) > 1
),

parts as (
    select
        m.*, s.dt is not null as is_shared, g.grain,
        case g.grain when 'group' then m.agent_group else '' end as entity
    from int_receptions__measured as m
    left join shared as s on s.buyer_no = m.buyer_no and s.dt = m.dt
    cross join (values ('group'), ('shop')) as g (grain)
    where m.excluded_reason is null
),

receptions as (
    select
        platform, shop_id, buyer_no, grain, entity, dt,
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
        cast(sum(handed_out_turns) as bigint) as handed_out_turns,
        cast(sum(response_sum_s) as bigint) as response_sum_s,
        cast(sum(quick_turns) as bigint) as quick_turns,
        cast(sum(over_turns) as bigint) as over_turns,
        min_by(is_first_turn_over, first_turn_order) filter (where first_turn_order is not null) as is_first_turn_over,
        -- No answer is a value here: what counts is the first turn, answered or not.
        min_by(coalesce(first_response_seconds, -1), first_turn_order) filter (where first_turn_order is not null)
            as first_turn_seconds
    from parts
    where is_shared
    group by platform, shop_id, buyer_no, grain, entity, dt
    union all
    select
        platform, shop_id, buyer_no, grain, entity, dt, buyer_messages > 0 and not is_bot_only as is_received, has_reply,
        has_handover, initiated_by, last_word_by, topic, buyer_messages, agent_messages, agent_chars, first_buyer_at,
        last_buyer_at, first_message_at, last_message_at, response_turns, unanswered_turns, handed_out_turns,
        response_sum_s, quick_turns, over_turns, is_first_turn_over, first_response_seconds as first_turn_seconds
    from parts
    where not is_shared
)

select
    p.platform, p.shop_id, b.buyer_key, p.grain, p.entity, b.buyer_id, p.dt, p.is_received,
    p.is_received and p.has_reply as is_replied,
    p.grain = 'group' and p.is_received and not p.has_reply and p.handed_out_turns > 0 and p.unanswered_turns = 0
        as leaves_reply_rate,
    p.has_handover, p.initiated_by, p.last_word_by, p.topic, p.buyer_messages, p.agent_messages, p.agent_chars,
    p.first_buyer_at, p.last_buyer_at, p.first_message_at, p.last_message_at,
    p.is_received and case r.slow_response_scope
        when 'any' then p.over_turns >= r.slow_response_times
        when 'first' then coalesce(p.is_first_turn_over, false)
        else p.unanswered_turns > 0 or p.response_sum_s > r.slow_response_seconds * p.response_turns
    end as is_slow,
    micros_between(p.first_message_at, p.last_message_at) > cast(r.long_reception_minutes as bigint) * 60000000 as is_long,
    nullif(p.first_turn_seconds, -1) as first_response_seconds, p.response_turns, p.response_sum_s, p.quick_turns
from receptions as p
join int_buyers as b on b.buyer_no = p.buyer_no
join rule_day as r on r.platform = p.platform and r.shop_id = p.shop_id and r.dt = p.dt
