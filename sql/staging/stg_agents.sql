/* model
description: >
  One row per agent and period in which the same row of agents is in force, without overlaps: of rows valid on a day the one
  with the latest valid_from holds. An agent without a row on a day has none here.
grain: [platform, shop_id, agent_id, from_dt]
scope: shop
stored: true
publish: false
columns:
  agent_id: agent account
  from_dt: first business day of the period
  to_dt: last business day of the period
  agent_group: group of the agent; NULL when none
  is_bot: whether the account is a robot's
checks:
  period_not_empty: from_dt <= to_dt
*/
with

dated as (
    select
        platform, shop_id, agent_id, name, "group" as agent_group, role, shift, hourly_cost, is_bot,
        coalesce(valid_from, date '1900-01-01') as valid_from,
        coalesce(valid_to, date '2999-12-31') as valid_to
    from agents
),

cuts as (
    select platform, shop_id, agent_id, valid_from as cut_dt from dated
    union
    select platform, shop_id, agent_id, plus_days(valid_to, 1) as cut_dt from dated
),

periods as (
    select
        platform, shop_id, agent_id, cut_dt as from_dt,
        plus_days(lead(cut_dt) over (partition by platform, shop_id, agent_id order by cut_dt), -1) as to_dt
    from cuts
),

candidates as (
    select
        p.platform, p.shop_id, p.agent_id, p.from_dt, p.to_dt,
        d.name, d.agent_group, d.role, d.shift, d.hourly_cost, d.is_bot,
        row_number() over (
            partition by p.platform, p.shop_id, p.agent_id, p.from_dt order by d.valid_from desc
        ) as precedence
    from periods as p
    join dated as d
        on d.platform = p.platform and d.shop_id = p.shop_id and d.agent_id = p.agent_id
        and d.valid_from <= p.from_dt and d.valid_to >= p.to_dt
)

select
    platform, shop_id, agent_id, from_dt, to_dt, name, agent_group, role, shift, hourly_cost,
    coalesce(is_bot, false) as is_bot
from candidates
where precedence = 1
