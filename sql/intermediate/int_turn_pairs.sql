/* model
description: >
  One row per turn of each pairing of int_turn_events, whether or not it counts: where it opened, and what closed it within
  its reply horizon.
grain: [platform, shop_id, buyer_id, pairing, agent_id, opened_order]
scope: buyer
publish: false
columns:
  buyer_no: that of int_turn_events
  message_id: the opening message, or the transfer that opened the turn
  opened_by: message or transfer
  opened_s: wall clock second of the day of the opening
  last_buyer_at: last buyer message of the turn; the transfer while no message follows
  closed_order: message_order of what closed the turn within its horizon, NULL when nothing did
  closed_by: agent, bot or transfer
  is_alone: the buyer has one agent only, so the turn is also the shop's
*/
with

turns as (
    select
        platform, shop_id, buyer_key, buyer_id, buyer_no, pairing, agent_id, opened_order, message_id,
        'buyer' as opened_by, expires_at, dt, opened_at, opened_s, last_buyer_at, closed_order, closed_at, closed_by, is_alone
    from int_turn_spans
    where not is_walked
    union all
    select
        platform, shop_id, buyer_key, buyer_id, buyer_no, pairing, agent_id, opened_order, message_id, opened_by, expires_at,
        dt, opened_at, opened_s, last_buyer_at, closed_order, closed_at, closed_by, is_alone
    from int_turn_walks
)

select
    platform, shop_id, buyer_key, buyer_id, buyer_no, pairing, agent_id, opened_order, message_id,
    case opened_by when 'buyer' then 'message' else 'transfer' end as opened_by,
    dt, opened_at, opened_s, is_alone,
    coalesce(last_buyer_at, opened_at) as last_buyer_at,
    case when closed_at <= expires_at then closed_order end as closed_order,
    case when closed_at <= expires_at then closed_at end as closed_at,
    case
        when closed_at > expires_at or closed_by is null then null
        when closed_by = 'transfer_out' then 'transfer'
        else closed_by
    end as closed_by
from turns
