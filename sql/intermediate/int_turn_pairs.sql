/* model
description: >
  One row per turn of each pairing of int_turn_events, whether or not it counts: where it opened, and what closed it within
  its reply horizon.
grain: [buyer_no, pairing, agent_no, opened_order]
scope: buyer
publish: false
columns:
  buyer_no: that of int_buyers
  agent_no: that of int_agents, 0 of pairing shop
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
        buyer_no, stream_no, opened_order, 'buyer' as opened_by, expires_at, opened_at, last_buyer_at,
        closed_order, closed_at, closed_by, is_alone
    from int_turn_spans
    where not is_walked
    union all
    select
        buyer_no, stream_no, opened_order, opened_by, expires_at, opened_at, last_buyer_at,
        closed_order, closed_at, closed_by, is_alone
    from int_turn_walks
)

select
    n.platform, n.shop_id, t.buyer_no,
    case t.stream_no % 4 when 0 then 'both' when 1 then 'human' when 2 then 'any' else 'shop' end as pairing,
    cast(floor(t.stream_no / 4) as integer) as agent_no, t.opened_order, m.message_id,
    case t.opened_by when 'buyer' then 'message' else 'transfer' end as opened_by,
    m.dt, t.opened_at, m.local_s as opened_s, t.is_alone,
    coalesce(t.last_buyer_at, t.opened_at) as last_buyer_at,
    case when t.closed_at <= t.expires_at then t.closed_order end as closed_order,
    case when t.closed_at <= t.expires_at then t.closed_at end as closed_at,
    case
        when t.closed_at > t.expires_at or t.closed_by is null then null
        when t.closed_by = 'transfer_out' then 'transfer'
        else t.closed_by
    end as closed_by
from turns as t
join int_messages as m on m.buyer_no = t.buyer_no and m.message_order = t.opened_order
join int_agents as n on n.agent_no = m.agent_no
