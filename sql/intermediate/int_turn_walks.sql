/* model
description: >
  The turns of the groups that can hold several or, where a transfer opened nothing, none: a walk along the pointers of
  int_turn_pointers from the group's first opener.
grain: [buyer_no, stream_no, opened_order]
scope: buyer
publish: false
columns:
  buyer_no: that of int_buyers
  stream_no: that of int_turn_events
  opened_order: message_order of the opening
  closed_by: agent, bot or transfer_out; NULL when nothing closes the turn
*/
with recursive

openings as (
    select buyer_no, stream_no, min(message_order) as opened_order
    from int_turn_pointers
    where is_opener
    group by buyer_no, stream_no, group_no
    union all
    select o.buyer_no, o.stream_no, p.next_order as opened_order
    from openings as o
    join int_turn_pointers as p
        on p.buyer_no = o.buyer_no and p.stream_no = o.stream_no
        and p.message_order = o.opened_order
    where p.next_order is not null
),

numbered as (
    select
        e.*,
        max(o.opened_order) over (
            partition by e.buyer_no, e.stream_no, e.group_no order by e.message_order
            rows between unbounded preceding and current row
        ) as opened_order
    from int_turn_pointers as e
    left join openings as o
        on o.buyer_no = e.buyer_no and o.stream_no = e.stream_no
        and o.opened_order = e.message_order
),

closing as (
    select
        *,
        is_closer or (event = 'bot' and not bool_or(keeps_bots and message_order = opened_order) over (
            partition by buyer_no, stream_no, opened_order
        )) as closes
    from numbered
    where opened_order is not null
)

select
    buyer_no, stream_no, opened_order,
    min(event) filter (where message_order = opened_order) as opened_by,
    min(expires_at) filter (where message_order = opened_order) as expires_at,
    min(sent_at) as opened_at,
    max(sent_at) filter (where event = 'buyer') as last_buyer_at,
    min(message_order) filter (where closes) as closed_order,
    min(sent_at) filter (where closes) as closed_at,
    min_by(event, message_order) filter (where closes) as closed_by,
    bool_or(is_alone) as is_alone
from closing
group by buyer_no, stream_no, opened_order
