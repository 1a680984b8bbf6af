/* evidence
row: buyer
description: Buyers with units of reply_within (persons, turns or sessions) that began within its hours.
shows: [buyer_id, units, units_ok, reason]
rules: [day_starts_at, exclude_agents, exclude_flags, auto_reply_patterns, reply_within, session_gap_minutes, served_by, reply_horizon]
*/
select
    platform, shop_id, grain, entity, dt, buyer_id, units, units_ok,
    case when units_ok = units then 'answered in time' when units_ok = 0 then 'not answered in time'
        else 'partly answered in time' end as reason
from int_reply_within
