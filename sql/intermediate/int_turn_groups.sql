/* model
description: >
  The events of int_turn_events, grouped so that every group starts where surely no turn is open: right after what closes any
  turn. So a group ends with its only closer, and holds one turn, or none, or, where a horizon or a robot can end one before
  that, several (int_turn_spans). Transfers to an agent are taken as openers here although some open nothing (int_handovers).
grain: [buyer_no, stream_no, message_order]
scope: buyer
publish: false
columns:
  is_opener: opens a turn where none is open
  is_closer: closes any open turn; robots' messages under the human pairing of buyers with days that let them count may not
  buyer_no: that of int_buyers
  stream_no: that of int_turn_events
  group_no: message_order of the closer before the group within its stream, 0 when there is none
*/
with

marked as (
    select
        *,
        event in ('buyer', 'transfer_in') as is_opener,
        event in ('agent', 'transfer_out') or (event = 'bot' and stream_no % 4 <> 1) as is_closer
    from int_turn_events
)

select
    buyer_no, stream_no, message_order, sent_at, event, expires_at, keeps_bots, is_alone, is_opener, is_closer,
    coalesce(max(case when is_closer then message_order end) over (
        partition by buyer_no, stream_no order by message_order
        rows between unbounded preceding and 1 preceding
    ), 0) as group_no
from marked
