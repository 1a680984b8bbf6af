/* model
description: >
  The turns of the groups that can hold several or, where a transfer opened nothing, none. From each opener the next
  opening follows without knowing what came before: the first opener after the horizon, or after a robot's message that
  closes. So the turns are a walk along these pointers from the group's first opener.
grain: [buyer_no, pairing, agent_id, opened_order]
scope: buyer
publish: false
columns:
  buyer_no: that of int_buyers
  opened_order: message_order of the opening
  closed_by: agent, bot or transfer_out; NULL when nothing closes the turn
*/
with recursive

events as (
    select
        e.buyer_no, e.pairing, e.agent_id, e.group_no, e.message_order, e.sent_at, e.event, e.expires_at, e.keeps_bots,
        e.is_alone, e.is_opener, e.is_closer,
        micros_between(timestamp '1970-01-01', e.sent_at) as sent_us,
        case when e.is_opener then micros_between(e.sent_at, e.expires_at) else 0 end as horizon_us
    from int_turn_groups as e
    join int_turn_spans as s
        on s.buyer_no = e.buyer_no and s.pairing = e.pairing and s.agent_id = e.agent_id
        and s.group_no = e.group_no and s.is_walked
    left join int_handovers as h
        on h.buyer_no = e.buyer_no and h.pairing = e.pairing and h.message_order = e.message_order and h.was_open
    where e.event <> 'transfer_in' or h.message_order is not null
),

looking_ahead as (
    select
        *,
        min(case when is_opener then message_order end) over (
            partition by buyer_no, pairing, agent_id, group_no order by message_order
            rows between 1 following and unbounded following
        ) as next_opener,
        min(case when is_opener then message_order end) over (
            partition by buyer_no, pairing, agent_id, group_no order by sent_us
            range between horizon_us + 1 following and unbounded following
        ) as after_horizon
    from events
),

pointing as (
    select
        *,
        case when not keeps_bots then
            min(case when event = 'bot' and not is_closer then next_opener end) over (
                partition by buyer_no, pairing, agent_id, group_no order by message_order
                rows between 1 following and unbounded following
            )
        end as after_bot
    from looking_ahead
),

pointers as (
    select
        buyer_no, pairing, agent_id, message_order,
        case
            when after_bot is null or after_horizon < after_bot then after_horizon
            else after_bot
        end as next_order
    from pointing
    where is_opener
),

openings as (
    select buyer_no, pairing, agent_id, min(message_order) as opened_order
    from events
    where is_opener
    group by buyer_no, pairing, agent_id, group_no
    union all
    select o.buyer_no, o.pairing, o.agent_id, p.next_order as opened_order
    from openings as o
    join pointers as p
        on p.buyer_no = o.buyer_no and p.pairing = o.pairing and p.agent_id = o.agent_id
        and p.message_order = o.opened_order
    where p.next_order is not null
),

numbered as (
    select
        e.*,
        max(o.opened_order) over (
            partition by e.buyer_no, e.pairing, e.agent_id, e.group_no order by e.message_order
            rows between unbounded preceding and current row
        ) as opened_order
    from events as e
    left join openings as o
        on o.buyer_no = e.buyer_no and o.pairing = e.pairing and o.agent_id = e.agent_id
        and o.opened_order = e.message_order
),

closing as (
    select
        *,
        is_closer or (event = 'bot' and not bool_or(keeps_bots and message_order = opened_order) over (
            partition by buyer_no, pairing, agent_id, opened_order
        )) as closes
    from numbered
    where opened_order is not null
)

select
    buyer_no, pairing, agent_id, opened_order,
    min(event) filter (where message_order = opened_order) as opened_by,
    min(expires_at) filter (where message_order = opened_order) as expires_at,
    min(sent_at) as opened_at,
    max(sent_at) filter (where event = 'buyer') as last_buyer_at,
    min(message_order) filter (where closes) as closed_order,
    min(sent_at) filter (where closes) as closed_at,
    min_by(event, message_order) filter (where closes) as closed_by,
    bool_or(is_alone) as is_alone
from closing
group by buyer_no, pairing, agent_id, opened_order
