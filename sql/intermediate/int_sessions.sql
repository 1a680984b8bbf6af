/* model
description: >
  One row per session: messages of one agent with one buyer (grain agent), or of one buyer over all agents (grain shop), with
  no silence above the gap in force on the day of the first. Robots' messages belong to it on days on which they count for
  reply_within. Shop sessions are made only of buyers with a message on a day whose unit is session.
grain: [platform, shop_id, grain, agent_id, buyer_id, first_order]
scope: buyer
publish: false
columns:
  dt: business day of the first message
  first_order: message_order of the first message
  last_order: message_order of the last message
  start_s: wall clock second of the day of the first message
*/
with recursive

members as (
    select
        m.platform, m.shop_id, m.buyer_key, m.buyer_id, m.agent_id, m.message_order, m.sent_at, m.dt,
        seconds_of_day(m.local_at) as start_s,
        r.session_gap_minutes, r.reply_within_unit
    from int_messages as m
    join rule_day as r on r.platform = m.platform and r.shop_id = m.shop_id and r.dt = m.dt
    where
        m.role in ('buyer', 'agent')
        or (m.role = 'bot' and (r.reply_within_bot_replies or r.served_by = 'human_and_bot'))
),

session_buyers as (
    select distinct platform, shop_id, buyer_id from members where reply_within_unit = 'session'
),

streams as (
    select
        platform, shop_id, buyer_key, buyer_id, 'agent' as grain, agent_id, message_order, sent_at, dt, start_s,
        session_gap_minutes
    from members
    union all
    select
        m.platform, m.shop_id, m.buyer_key, m.buyer_id, 'shop' as grain, '' as agent_id, m.message_order, m.sent_at, m.dt,
        m.start_s, m.session_gap_minutes
    from members as m
    join session_buyers as b on b.platform = m.platform and b.shop_id = m.shop_id and b.buyer_id = m.buyer_id
),

silences as (
    select
        *,
        micros_between(lag(sent_at) over stream, sent_at) as silence_us,
        min(session_gap_minutes) over everything as least_gap,
        max(session_gap_minutes) over everything as most_gap
    from streams
    window
        stream as (partition by platform, shop_id, buyer_id, grain, agent_id order by message_order),
        everything as (partition by platform, shop_id, buyer_id, grain, agent_id)
),

-- Where the gap never changes in a stream, every silence above it starts a session.
even_starts as (
    select platform, shop_id, buyer_id, grain, agent_id, message_order
    from silences
    where least_gap = most_gap and (silence_us is null or silence_us > cast(session_gap_minutes as bigint) * 60000000)
),

-- Where it changes, each session ends by the gap of its own first day: a walk from start to start, as far as the next
-- silence that is above every gap.
uneven as (
    select s.platform, s.shop_id, s.buyer_id, s.grain, s.agent_id, s.message_order,
        s.session_gap_minutes, s.most_gap, s.silence_us, g.gap
    from silences as s
    join (
        select distinct platform, shop_id, buyer_id, grain, agent_id, session_gap_minutes as gap
        from silences where least_gap < most_gap
    ) as g
        on g.platform = s.platform and g.shop_id = s.shop_id and g.buyer_id = s.buyer_id and g.grain = s.grain
        and g.agent_id = s.agent_id
),

pointers as (
    select
        *,
        min(case when silence_us > cast(gap as bigint) * 60000000 then message_order end) over later as next_order,
        min(case when silence_us > cast(most_gap as bigint) * 60000000 then message_order end) over later as next_sure_order
    from uneven
    window later as (
        partition by platform, shop_id, buyer_id, grain, agent_id, gap order by message_order
        rows between 1 following and unbounded following
    )
),

uneven_starts as (
    select platform, shop_id, buyer_id, grain, agent_id, message_order
    from silences
    where least_gap < most_gap and (silence_us is null or silence_us > cast(most_gap as bigint) * 60000000)
    union all
    select u.platform, u.shop_id, u.buyer_id, u.grain, u.agent_id, p.next_order as message_order
    from uneven_starts as u
    join pointers as p
        on p.platform = u.platform and p.shop_id = u.shop_id and p.buyer_id = u.buyer_id and p.grain = u.grain
        and p.agent_id = u.agent_id and p.message_order = u.message_order and p.gap = p.session_gap_minutes
    where p.next_order is distinct from p.next_sure_order
),

numbered as (
    select
        s.platform, s.shop_id, s.buyer_key, s.buyer_id, s.grain, s.agent_id, s.message_order, s.sent_at, s.dt, s.start_s,
        max(t.message_order) over (
            partition by s.platform, s.shop_id, s.buyer_id, s.grain, s.agent_id order by s.message_order
            rows between unbounded preceding and current row
        ) as first_order
    from streams as s
    left join (select * from even_starts union all select * from uneven_starts) as t
        on t.platform = s.platform and t.shop_id = s.shop_id and t.buyer_id = s.buyer_id and t.grain = s.grain
        and t.agent_id = s.agent_id and t.message_order = s.message_order
)

select
    platform, shop_id, buyer_key, buyer_id, grain, agent_id, first_order,
    max(message_order) as last_order,
    min(dt) as dt,
    min(start_s) filter (where message_order = first_order) as start_s,
    min(sent_at) as started_at,
    max(sent_at) as ended_at
from numbered
group by platform, shop_id, buyer_key, buyer_id, grain, agent_id, first_order
