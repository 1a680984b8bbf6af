/* model
description: One row per event of an agent (a look-up in the knowledge base, a training) that counts, with its business day.
grain: [platform, shop_id, event_id]
scope: shop
publish: false
columns:
  kind: kb_lookup or training
  agent_group: group of the agent on dt, '' = none
*/
with

agent_events as (select * from agent_events),

shops as (select * from shops),

rule_day as (select * from rule_day),

local_events as (
    select e.platform, e.shop_id, e.event_id, e.agent_id, e.kind, local_time(e."at", s.timezone) as local_at
    from agent_events as e
    join shops as s on s.platform = e.platform and s.shop_id = e.shop_id
),

dated as (
    select
        e.platform, e.shop_id, e.event_id, e.agent_id, e.kind,
        cast(plus_seconds(e.local_at, -60 * r.cut_minutes) as date) as dt
    from local_events as e
    join rule_day as r on r.platform = e.platform and r.shop_id = e.shop_id and r.dt = cast(e.local_at as date)
)

select e.platform, e.shop_id, e.event_id, e.agent_id, coalesce(a.agent_group, '') as agent_group, e.kind, e.dt
from dated as e
join rule_day as r on r.platform = e.platform and r.shop_id = e.shop_id and r.dt = e.dt
left join stg_agents as a
    on a.platform = e.platform and a.shop_id = e.shop_id and a.agent_id = e.agent_id and e.dt between a.from_dt and a.to_dt
where not in_list(r.exclude_agents, e.agent_id)
