/* model
description: >
  One row per agent and period in force; an agent who is only seen at work (in chats, presence, ratings, cases, events,
  credits, adjustments), without a row of agents, has his id as name and no group.
grain: [platform, shop_id, agent_id, valid_from]
scope: full
stored: true
publish: true
columns:
  valid_from: first business day of the period; 1900-01-01 means without limit
  valid_to: last business day of the period; 2999-12-31 means without limit
  agent_group: empty when none
*/
with

known as (
    select platform, shop_id, agent_id, from_dt, to_dt, name, agent_group, role, shift, hourly_cost, is_bot
    from stg_agents
),

seen as (
    select platform, shop_id, agent_id from int_receptions
    union
    select platform, shop_id, agent_id from int_consultations
    union
    select platform, shop_id, agent_id from int_presence_days
    union
    select platform, shop_id, agent_id from int_evaluations where agent_id is not null
    union
    select platform, shop_id, agent_id from int_cases where agent_id is not null
    union
    select platform, shop_id, agent_id from int_agent_events
    union
    select platform, shop_id, agent_id from order_credits
    union
    select platform, shop_id, agent_id from adjustments
),

unknown as (
    select s.platform, s.shop_id, s.agent_id
    from seen as s
    left join (select distinct platform, shop_id, agent_id from known) as k
        on k.platform = s.platform and k.shop_id = s.shop_id and k.agent_id = s.agent_id
    where k.agent_id is null
)

select
    platform, shop_id, agent_id, from_dt as valid_from, to_dt as valid_to, coalesce(name, agent_id) as name,
    coalesce(agent_group, '') as agent_group, coalesce(role, 'both') as role, shift, hourly_cost, is_bot
from known
union all
select
    platform, shop_id, agent_id, date '1900-01-01' as valid_from, date '2999-12-31' as valid_to, agent_id as name,
    '' as agent_group, 'both' as role, cast(null as varchar) as shift, cast(null as decimal(18, 2)) as hourly_cost,
    false as is_bot
from unknown
