/* model
description: >
  One row per agent, group of agents or shop and business day on which anything of it counts, with the KPIs of reminders,
  recommendations, concurrency, cases, retention, training and cost; a rate stands beside both its sides.
grain: [platform, shop_id, grain, entity, dt]
scope: day
stored: false
materialized: view
columns:
  grain: agent, group or shop
  entity: agent, group of the day ('' = none), or empty at shop grain
*/
with

care as (
    select
        *,
        cast(resolution_us_sum as double) / 3600000000 as resolution_hours_sum,
        cast(labour_cost_us as double) / 3600000000 as labour_cost
    from int_day_care_counts
),

counts as (
    select
        k.platform, k.shop_id, k.grain, k.entity, k.dt, k.sales_amount,
        coalesce(c.reminded_buyers, 0) as reminded_buyers, coalesce(c.reminded_paid_buyers, 0) as reminded_paid_buyers,
        coalesce(c.recommended_buyers, 0) as recommended_buyers, coalesce(c.recommended_bought, 0) as recommended_bought,
        coalesce(c.recommended_amount, 0) as recommended_amount, coalesce(c.concurrency_max, 0) as concurrency_max,
        c.concurrency_avg, coalesce(c.cases_opened, 0) as cases_opened, coalesce(c.cases_resolved, 0) as cases_resolved,
        coalesce(c.resolution_hours_sum, 0) as resolution_hours_sum, coalesce(c.sla_met_cases, 0) as sla_met_cases,
        coalesce(c.sla_due_cases, 0) as sla_due_cases, coalesce(c.transferred_cases, 0) as transferred_cases,
        coalesce(c.repeat_cases, 0) as repeat_cases, coalesce(c.nps_promoters, 0) as nps_promoters,
        coalesce(c.nps_detractors, 0) as nps_detractors, coalesce(c.nps_responses, 0) as nps_responses,
        coalesce(c.served_buyers, 0) as served_buyers, coalesce(c.retained_buyers, 0) as retained_buyers,
        coalesce(c.same_product_buyers, 0) as same_product_buyers, c.is_retention_known,
        coalesce(c.kb_lookups, 0) as kb_lookups, coalesce(c.trainings, 0) as trainings,
        coalesce(c.labour_cost, 0) as labour_cost,
        coalesce(r.agents_employed, 0) as agents_employed, coalesce(r.agents_left, 0) as agents_left
    from int_day_counts as k
    left join care as c
        on c.platform = k.platform and c.shop_id = k.shop_id and c.grain = k.grain and c.entity = k.entity and c.dt = k.dt
    left join int_day_rosters as r
        on r.platform = k.platform and r.shop_id = k.shop_id and r.grain = k.grain and r.entity = k.entity and r.dt = k.dt
)

select platform, shop_id, grain, entity, dt,
    reminded_buyers, reminded_paid_buyers,
    safe_ratio(reminded_paid_buyers, reminded_buyers) as remind_success_rate,
    recommended_buyers, recommended_bought,
    safe_ratio(recommended_bought, recommended_buyers) as recommend_success_rate,
    recommended_amount, concurrency_max, concurrency_avg, cases_opened, cases_resolved,
    safe_ratio(cases_resolved, cases_opened) as resolution_rate,
    resolution_hours_sum,
    safe_ratio(resolution_hours_sum, cases_resolved) as resolution_avg_h,
    sla_met_cases, sla_due_cases,
    safe_ratio(sla_met_cases, sla_due_cases) as sla_met_rate,
    transferred_cases,
    safe_ratio(transferred_cases, cases_opened) as transfer_rate,
    repeat_cases,
    safe_ratio(repeat_cases, cases_opened) as repeat_contact_rate,
    kb_lookups,
    safe_ratio(kb_lookups, cases_opened) as kb_lookups_per_case,
    nps_promoters, nps_detractors, nps_responses,
    100 * safe_ratio(nps_promoters - nps_detractors, nps_responses) as nps,
    served_buyers, retained_buyers, same_product_buyers,
    case when is_retention_known then safe_ratio(retained_buyers, served_buyers) end as retention_rate,
    case when is_retention_known then safe_ratio(served_buyers - retained_buyers, served_buyers) end as churn_rate,
    case when is_retention_known then safe_ratio(same_product_buyers, served_buyers) end as same_product_repurchase_rate,
    trainings, labour_cost,
    safe_ratio(labour_cost, cases_opened) as cost_per_case,
    safe_ratio(sales_amount, labour_cost) as sales_per_cost,
    agents_employed, agents_left,
    safe_ratio(agents_left, agents_employed) as agent_turnover_rate
from counts
