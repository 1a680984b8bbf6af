/* model
description: >
  One row per agent, group of agents or shop and business day with anything that counts for service, with the sums that its
  KPIs are made of.
grain: [platform, shop_id, grain, entity, dt]
scope: day
publish: false
columns:
  grain: agent, group or shop
  entity: agent, group of the day ('' = none), or empty at shop grain
  receptions: receptions that no filter drops
  received_buyers: buyers of received receptions
  unreplied_buyers: received and not replied; receptions whose open turns were handed over are on neither side (shop, unreplied)
  handed_over_receptions: receptions in which an agent handed over
  first_response_turns: receptions whose first turn was answered
  consulted_buyers: buyers with a counted message, before filters; at the shop robots' accounts included
  reply_within_units: units of reply_within within its hours
*/
with

receptions as (
    select platform, shop_id, 'agent' as grain, agent_id as entity, dt, is_received, is_replied, leaves_reply_rate,
        has_handover, is_slow, is_long, buyer_messages, agent_messages, agent_chars, first_response_seconds,
        response_turns, response_sum_s, quick_turns
    from int_receptions
    where excluded_reason is null
    union all
    select platform, shop_id, grain, entity, dt, is_received, is_replied, leaves_reply_rate, has_handover, is_slow, is_long,
        buyer_messages, agent_messages, agent_chars, first_response_seconds, response_turns, response_sum_s, quick_turns
    from int_pooled_receptions
),

received as (
    select
        n.platform, n.shop_id, n.grain, n.entity, n.dt,
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
    from receptions as n
    join days as d on d.platform = n.platform and d.shop_id = n.shop_id and d.dt = n.dt
    group by n.platform, n.shop_id, n.grain, n.entity, n.dt
),

consultations as (
    select c.platform, c.shop_id, g.grain, c.dt, c.buyer_id,
        case g.grain when 'agent' then c.agent_id when 'group' then c.agent_group else '' end as entity
    from int_consultations as c
    join days as d on d.platform = c.platform and d.shop_id = c.shop_id and d.dt = c.dt
    cross join (values ('agent'), ('group'), ('shop')) as g (grain)
    where g.grain = 'shop' or not c.is_bot_account
),

consulted as (
    select platform, shop_id, grain, entity, dt, count(distinct buyer_id) as consulted_buyers
    from consultations
    group by platform, shop_id, grain, entity, dt
),

reply_within as (
    select
        q.platform, q.shop_id, q.grain, q.entity, q.dt,
        cast(sum(q.units) as bigint) as units,
        cast(sum(q.units_ok) as bigint) as units_ok
    from int_reply_within as q
    join days as d on d.platform = q.platform and d.shop_id = q.shop_id and d.dt = q.dt
    group by q.platform, q.shop_id, q.grain, q.entity, q.dt
),

keys as (
    select platform, shop_id, grain, entity, dt from received
    union
    select platform, shop_id, grain, entity, dt from consulted
    union
    select platform, shop_id, grain, entity, dt from reply_within
)

select
    k.platform, k.shop_id, k.grain, k.entity, k.dt,
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
left join received as n
    on n.platform = k.platform and n.shop_id = k.shop_id and n.grain = k.grain and n.entity = k.entity and n.dt = k.dt
left join consulted as c
    on c.platform = k.platform and c.shop_id = k.shop_id and c.grain = k.grain and c.entity = k.entity and c.dt = k.dt
left join reply_within as q
    on q.platform = k.platform and q.shop_id = k.shop_id and q.grain = k.grain and q.entity = k.entity and q.dt = k.dt
left join int_response_quantiles_day as p
    on p.platform = k.platform and p.shop_id = k.shop_id and p.grain = k.grain and p.entity = k.entity and p.dt = k.dt
