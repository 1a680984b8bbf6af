/* model
description: >
  One row per agent, group of agents or shop and business day with anything of it, with the counts and sums of
  int_day_care_counts from the first day that any window reaches to this one.
grain: [platform, shop_id, grain, entity, dt]
scope: window
stored: false
columns:
  grain: agent, group or shop
  entity: agent, group of the day ('' = none), or empty at shop grain
*/
with

spans as (
    select platform, shop_id, plus_days(min(dt), -179) as from_dt, max(dt) as to_dt from days group by platform, shop_id
),

counts as (
    select
        k.platform, k.shop_id, k.grain, k.entity, k.dt,
        coalesce(c.reminded_buyers, 0) as reminded_buyers, coalesce(c.reminded_paid_buyers, 0) as reminded_paid_buyers,
        coalesce(c.recommended_buyers, 0) as recommended_buyers, coalesce(c.recommended_bought, 0) as recommended_bought,
        coalesce(c.recommended_amount, 0) as recommended_amount, coalesce(c.cases_opened, 0) as cases_opened,
        coalesce(c.cases_resolved, 0) as cases_resolved, coalesce(c.resolution_us_sum, 0) as resolution_us_sum,
        coalesce(c.sla_met_cases, 0) as sla_met_cases, coalesce(c.sla_due_cases, 0) as sla_due_cases,
        coalesce(c.transferred_cases, 0) as transferred_cases, coalesce(c.repeat_cases, 0) as repeat_cases,
        coalesce(c.nps_promoters, 0) as nps_promoters, coalesce(c.nps_detractors, 0) as nps_detractors,
        coalesce(c.nps_responses, 0) as nps_responses, coalesce(c.served_buyers, 0) as served_buyers,
        coalesce(c.retained_buyers, 0) as retained_buyers, coalesce(c.same_product_buyers, 0) as same_product_buyers,
        coalesce(c.kb_lookups, 0) as kb_lookups, coalesce(c.trainings, 0) as trainings,
        coalesce(c.labour_cost_us, 0) as labour_cost_us
    from int_day_counts as k
    join spans as s on s.platform = k.platform and s.shop_id = k.shop_id and k.dt between s.from_dt and s.to_dt
    left join int_day_care_counts as c
        on c.platform = k.platform and c.shop_id = k.shop_id and c.grain = k.grain and c.entity = k.entity and c.dt = k.dt
)

-- Only whole and decimal numbers are added up, so that differences are exact.
select platform, shop_id, grain, entity, dt,
    sum(reminded_buyers) over w as reminded_buyers, sum(reminded_paid_buyers) over w as reminded_paid_buyers,
    sum(recommended_buyers) over w as recommended_buyers, sum(recommended_bought) over w as recommended_bought,
    sum(recommended_amount) over w as recommended_amount, sum(cases_opened) over w as cases_opened,
    sum(cases_resolved) over w as cases_resolved, sum(resolution_us_sum) over w as resolution_us_sum,
    sum(sla_met_cases) over w as sla_met_cases, sum(sla_due_cases) over w as sla_due_cases,
    sum(transferred_cases) over w as transferred_cases, sum(repeat_cases) over w as repeat_cases,
    sum(nps_promoters) over w as nps_promoters, sum(nps_detractors) over w as nps_detractors,
    sum(nps_responses) over w as nps_responses, sum(served_buyers) over w as served_buyers,
    sum(retained_buyers) over w as retained_buyers, sum(same_product_buyers) over w as same_product_buyers,
    sum(kb_lookups) over w as kb_lookups, sum(trainings) over w as trainings, sum(labour_cost_us) over w as labour_cost_us
from counts
window w as (partition by platform, shop_id, grain, entity order by dt)
