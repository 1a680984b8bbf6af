/* model
description: >
  The events of int_turn_events, grouped so that every group starts where surely no turn is open: at an opener that is the
  first since a closer, or that comes after the horizon of every opener before it. Transfers to an agent are taken as
  openers here although some open nothing (int_handovers), so a group holds one turn or, rarely, several.
grain: [platform, shop_id, buyer_id, pairing, agent_id, message_order]
scope: buyer
publish: false
columns:
  is_opener: opens a turn where none is open
  is_closer: closes any open turn; robots' messages under the human pairing of streams that let them count are left open
  group_no: number of the group within its stream; 0 before the first opener
*/
with

marked as (
    select
        platform, shop_id, buyer_key, buyer_id, pairing, agent_id, message_order, message_id, sent_at, dt, event,
        expires_at, keeps_bots,
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
        partition by platform, shop_id, buyer_id, pairing, agent_id order by message_order
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
)

select
    platform, shop_id, buyer_key, buyer_id, pairing, agent_id, message_order, message_id, sent_at, dt, event,
    expires_at, keeps_bots, is_opener, is_closer,
    count(*) filter (where is_start) over (
        partition by platform, shop_id, buyer_id, pairing, agent_id order by message_order
        rows between unbounded preceding and current row
    ) as group_no
from started
