/* model
description: >
  One row per event that opens, extends or closes a turn, in each stream in which it matters. A stream is one agent's with
  one buyer, or the buyer's over all agents (agent_id empty). Three pairings of questions and answers are kept apart where
  they can differ: human (a robot's message closes a turn unless served_by lets robots count), any (it always closes), and
  shop (any, over all agents); both stands for human and any.
grain: [platform, shop_id, buyer_id, pairing, agent_id, message_order]
scope: buyer
publish: false
columns:
  event: buyer or transfer_in (which open), agent, bot or transfer_out (which close)
  expires_at: end of the reply horizon of a turn that opens here
  keeps_bots: whether a turn that opens here stays open when a robot answers
*/
with

ruled as (
    select
        m.platform, m.shop_id, m.buyer_key, m.buyer_id, m.agent_id, m.to_agent_id, m.message_order, m.message_id,
        m.sent_at, m.dt, m.role,
        plus_seconds(m.sent_at, r.reply_horizon_seconds) as expires_at,
        r.served_by = 'human_and_bot' as keeps_bots,
        r.exclude_agents
    from int_messages as m
    join rule_day as r on r.platform = m.platform and r.shop_id = m.shop_id and r.dt = m.dt
    where m.role <> 'buyer' or not m.is_leave_message
),

bot_accounts as (
    select platform, shop_id, agent_id, from_dt, to_dt from stg_agents where is_bot
),

agent_events as (
    select
        platform, shop_id, buyer_key, buyer_id, agent_id, message_order, message_id, sent_at, dt, expires_at, keeps_bots,
        case role when 'transfer' then 'transfer_out' else role end as event
    from ruled
    union all
    select
        t.platform, t.shop_id, t.buyer_key, t.buyer_id, t.to_agent_id as agent_id, t.message_order, t.message_id,
        t.sent_at, t.dt, t.expires_at, t.keeps_bots,
        'transfer_in' as event
    from ruled as t
    left join bot_accounts as b
        on b.platform = t.platform and b.shop_id = t.shop_id and b.agent_id = t.to_agent_id
        and t.dt between b.from_dt and b.to_dt
    where t.role = 'transfer' and b.agent_id is null and not in_list(t.exclude_agents, t.to_agent_id)
),

bot_keeping_buyers as (
    select distinct platform, shop_id, buyer_id from ruled where keeps_bots
)

select
    e.platform, e.shop_id, e.buyer_key, e.buyer_id,
    case when k.buyer_id is null then 'both' else 'human' end as pairing,
    e.agent_id, e.message_order, e.message_id, e.sent_at, e.dt, e.event, e.expires_at, e.keeps_bots
from agent_events as e
left join bot_keeping_buyers as k on k.platform = e.platform and k.shop_id = e.shop_id and k.buyer_id = e.buyer_id
union all
select
    e.platform, e.shop_id, e.buyer_key, e.buyer_id, 'any' as pairing,
    e.agent_id, e.message_order, e.message_id, e.sent_at, e.dt, e.event, e.expires_at, false as keeps_bots
from agent_events as e
join bot_keeping_buyers as k on k.platform = e.platform and k.shop_id = e.shop_id and k.buyer_id = e.buyer_id
union all
select
    platform, shop_id, buyer_key, buyer_id, 'shop' as pairing,
    '' as agent_id, message_order, message_id, sent_at, dt, role as event, expires_at, false as keeps_bots
from ruled
where role <> 'transfer'
