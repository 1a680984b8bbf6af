/* model
description: >
  One row per event that opens, extends or closes a turn, in each stream in which it matters. A stream is one agent's with
  one buyer, or the buyer's over all agents (agent_no is 0 there). Three pairings of questions and answers are kept apart where
  they can differ: human (a robot's message closes a turn unless served_by lets robots count), any (it always closes), and
  shop (any, over all agents). both stands for human and any where no day of the buyer lets robots count; a buyer of one
  agent, never handed over (is_alone), has no shop stream: it would repeat the agent's.
grain: [buyer_no, stream_no, message_order]
scope: buyer
materialized: view
publish: false
columns:
  event: buyer or transfer_in (which open), agent, bot or transfer_out (which close)
  expires_at: end of the reply horizon of a turn that opens here
  buyer_no: that of int_buyers
  stream_no: the stream among the buyer's, agent_no * 4 + pairing (0 both, 1 human, 2 any, 3 shop); one number sorts quickly
  keeps_bots: whether a turn that opens here stays open when a robot answers
*/
with

ruled as (
    select
        n.platform, n.shop_id, m.buyer_no, m.agent_no, m.to_agent_no, m.message_order,
        m.sent_at, m.dt, m.role,
        plus_seconds(m.sent_at, r.reply_horizon_seconds) as expires_at,
        r.served_by = 'human_and_bot' as keeps_bots,
        r.exclude_agents
    from int_messages as m
    join int_agents as n on n.agent_no = m.agent_no
    join rule_day as r on r.platform = n.platform and r.shop_id = n.shop_id and r.dt = m.dt
    where m.role <> 'buyer' or not m.is_leave_message
),

buyers as (
    select
        buyer_no,
        bool_or(keeps_bots) as has_bot_days,
        min(agent_no) = max(agent_no) and count(to_agent_no) = 0 as is_alone
    from ruled
    group by buyer_no
),

events as (
    select
        m.*, case m.role when 'transfer' then 'transfer_out' else m.role end as event,
        b.has_bot_days, b.is_alone
    from ruled as m
    join buyers as b on b.buyer_no = m.buyer_no
),

bot_accounts as (
    select platform, shop_id, agent_id, from_dt, to_dt from stg_agents where is_bot
),

takeovers as (
    select t.*
    from events as t
    join int_agents as n on n.agent_no = t.to_agent_no
    left join bot_accounts as b
        on b.platform = n.platform and b.shop_id = n.shop_id and b.agent_id = n.agent_id
        and t.dt between b.from_dt and b.to_dt
    where t.role = 'transfer' and b.agent_id is null and not in_list(t.exclude_agents, n.agent_id)
),

agent_events as (
    select
        buyer_no, agent_no, message_order, sent_at, event, expires_at, keeps_bots, has_bot_days, is_alone
    from events
    union all
    select
        buyer_no, to_agent_no as agent_no, message_order, sent_at, 'transfer_in' as event, expires_at, keeps_bots,
        has_bot_days, is_alone
    from takeovers
)

select
    buyer_no, agent_no * 4 + case when has_bot_days then 1 else 0 end as stream_no,
    message_order, sent_at, event, expires_at, keeps_bots, is_alone
from agent_events
union all
select
    buyer_no, agent_no * 4 + 2 as stream_no,
    message_order, sent_at, event, expires_at, false as keeps_bots, is_alone
from agent_events
where has_bot_days
union all
select
    buyer_no, 3 as stream_no,
    message_order, sent_at, event, expires_at, false as keeps_bots, is_alone
from events
where not is_alone and role <> 'transfer'
