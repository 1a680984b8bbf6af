/* model
description: >
  One row per agent, group of agents or shop, as-of day and window with data in it, with the sums of int_day_care_counts
  over the window's days.
grain: [platform, shop_id, grain, entity, dt, window_days]
scope: window
stored: false
columns:
  grain: agent, group or shop
  entity: agent, group of the day ('' = none), or empty at shop grain
*/
with

asofs as (select * from int_window_asofs),

totals as (select * from int_window_care_totals)

-- What has added up to the as-of day, less what had before the window.
select a.platform, a.shop_id, a.grain, a.entity, a.dt, a.window_days,
    cast(e.reminded_buyers - coalesce(b.reminded_buyers, 0) as bigint) as reminded_buyers,
    cast(e.reminded_paid_buyers - coalesce(b.reminded_paid_buyers, 0) as bigint) as reminded_paid_buyers,
    cast(e.recommended_buyers - coalesce(b.recommended_buyers, 0) as bigint) as recommended_buyers,
    cast(e.recommended_bought - coalesce(b.recommended_bought, 0) as bigint) as recommended_bought,
    cast(e.recommended_amount - coalesce(b.recommended_amount, 0) as decimal(18, 2)) as recommended_amount,
    cast(e.cases_opened - coalesce(b.cases_opened, 0) as bigint) as cases_opened,
    cast(e.cases_resolved - coalesce(b.cases_resolved, 0) as bigint) as cases_resolved,
    cast(e.resolution_us_sum - coalesce(b.resolution_us_sum, 0) as decimal(38, 0)) as resolution_us_sum,
    cast(e.sla_met_cases - coalesce(b.sla_met_cases, 0) as bigint) as sla_met_cases,
    cast(e.sla_due_cases - coalesce(b.sla_due_cases, 0) as bigint) as sla_due_cases,
    cast(e.transferred_cases - coalesce(b.transferred_cases, 0) as bigint) as transferred_cases,
    cast(e.repeat_cases - coalesce(b.repeat_cases, 0) as bigint) as repeat_cases,
    cast(e.nps_promoters - coalesce(b.nps_promoters, 0) as bigint) as nps_promoters,
    cast(e.nps_detractors - coalesce(b.nps_detractors, 0) as bigint) as nps_detractors,
    cast(e.nps_responses - coalesce(b.nps_responses, 0) as bigint) as nps_responses,
    cast(e.served_buyers - coalesce(b.served_buyers, 0) as bigint) as served_buyers,
    cast(e.retained_buyers - coalesce(b.retained_buyers, 0) as bigint) as retained_buyers,
    cast(e.same_product_buyers - coalesce(b.same_product_buyers, 0) as bigint) as same_product_buyers,
    cast(e.kb_lookups - coalesce(b.kb_lookups, 0) as bigint) as kb_lookups,
    cast(e.trainings - coalesce(b.trainings, 0) as bigint) as trainings,
    cast(e.labour_cost_us - coalesce(b.labour_cost_us, 0) as decimal(38, 2)) as labour_cost_us
from asofs as a
join totals as e
    on e.platform = a.platform and e.shop_id = a.shop_id and e.grain = a.grain and e.entity = a.entity
    and e.dt = a.last_data_dt
left join totals as b
    on b.platform = a.platform and b.shop_id = a.shop_id and b.grain = a.grain and b.entity = a.entity
    and b.dt = a.data_before_dt
