/* model
description: >
  One row per agent, buyer and business day with a counted message, with its counts and the first reception filter that
  drops it. Robots' accounts have no receptions.
grain: [buyer_no, agent_no, dt]
scope: buyer
publish: false
columns:
  buyer_no: that of int_buyers
  agent_no: that of int_agents
  agent_group: group of the agent on dt, '' = none
  buyer_messages: counted messages of the buyer
  agent_messages: messages that the agent wrote by hand
  excluded_reason: name of the filter that drops the reception; NULL when it stays
*/
with

counted as (
    select
        buyer_no, agent_no, dt,
        count(*) filter (where role = 'buyer') as buyer_messages,
        count(*) filter (where role = 'agent') as agent_messages,
        count(*) filter (where role = 'agent' and watchword_hits > 0) as watchword_messages,
        count(*) filter (where role = 'transfer') as transfers,
        coalesce(sum(text_len) filter (where role = 'agent'), 0) as agent_chars,
        min(sent_at) filter (where role = 'buyer') as first_buyer_at,
        max(sent_at) filter (where role = 'buyer') as last_buyer_at,
        min(sent_at) filter (where role <> 'transfer') as first_message_at,
        max(sent_at) filter (where role <> 'transfer') as last_message_at
    from stg_chat_messages
    where not is_excluded and not is_bot_account and role in ('buyer', 'agent', 'transfer')
    group by buyer_no, agent_no, dt
)

select
    n.platform, n.shop_id, c.buyer_no, c.agent_no, coalesce(a.agent_group, '') as agent_group, c.dt,
    c.buyer_messages, c.agent_messages, cast(c.agent_chars as bigint) as agent_chars, c.first_buyer_at, c.last_buyer_at,
    c.first_message_at, c.last_message_at,
    case
        when c.buyer_messages > 0 and c.buyer_messages <= r.filter_monologue_buyer_messages
            then 'filter_monologue_buyer_messages'
        when c.buyer_messages = 1 and c.agent_messages >= r.filter_single_sentence_agent_messages
            then 'filter_single_sentence_agent_messages'
        when r.filter_watchword is not null and c.watchword_messages >= r.filter_watchword_times then 'filter_watchword'
        when c.transfers > 0 and c.agent_messages <= r.handover_max_agent_messages then 'handover_max_agent_messages'
    end as excluded_reason
from counted as c
join int_agents as n on n.agent_no = c.agent_no
join rule_day as r on r.platform = n.platform and r.shop_id = n.shop_id and r.dt = c.dt
left join stg_agents as a
    on a.platform = n.platform and a.shop_id = n.shop_id and a.agent_id = n.agent_id
    and c.dt between a.from_dt and a.to_dt
where c.buyer_messages + c.agent_messages > 0
