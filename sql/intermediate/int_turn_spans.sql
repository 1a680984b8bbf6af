/* model
description: >
  One row per group of events that opens a turn: its first opener, its last ones and its first closer. Where the group can
  hold several turns (is_walked), int_turn_walks takes it apart.
grain: [platform, shop_id, buyer_id, pairing, agent_id, group_no]
scope: buyer
publish: false
columns:
  opened_order: message_order of the opening
  expires_at: end of the reply horizon
  closed_by: agent, bot or transfer_out; NULL when nothing closes the group
  is_walked: whether a horizon or a robot can end a turn within the group
*/
with

events as (
    select e.*
    from int_turn_groups as e
    left join int_handovers as h
        on h.platform = e.platform and h.shop_id = e.shop_id and h.buyer_id = e.buyer_id and h.pairing = e.pairing
        and h.message_order = e.message_order and e.event = 'transfer_in' and not h.was_open
    where e.group_no > 0 and h.message_order is null
)

select
    platform, shop_id, buyer_key, buyer_id, pairing, agent_id, group_no,
    min(message_order) filter (where is_opener) as opened_order,
    min_by(message_id, message_order) filter (where is_opener) as message_id,
    min_by(event, message_order) filter (where is_opener) as opened_by,
    min_by(expires_at, message_order) filter (where is_opener) as expires_at,
    min(dt) filter (where is_opener) as dt,
    min(sent_at) filter (where is_opener) as opened_at,
    max(sent_at) filter (where event = 'buyer') as last_buyer_at,
    min(message_order) filter (where is_closer) as closed_order,
    min(sent_at) filter (where is_closer) as closed_at,
    min_by(event, message_order) filter (where is_closer) as closed_by,
    min(expires_at) filter (where is_opener) < max(sent_at) filter (where is_opener)
    or (bool_or(event = 'bot' and not is_closer) and bool_or(is_opener and not keeps_bots)) as is_walked
from events
group by platform, shop_id, buyer_key, buyer_id, pairing, agent_id, group_no
having count(*) filter (where is_opener) > 0
