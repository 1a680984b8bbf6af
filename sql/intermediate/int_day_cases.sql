/* model
description: One row per agent, group of agents or shop and business day on which cases were opened.
grain: [platform, shop_id, grain, entity, dt]
scope: day
publish: false
columns:
  grain: agent, group or shop
  entity: agent of the case, his group on the day ('' = none), or empty at shop grain
  resolution_us_sum: microseconds from opening to resolution of those resolved
  sla_due_cases: met both limits, or past one of them by the end of the horizon
*/
with

cases as (
    select
        c.platform, c.shop_id, c.dt, c.resolution_us, c.is_sla_met, c.is_transferred, c.is_repeated, c.nps,
        coalesce(c.sla_failed_at < h.horizon_end_at, false) as is_sla_failed,
        g.grain, case g.grain when 'agent' then c.agent_id when 'group' then c.agent_group else '' end as entity
    from int_cases as c
    join days as d on d.platform = c.platform and d.shop_id = c.shop_id and d.dt = c.dt
    cross join (values ('agent'), ('group'), ('shop')) as g (grain)
    left join int_shop_horizon as h on h.platform = c.platform and h.shop_id = c.shop_id
    where g.grain = 'shop' or c.agent_id is not null
)

select
    platform, shop_id, grain, entity, dt,
    count(*) as cases_opened,
    count(resolution_us) as cases_resolved,
    cast(coalesce(sum(resolution_us), 0) as decimal(38, 0)) as resolution_us_sum,
    count(*) filter (where is_sla_met) as sla_met_cases,
    count(*) filter (where is_sla_met or is_sla_failed) as sla_due_cases,
    count(*) filter (where is_transferred) as transferred_cases,
    count(*) filter (where is_repeated) as repeat_cases,
    count(*) filter (where nps >= 9) as nps_promoters,
    count(*) filter (where nps <= 6) as nps_detractors,
    count(nps) as nps_responses
from cases
group by platform, shop_id, grain, entity, dt
