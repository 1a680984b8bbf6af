/* model
description: >
  One row per agent, group of agents or shop and business day on which a buyer was reminded, advised, waiting or served after
  sale, or an agent looked up, was trained or cost anything: every count and sum that these KPIs are made of.
grain: [platform, shop_id, grain, entity, dt]
scope: day
stored: true
partition: dt
publish: false
columns:
  grain: agent, group or shop
  entity: agent, group of the day ('' = none), or empty at shop grain
  resolution_us_sum: exact microseconds behind resolution_hours_sum
  labour_cost_us: yuan an hour times microseconds online; 3,600,000,000 of it are a yuan
  is_retention_known: whether retention_days have passed by the horizon; NULL where nobody was served
*/
with

keys as (
    select platform, shop_id, grain, entity, dt from int_day_nudges
    union
    select platform, shop_id, grain, entity, dt from int_day_concurrency
    union
    select platform, shop_id, grain, entity, dt from int_day_cases
    union
    select platform, shop_id, grain, entity, dt from int_day_retention
    union
    select platform, shop_id, grain, entity, dt from int_day_staff
)

select
    k.platform, k.shop_id, k.grain, k.entity, k.dt,
    coalesce(n.reminded_buyers, 0) as reminded_buyers, coalesce(n.reminded_paid_buyers, 0) as reminded_paid_buyers,
    coalesce(n.recommended_buyers, 0) as recommended_buyers, coalesce(n.recommended_bought, 0) as recommended_bought,
    coalesce(n.recommended_amount, 0) as recommended_amount, coalesce(o.concurrency_max, 0) as concurrency_max,
    o.concurrency_avg, coalesce(c.cases_opened, 0) as cases_opened, coalesce(c.cases_resolved, 0) as cases_resolved,
    coalesce(c.resolution_us_sum, 0) as resolution_us_sum, coalesce(c.sla_met_cases, 0) as sla_met_cases,
    coalesce(c.sla_due_cases, 0) as sla_due_cases, coalesce(c.transferred_cases, 0) as transferred_cases,
    coalesce(c.repeat_cases, 0) as repeat_cases, coalesce(c.nps_promoters, 0) as nps_promoters,
    coalesce(c.nps_detractors, 0) as nps_detractors, coalesce(c.nps_responses, 0) as nps_responses,
    coalesce(r.served_buyers, 0) as served_buyers, coalesce(r.retained_buyers, 0) as retained_buyers,
    coalesce(r.same_product_buyers, 0) as same_product_buyers, r.is_retention_known,
    coalesce(s.kb_lookups, 0) as kb_lookups, coalesce(s.trainings, 0) as trainings,
    coalesce(s.labour_cost_us, 0) as labour_cost_us
from keys as k
left join int_day_nudges as n
    on n.platform = k.platform and n.shop_id = k.shop_id and n.grain = k.grain and n.entity = k.entity and n.dt = k.dt
left join int_day_concurrency as o
    on o.platform = k.platform and o.shop_id = k.shop_id and o.grain = k.grain and o.entity = k.entity and o.dt = k.dt
left join int_day_cases as c
    on c.platform = k.platform and c.shop_id = k.shop_id and c.grain = k.grain and c.entity = k.entity and c.dt = k.dt
left join int_day_retention as r
    on r.platform = k.platform and r.shop_id = k.shop_id and r.grain = k.grain and r.entity = k.entity and r.dt = k.dt
left join int_day_staff as s
    on s.platform = k.platform and s.shop_id = k.shop_id and s.grain = k.grain and s.entity = k.entity and s.dt = k.dt
