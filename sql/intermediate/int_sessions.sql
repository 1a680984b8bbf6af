/* model
description: >
  One row per session: messages of one agent with one buyer (grain agent), or of one buyer over all agents (grain shop), with
  no silence above the gap in force on the day of the first. Robots' messages belong to it on days on which they count for
  reply_within. Shop sessions are made only of buyers with a message on a day whose unit is session.
grain: [buyer_no, agent_no, first_order]
scope: buyer
publish: false
columns:
  buyer_no: that of int_buyers
  agent_no: that of int_agents, 0 at grain shop
  dt: business day of the first message
  first_order: message_order of the first message
  last_order: message_order of the last message
  start_s: wall clock second of the day of the first message
*/
with recursive

members as (
    select
        m.buyer_no, m.agent_no, m.message_order, m.sent_at, m.dt, m.local_s as start_s, r.session_gap_minutes, r.reply_within_unit
    from int_messages as m
    join int_agents as n on n.agent_no = m.agent_no
    join rule_day as r on r.platform = n.platform and r.shop_id = n.shop_id and r.dt = m.dt
    where
        m.role in ('buyer', 'agent')
        or (m.role = 'bot' and (r.reply_within_bot_replies or r.served_by = 'human_and_bot'))
),

buyers as (
    select
        buyer_no,
        min(session_gap_minutes) < max(session_gap_minutes) as is_uneven,
        cast(max(session_gap_minutes) as bigint) * 60000000 as most_gap_us,
        bool_or(reply_within_unit = 'session') as has_shop_sessions
    from members
    group by buyer_no
),

numbered as (
    select m.*, cast(m.session_gap_minutes as bigint) * 60000000 as gap_us,
        b.is_uneven, b.most_gap_us, b.has_shop_sessions
    from members as m
    join buyers as b on b.buyer_no = m.buyer_no
),

streams as (
    select buyer_no, agent_no, message_order, sent_at, dt, start_s, gap_us, is_uneven, most_gap_us
    from numbered
    union all
    select buyer_no, 0 as agent_no, message_order, sent_at, dt, start_s, gap_us, is_uneven, most_gap_us
    from numbered
    where has_shop_sessions
),

silences as (
    select
        *,
        lag(message_order) over stream as previous_order,
        lag(sent_at) over stream as previous_at,
        lead(message_order) over stream is null as is_last,
        micros_between(lag(sent_at) over stream, sent_at) as silence_us
    from streams
    window stream as (partition by buyer_no, agent_no order by message_order)
),

-- Where the gap changes, each session ends by the gap of its own first day: a walk from start to start, as far as the next
-- silence that is above every gap.
uneven as (
    select buyer_no, agent_no, message_order, gap_us, silence_us, most_gap_us
    from silences
    where is_uneven
),

pointers as (
    select
        u.*, g.gap_us as tried_gap_us,
        min(case when u.silence_us > g.gap_us then u.message_order end) over later as next_order,
        min(case when u.silence_us > u.most_gap_us then u.message_order end) over later as next_sure_order
    from uneven as u
    join (select distinct buyer_no, gap_us from uneven) as g on g.buyer_no = u.buyer_no
    window later as (
        partition by u.buyer_no, u.agent_no, g.gap_us order by u.message_order
        rows between 1 following and unbounded following
    )
),

uneven_starts as (
    select buyer_no, agent_no, message_order
    from uneven
    where silence_us is null or silence_us > most_gap_us
    union all
    select u.buyer_no, u.agent_no, p.next_order as message_order
    from uneven_starts as u
    join pointers as p
        on p.buyer_no = u.buyer_no and p.agent_no = u.agent_no
        and p.message_order = u.message_order and p.tried_gap_us = p.gap_us
    where p.next_order is distinct from p.next_sure_order
),

started as (
    select
        s.*,
        case
            when s.is_uneven then u.message_order is not null
            else s.silence_us is null or s.silence_us > s.gap_us
        end as is_start
    from silences as s
    left join uneven_starts as u
        on u.buyer_no = s.buyer_no and u.agent_no = s.agent_no and u.message_order = s.message_order
),

-- A session ends before the next one starts, or with its stream.
edges as (
    select
        buyer_no, agent_no, message_order, sent_at, dt, start_s, is_start, is_last,
        case when is_start then previous_order else message_order end as end_order,
        case when is_start then previous_at else sent_at end as end_at
    from started
    where is_start or is_last
),

followed as (
    select
        *,
        lead(end_order) over next_edge as next_end_order,
        lead(end_at) over next_edge as next_end_at
    from edges
    window next_edge as (partition by buyer_no, agent_no order by message_order)
)

select
    b.platform, b.shop_id, s.buyer_no, case s.agent_no when 0 then 'shop' else 'agent' end as grain, s.agent_no,
    s.message_order as first_order,
    case when s.is_last then s.message_order else s.next_end_order end as last_order,
    s.dt, s.start_s, s.sent_at as started_at,
    case when s.is_last then s.sent_at else s.next_end_at end as ended_at
from followed as s
join int_buyers as b on b.buyer_no = s.buyer_no
where s.is_start
