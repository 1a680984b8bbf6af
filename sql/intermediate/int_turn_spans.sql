/* model
description: >
  One row per group of int_turn_groups with an opener: its first and last openers and its closer. Where the group can hold
  several turns or none (is_walked), int_turn_walks takes it apart.
grain: [buyer_no, stream_no, group_no]
scope: buyer
publish: false
columns:
  buyer_no: that of int_buyers
  stream_no: that of int_turn_events
  opened_order: message_order of the first opener
  expires_at: end of the reply horizon of a turn that opens there
  closed_by: agent, bot or transfer_out; NULL when nothing closes the group
  is_walked: whether a horizon or a robot can end a turn within the group, or a transfer starts it
*/
select
    buyer_no, stream_no, group_no,
    min(message_order) filter (where is_opener) as opened_order,
    min(sent_at) filter (where is_opener) as opened_at,
    min_by(expires_at, message_order) filter (where is_opener) as expires_at,
    max(sent_at) filter (where event = 'buyer') as last_buyer_at,
    min(message_order) filter (where is_closer) as closed_order,
    min(sent_at) filter (where is_closer) as closed_at,
    min(event) filter (where is_closer) as closed_by,
    bool_or(is_alone) as is_alone,
    min(expires_at) filter (where is_opener) < max(sent_at) filter (where is_opener)
        or bool_or(event = 'transfer_in')
        or (bool_or(not is_opener and not is_closer) and bool_or(is_opener and not keeps_bots)) as is_walked
from int_turn_groups
group by buyer_no, stream_no, group_no
having bool_or(is_opener)
