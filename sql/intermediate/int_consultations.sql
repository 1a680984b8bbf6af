/* model
description: One row per account, buyer and business day with a counted buyer message, before reception filters.
grain: [platform, shop_id, agent_id, buyer_id, dt]
scope: buyer
stored: true
partition: dt
days: [dt]
publish: false
columns:
  agent_group: group of the agent on dt, '' = none
  is_bot_account: whether the account is a robot's; its buyers count for the shop alone
*/
with

consultations as (
    select distinct buyer_no, agent_no, dt, is_bot_account
    from stg_chat_messages
    where role = 'buyer' and not is_excluded
)

select
    b.platform, b.shop_id, b.buyer_key, n.agent_id, coalesce(a.agent_group, '') as agent_group, b.buyer_id, c.dt,
    c.is_bot_account
from consultations as c
join int_buyers as b on b.buyer_no = c.buyer_no
join int_agents as n on n.agent_no = c.agent_no
left join stg_agents as a
    on a.platform = b.platform and a.shop_id = b.shop_id and a.agent_id = n.agent_id
    and c.dt between a.from_dt and a.to_dt
