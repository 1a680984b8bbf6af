/* model
description: >
  One row per agent and business day with anything that counts for service, with the sums that its KPIs are made of.
grain: [platform, shop_id, agent_id, dt]
scope: day
publish: false
columns:
  receptions: receptions that no filter drops
  received_buyers: buyers of received receptions
  unreplied_buyers: received and not replied; receptions whose open turns were handed over are on neither side
  handed_over_receptions: receptions in which the agent handed over
  first_response_turns: receptions whose first turn was answered
  consulted_buyers: buyers with a counted message, before filters
  reply_within_units: units of reply_within within its hours
*/
with

receptions as (
    select
        n.platform, n.shop_id, n.agent_id, n.dt,
        count(*) as receptions,
        count(*) filter (where n.is_received) as received_buyers,
        count(*) filter (where n.is_replied) as replied_buyers,
        count(*) filter (where n.is_received and not n.is_replied and not n.leaves_reply_rate) as unreplied_buyers,
        count(*) filter (where n.has_handover) as handed_over_receptions,
        count(*) filter (where n.is_slow) as slow_buyers,
        count(*) filter (where n.is_long) as long_receptions,
        cast(sum(n.buyer_messages) as bigint) as buyer_messages,
        cast(sum(n.agent_messages) as bigint) as agent_messages,
        cast(sum(n.agent_chars) as bigint) as agent_chars,
        count(n.first_response_seconds) as first_response_turns,
        cast(coalesce(sum(n.first_response_seconds), 0) as bigint) as first_response_sum_s,
        cast(sum(n.response_turns) as bigint) as response_turns,
        cast(sum(n.response_sum_s) as bigint) as response_sum_s,
        cast(sum(n.quick_turns) as bigint) as quick_turns
    from int_receptions as n
    join days as d on d.platform = n.platform and d.shop_id = n.shop_id and d.dt = n.dt
    where n.excluded_reason is null
    group by n.platform, n.shop_id, n.agent_id, n.dt
),

consultations as (
    select c.platform, c.shop_id, c.agent_id, c.dt, count(distinct c.buyer_id) as consulted_buyers
    from int_consultations as c
    join days as d on d.platform = c.platform and d.shop_id = c.shop_id and d.dt = c.dt
    where not c.is_bot_account
    group by c.platform, c.shop_id, c.agent_id, c.dt
),

reply_within as (
    select
        q.platform, q.shop_id, q.agent_id, q.dt,
        cast(sum(q.units) as bigint) as units,
        cast(sum(q.units_ok) as bigint) as units_ok
    from int_reply_within as q
    join days as d on d.platform = q.platform and d.shop_id = q.shop_id and d.dt = q.dt
    where q.grain = 'agent'
    group by q.platform, q.shop_id, q.agent_id, q.dt
),

keys as (
    select platform, shop_id, agent_id, dt from receptions
    union
    select platform, shop_id, agent_id, dt from consultations
    union
    select platform, shop_id, agent_id, dt from reply_within
)

select
    k.platform, k.shop_id, k.agent_id, k.dt,
    coalesce(n.receptions, 0) as receptions,
    coalesce(n.received_buyers, 0) as received_buyers,
    coalesce(n.replied_buyers, 0) as replied_buyers,
    coalesce(n.unreplied_buyers, 0) as unreplied_buyers,
    coalesce(n.handed_over_receptions, 0) as handed_over_receptions,
    coalesce(n.slow_buyers, 0) as slow_buyers,
    coalesce(n.long_receptions, 0) as long_receptions,
    coalesce(n.buyer_messages, 0) as buyer_messages,
    coalesce(n.agent_messages, 0) as agent_messages,
    coalesce(n.agent_chars, 0) as agent_chars,
    coalesce(n.first_response_turns, 0) as first_response_turns,
    coalesce(n.first_response_sum_s, 0) as first_response_sum_s,
    coalesce(n.response_turns, 0) as response_turns,
    coalesce(n.response_sum_s, 0) as response_sum_s,
    coalesce(n.quick_turns, 0) as quick_turns,
    coalesce(c.consulted_buyers, 0) as consulted_buyers,
    coalesce(q.units, 0) as reply_within_units,
    coalesce(q.units_ok, 0) as reply_within_ok,
    p.response_p50_s, p.response_p90_s
from keys as k
left join receptions as n on n.platform = k.platform and n.shop_id = k.shop_id and n.agent_id = k.agent_id and n.dt = k.dt
left join consultations as c on c.platform = k.platform and c.shop_id = k.shop_id and c.agent_id = k.agent_id and c.dt = k.dt
left join reply_within as q on q.platform = k.platform and q.shop_id = k.shop_id and q.agent_id = k.agent_id and q.dt = k.dt
left join int_response_quantiles_day as p
    on p.platform = k.platform and p.shop_id = k.shop_id and p.grain = 'agent' and p.entity = k.agent_id and p.dt = k.dt
