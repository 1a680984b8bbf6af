/* model
description: >
  One row per chat message with its business day, who sent it by the agents' history, what the message counts as, and
  whether its buyer or agent is excluded on that day.
grain: [buyer_no, message_id]
scope: buyer
publish: false
columns:
  buyer_no: that of int_buyers
  agent_no: that of int_agents
  to_agent_no: that of the agent who takes over, of transfers
  dt: business day of sent_at, by the cut in force on its calendar date
  local_s: wall clock second of the day
  sender_rank: the sender, 0 buyer, 1 agent (2 where the account is a robot's on dt), 2 bot, 3 system; orders messages of one instant
  seq: order within one instant; 0 when missing
  role: buyer, agent (written by hand), bot (no auto-reply), transfer, or NULL for what is no message of the conversation
  is_bot_account: whether the account is a robot's account on dt
  is_recommendation: names a product, as a product message or by a mark of recommendation_marks
  is_excluded: whether the buyer (exclude_flags) or the agent (exclude_agents) counts for nothing on dt
*/
with

-- The wall clock is looked up once per quarter of an hour: within one it runs evenly.
quarters as (
    select s.shop_no, q.quarter_at, local_time(q.quarter_at, s.timezone) as local_quarter_at
    from (select distinct platform, shop_id, quarter_hour(sent_at) as quarter_at from chat_messages) as q
    join int_shops as s on s.platform = q.platform and s.shop_id = q.shop_id
),

localised as (
    select m.*, s.shop_no, b.buyer_no, a.agent_no, q.local_quarter_at + (m.sent_at - q.quarter_at) as local_at
    from chat_messages as m
    join int_shops as s on s.platform = m.platform and s.shop_id = m.shop_id
    join int_buyers as b on b.shop_no = s.shop_no and b.buyer_id = m.buyer_id
    join int_agents as a on a.shop_no = s.shop_no and a.agent_id = m.agent_id
    join quarters as q on q.shop_no = s.shop_no and q.quarter_at = quarter_hour(m.sent_at)
),

dated as (
    select
        m.*,
        case when seconds_of_day(m.local_at) >= r.cut_minutes * 60 then r.dt else plus_days(r.dt, -1) end as dt
    from localised as m
    join rule_day as r on r.platform = m.platform and r.shop_id = m.shop_id and r.dt = cast(m.local_at as date)
),

excluded_buyers as (
    select distinct b.buyer_no, r.dt
    from stg_buyer_exclusions as x
    join int_buyers as b on b.platform = x.platform and b.shop_id = x.shop_id and b.buyer_id = x.buyer_id
    join rule_day as r
        on r.platform = x.platform and r.shop_id = x.shop_id and r.dt between x.from_dt and x.to_dt
        and r.dt between b.first_dt and b.last_dt and in_list(r.exclude_flags, x.flag)
),

excluded_agents as (
    select a.agent_no, r.dt
    from rule_day as r
    join int_agents as a
        on a.platform = r.platform and a.shop_id = r.shop_id and in_list(r.exclude_agents, a.agent_id)
    where r.exclude_agents <> ''
),

bot_accounts as (
    select n.agent_no, a.from_dt, a.to_dt
    from stg_agents as a
    join int_agents as n on n.platform = a.platform and n.shop_id = a.shop_id and n.agent_id = a.agent_id
    where a.is_bot
),

resolved as (
    select
        d.*,
        case when d.kind = 'transfer' then t.agent_no end as to_agent_no,
        b.agent_no is not null as is_bot_account,
        x.buyer_no is not null or e.agent_no is not null as is_excluded,
        case when d.sender = 'agent' and b.agent_no is not null then 'bot' else d.sender end as real_sender
    from dated as d
    left join int_agents as t on t.shop_no = d.shop_no and t.agent_id = d.to_agent_id
    left join excluded_agents as e on e.agent_no = d.agent_no and e.dt = d.dt
    left join bot_accounts as b on b.agent_no = d.agent_no and d.dt between b.from_dt and b.to_dt
    left join excluded_buyers as x on x.buyer_no = d.buyer_no and x.dt = d.dt
)

select
    buyer_no, agent_no, message_id, sent_at, dt,
    cast(seconds_of_day(local_at) as integer) as local_s,
    case real_sender when 'buyer' then 0 when 'agent' then 1 when 'bot' then 2 else 3 end as sender_rank,
    coalesce(seq, 0) as seq,
    case
        when kind = 'transfer' then case when to_agent_id <> agent_id then 'transfer' end
        when kind = 'rating_invite' then null
        when real_sender = 'buyer' then 'buyer'
        when real_sender in ('agent', 'bot') and not coalesce(is_auto, false) then real_sender
    end as role,
    is_bot_account, is_excluded,
    to_agent_no,
    coalesce(is_leave_message, false) as is_leave_message,
    coalesce(text_len, length(text), 0) as text_len,
    coalesce(watchword_hits, 0) as watchword_hits,
    product_id is not null and (kind = 'product' or coalesce(is_recommendation, false)) as is_recommendation,
    topic, product_id
from resolved
