/* model
description: >
  One row per agent, buyer and business day with a counted message, with all that its messages, transfers and turns say.
  Filtered receptions keep their counts and their reason; they are neither received nor replied.
grain: [buyer_no, agent_no, dt]
scope: buyer
publish: false
columns:
  buyer_no: that of int_buyers
  agent_no: that of int_agents
  agent_group: group of the agent on dt, '' = none
  first_order: message_order of the first message
  last_order: message_order of the last message
  topic_order: message_order of the buyer's earliest message with a topic
  is_bot_only: no message by hand, and every turn (at least one) was served by a robot
  is_lifted: the first message answers an open turn of the agent, or follows a handover to him on the same day
  has_reply: the agent wrote by hand on the day, or a turn was answered, or a robot answered where robots count
  handed_out_turns: turns handed over to agents of other groups
  over_turns: turns over the limit of slow_response, unanswered ones included
  first_turn_order: message_order at which the first turn opened
  is_first_turn_over: whether the first turn is over the limit
*/
with

messages as (
    select
        buyer_no, agent_no, dt,
        count(*) filter (where role = 'bot') as bot_messages,
        count(*) filter (where role = 'transfer') as transfers,
        min(message_order) filter (where role in ('buyer', 'agent')) as first_order,
        max(message_order) filter (where role in ('buyer', 'agent')) as last_order,
        min_by(role, message_order) filter (where role in ('buyer', 'agent')) as initiated_by,
        max_by(role, message_order) filter (where role in ('buyer', 'agent')) as last_word_by,
        max(message_order) filter (where role = 'agent') as last_agent_order,
        max(message_order) filter (where role = 'transfer') as last_transfer_order,
        min_by(topic, message_order) filter (where role = 'buyer' and topic is not null) as topic,
        min(message_order) filter (where role = 'buyer' and topic is not null) as topic_order,
        min_by(product_id, message_order) filter (where role = 'buyer' and product_id is not null) as product_id
    from int_messages
    group by buyer_no, agent_no, dt
),

handovers as (
    select buyer_no, to_agent_no as agent_no, dt, min(message_order) as handover_order
    from int_messages
    where role = 'transfer'
    group by buyer_no, to_agent_no, dt
),

answers as (
    select buyer_no, agent_no, closed_order as answer_order
    from int_turn_pairs
    where pairing in ('both', 'human') and closed_by = 'agent'
),

turns as (
    select
        t.buyer_no, t.agent_no, t.dt,
        count(*) filter (where t.outcome = 'answered') as response_turns,
        count(*) filter (where t.outcome = 'unanswered') as unanswered_turns,
        count(*) filter (where t.outcome = 'bot_served') as bot_served_turns,
        count(*) filter (where t.outcome = 'handed_over') as handed_over_turns,
        count(*) filter (where t.is_handed_out) as handed_out_turns,
        cast(sum(t.response_seconds) as bigint) as response_sum_s,
        count(*) filter (where t.response_seconds <= 10) as quick_turns,
        count(*) filter (where t.outcome = 'unanswered' or t.response_seconds > r.slow_response_seconds) as over_turns,
        min(t.opened_order) filter (where t.is_first) as first_turn_order,
        min(t.response_seconds) filter (where t.is_first) as first_response_seconds,
        bool_or(t.is_first and (t.outcome = 'unanswered' or t.response_seconds > r.slow_response_seconds))
            as is_first_turn_over
    from int_turns__timed as t
    join rule_day as r on r.platform = t.platform and r.shop_id = t.shop_id and r.dt = t.dt
    group by t.buyer_no, t.agent_no, t.dt
)

select
    f.platform, f.shop_id, f.buyer_no, f.agent_no, f.agent_group, f.dt, f.excluded_reason, f.buyer_messages,
    f.agent_messages, f.agent_chars, f.first_buyer_at, f.last_buyer_at, f.first_message_at, f.last_message_at,
    m.first_order, m.last_order, m.initiated_by, m.last_word_by, m.topic, m.topic_order, m.product_id,
    coalesce(m.transfers, 0) > 0 as has_handover,
    coalesce(m.transfers, 0) > 0 and coalesce(m.last_agent_order, 0) < m.last_transfer_order as is_handed_over,
    (m.initiated_by = 'agent' and a.answer_order is not null) or coalesce(h.handover_order < m.first_order, false)
        as is_lifted,
    f.excluded_reason is null and f.agent_messages = 0 and coalesce(t.bot_served_turns, 0) > 0
        and t.response_turns + t.unanswered_turns + t.handed_over_turns = 0 as is_bot_only,
    f.excluded_reason is null and (
        f.agent_messages > 0 or coalesce(t.response_turns, 0) > 0
        or (coalesce(m.bot_messages, 0) > 0 and r.served_by = 'human_and_bot')
    ) as has_reply,
    coalesce(t.response_turns, 0) as response_turns,
    coalesce(t.unanswered_turns, 0) as unanswered_turns,
    coalesce(t.bot_served_turns, 0) as bot_served_turns,
    coalesce(t.handed_over_turns, 0) as handed_over_turns,
    coalesce(t.handed_out_turns, 0) as handed_out_turns,
    coalesce(t.response_sum_s, 0) as response_sum_s,
    coalesce(t.quick_turns, 0) as quick_turns,
    coalesce(t.over_turns, 0) as over_turns,
    t.first_turn_order, t.first_response_seconds,
    coalesce(t.is_first_turn_over, false) as is_first_turn_over
from int_receptions__filtered as f
join rule_day as r on r.platform = f.platform and r.shop_id = f.shop_id and r.dt = f.dt
left join messages as m on m.buyer_no = f.buyer_no and m.agent_no = f.agent_no and m.dt = f.dt
left join handovers as h on h.buyer_no = f.buyer_no and h.agent_no = f.agent_no and h.dt = f.dt
left join answers as a on a.buyer_no = f.buyer_no and a.agent_no = f.agent_no and a.answer_order = m.first_order
left join turns as t on t.buyer_no = f.buyer_no and t.agent_no = f.agent_no and t.dt = f.dt
