/* model
description: >
  The openers of int_turn_events and what may close their turns, grouped so that every group starts where surely no turn is
  open: at an opener that is the first since a closer, or that comes after the horizon of every opener before it. Transfers
  to an agent are taken as openers here although some open nothing (int_handovers), so a group holds one turn or, rarely,
  several. Of closers only the first after an opener is kept: it ends its group.
grain: [buyer_no, pairing, agent_id, message_order]
scope: buyer
publish: false
columns:
  is_opener: opens a turn where none is open
  is_closer: closes any open turn; robots' messages under the human pairing of buyers with days that let them count may not
  is_start: first of its group
  buyer_no: that of int_buyers
  group_no: number of the group within its stream
*/
with

marked as (
    select
        *,
        event in ('buyer', 'transfer_in') as is_opener,
        event in ('agent', 'transfer_out') or (event = 'bot' and pairing <> 'human') as is_closer
    from int_turn_events
),

looking_back as (
    select
        *,
        max(case when is_opener then message_order end) over earlier as last_opener_order,
        max(case when is_closer then message_order end) over earlier as last_closer_order,
        max(case when is_opener then expires_at end) over earlier as last_expires_at
    from marked
    window earlier as (
        partition by buyer_no, agent_id, pairing order by message_order
        rows between unbounded preceding and 1 preceding
    )
),

started as (
    select
        *,
        is_opener and (
            last_opener_order is null or last_closer_order > last_opener_order or sent_at > last_expires_at
        ) as is_start
    from looking_back
    where is_opener or (last_opener_order > coalesce(last_closer_order, 0))
)

select
    buyer_no, pairing, agent_id, message_order, sent_at, event, expires_at, keeps_bots, is_alone, is_opener, is_closer,
    is_start,
    count(*) filter (where is_start) over (
        partition by buyer_no, agent_id, pairing order by message_order
        rows between unbounded preceding and current row
    ) as group_no
from started
