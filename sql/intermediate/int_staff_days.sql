/* model
description: One row per person on the roster (agents, robots left out) and business day on which a row of his holds.
grain: [platform, shop_id, agent_id, dt]
scope: shop
stored: true
partition: dt
days: [dt]
publish: false
columns:
  is_last: valid_to of his last row is this day
*/
with

agents as (select * from agents),

periods as (select * from stg_agents where not is_bot),

rule_day as (select * from rule_day),

ranked as (
    select
        platform, shop_id, agent_id, valid_to,
        row_number() over (
            partition by platform, shop_id, agent_id order by coalesce(valid_from, date '1900-01-01') desc
        ) as place
    from agents
)

select p.platform, p.shop_id, p.agent_id, r.dt, coalesce(l.valid_to = r.dt, false) as is_last
from periods as p
join rule_day as r on r.platform = p.platform and r.shop_id = p.shop_id and r.dt between p.from_dt and p.to_dt
join ranked as l on l.platform = p.platform and l.shop_id = p.shop_id and l.agent_id = p.agent_id and l.place = 1
where not in_list(r.exclude_agents, p.agent_id)
