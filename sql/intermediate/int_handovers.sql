/* model
description: >
  One row per pairing and transfer that follows an opener: whether a turn of the agent who hands over was open, so that the
  transfer opens one of the agent who takes over. Nearly always the agent's own group of events tells; where it began with a
  transfer itself, or outlived a horizon, those groups are replayed step by step.
grain: [buyer_no, pairing_no, message_order]
scope: buyer
publish: false
columns:
  buyer_no: that of int_buyers
  pairing_no: the pairing of int_turn_events, by its number
  was_open: whether a turn of the agent who hands over was open
*/
with recursive

events as (
    select g.*, g.stream_no % 4 as pairing_no, cast(floor(g.stream_no / 4) as integer) as agent_no
    from int_turn_groups as g
    join (select distinct buyer_no from int_turn_groups where event = 'transfer_out') as b
        on b.buyer_no = g.buyer_no
    where g.stream_no <> 3
),

groups as (
    select
        buyer_no, pairing_no, agent_no, group_no,
        count(*) filter (where event = 'buyer') as buyer_openers,
        min(expires_at) filter (where is_opener) as least_expires_at,
        max(expires_at) filter (where is_opener) as last_expires_at,
        bool_or(not is_opener and not is_closer) and bool_or(is_opener and not keeps_bots) as has_bot_doubt
    from events
    group by buyer_no, pairing_no, agent_no, group_no
    having bool_or(is_opener)
),

judged as (
    select
        e.buyer_no, e.pairing_no, e.agent_no, e.group_no, e.message_order,
        case
            when e.sent_at > g.last_expires_at then false
            when g.buyer_openers > 0 and e.sent_at <= g.least_expires_at and not g.has_bot_doubt then true
        end as was_open
    from events as e
    join groups as g
        on g.buyer_no = e.buyer_no and g.pairing_no = e.pairing_no
        and g.agent_no = e.agent_no and g.group_no = e.group_no
    where e.event = 'transfer_out'
),

-- What happens in the groups whose end is in doubt: at most one event up to the transfer that ends each.
doubtful as (
    select e.*
    from events as e
    join judged as j
        on j.buyer_no = e.buyer_no and j.pairing_no = e.pairing_no
        and j.agent_no = e.agent_no and j.group_no = e.group_no
    where j.was_open is null and e.message_order <= j.message_order
),

steps as (
    select
        d.buyer_no, d.pairing_no, d.message_order, min(d.sent_at) as sent_at,
        min(d.expires_at) as expires_at, bool_or(d.keeps_bots) as keeps_bots,
        max(case when d.event <> 'transfer_in' then d.event end) as event,
        max(case when d.event <> 'transfer_in' then d.agent_no end) as agent_no,
        max(case when d.event = 'transfer_in' then d.agent_no end) as to_agent_no,
        bool_or(j.was_open) as was_open,
        row_number() over (
            partition by d.buyer_no, d.pairing_no order by d.message_order
        ) as step_no
    from doubtful as d
    left join judged as j
        on j.buyer_no = d.buyer_no and j.pairing_no = d.pairing_no
        and j.message_order = d.message_order
    group by d.buyer_no, d.pairing_no, d.message_order
),

streams as (
    select distinct buyer_no, pairing_no, agent_no from doubtful
),

-- The state of each agent's stream after each step: until when a turn is open, and whether robots leave it open.
replay as (
    select
        buyer_no, pairing_no, agent_no, cast(0 as bigint) as step_no, cast(0 as bigint) as message_order,
        cast(null as timestamp) as open_until, false as keeps_bots, cast(null as boolean) as was_open
    from streams
    union all
    select
        buyer_no, pairing_no, agent_no, step_no, message_order,
        case
            when event = 'transfer_out' and agent_no = actor_id then null
            when event = 'bot' and agent_no = actor_id and not keeps_bots then null
            when open_until is not null then open_until
            when event = 'buyer' and agent_no = actor_id then expires_at
            when agent_no = to_agent_no and was_open then expires_at
        end as open_until,
        case when open_until is null then opens_keeping_bots else keeps_bots end as keeps_bots,
        was_open
    from (
        select
            r.buyer_no, r.pairing_no, r.agent_no, s.step_no, s.message_order, s.event,
            s.agent_no as actor_id, s.to_agent_no, s.expires_at, s.keeps_bots as opens_keeping_bots, r.keeps_bots,
            case when r.open_until >= s.sent_at then r.open_until end as open_until,
            coalesce(s.was_open, bool_or(r.agent_no = s.agent_no and coalesce(r.open_until >= s.sent_at, false)) over (
                partition by r.buyer_no, r.pairing_no
            )) as was_open
        from replay as r
        join steps as s
            on s.buyer_no = r.buyer_no and s.pairing_no = r.pairing_no
            and s.step_no = r.step_no + 1
    ) as next_step
),

replayed as (
    select distinct buyer_no, pairing_no, message_order, was_open from replay where step_no > 0
)

select
    j.buyer_no, j.pairing_no, j.message_order,
    coalesce(j.was_open, r.was_open) as was_open
from judged as j
left join replayed as r
    on r.buyer_no = j.buyer_no and r.pairing_no = j.pairing_no
    and r.message_order = j.message_order
