/* model
description: >
  One row per event of the groups that can hold several turns or, where a transfer opened nothing, none; without transfers
  that opened nothing. From each opener the next opening follows without knowing what came before: the first opener after
  the horizon, or after a robot's message that closes.
grain: [buyer_no, stream_no, message_order]
scope: buyer
publish: false
columns:
  buyer_no: that of int_buyers
  stream_no: that of int_turn_events
  next_order: message_order of the opening that follows when a turn opens here; NULL when none does in the group
*/
with

events as (
    select
        e.buyer_no, e.stream_no, e.group_no, e.message_order, e.sent_at, e.event, e.expires_at, e.keeps_bots,
        e.is_alone, e.is_opener, e.is_closer,
        micros_between(timestamp '1970-01-01', e.sent_at) as sent_us,
        case when e.is_opener then micros_between(e.sent_at, e.expires_at) else 0 end as horizon_us
    from int_turn_groups as e
    join int_turn_spans as s
        on s.buyer_no = e.buyer_no and s.stream_no = e.stream_no
        and s.group_no = e.group_no and s.is_walked
    left join int_handovers as h
        on h.buyer_no = e.buyer_no and h.pairing_no = e.stream_no % 4 and h.message_order = e.message_order and h.was_open
    where e.event <> 'transfer_in' or h.message_order is not null
),

looking_ahead as (
    select
        *,
        min(case when is_opener then message_order end) over (
            partition by buyer_no, stream_no, group_no order by message_order
            rows between 1 following and unbounded following
        ) as next_opener,
        min(case when is_opener then message_order end) over (
            partition by buyer_no, stream_no, group_no order by sent_us
            range between horizon_us + 1 following and unbounded following
        ) as after_horizon
    from events
),

pointing as (
    select
        *,
        case when not keeps_bots then
            min(case when event = 'bot' and not is_closer then next_opener end) over (
                partition by buyer_no, stream_no, group_no order by message_order
                rows between 1 following and unbounded following
            )
        end as after_bot
    from looking_ahead
)

select
    buyer_no, stream_no, group_no, message_order, sent_at, event, expires_at, keeps_bots, is_alone, is_opener, is_closer,
    case
        when not is_opener then null
        when after_bot is null or after_horizon < after_bot then after_horizon
        else after_bot
    end as next_order
from pointing
