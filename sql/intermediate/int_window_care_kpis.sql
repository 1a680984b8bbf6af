/* model
description: >
  One row per agent, group of agents or shop, as-of day and window of 7, 28, 30 or 180 days with data in it, with the KPIs of
  reminders, recommendations, cases, retention, training and cost; rates are ratios of the window's sums.
grain: [platform, shop_id, grain, entity, dt, window_days]
scope: window
stored: false
materialized: view
columns:
  grain: agent, group or shop
  entity: agent, group of the day ('' = none), or empty at shop grain
*/
with

sums as (
    select
        c.*, k.sales_amount,
        cast(c.resolution_us_sum as double) / 3600000000 as resolution_hours_sum,
        cast(c.labour_cost_us as double) / 3600000000 as labour_cost,
        coalesce(plus_days(c.dt, d.retention_days) <= h.horizon_dt, false) as is_retention_known
    from int_window_care_sums as c
    join int_window_sums as k
        on k.platform = c.platform and k.shop_id = c.shop_id and k.grain = c.grain and k.entity = c.entity
        and k.dt = c.dt and k.window_days = c.window_days
    join rule_day as d on d.platform = c.platform and d.shop_id = c.shop_id and d.dt = c.dt
    left join int_shop_horizon as h on h.platform = c.platform and h.shop_id = c.shop_id
)

select s.platform, s.shop_id, s.grain, s.entity, s.dt, s.window_days,
    s.reminded_buyers, s.reminded_paid_buyers,
    safe_ratio(s.reminded_paid_buyers, s.reminded_buyers) as remind_success_rate,
    s.recommended_buyers, s.recommended_bought,
    safe_ratio(s.recommended_bought, s.recommended_buyers) as recommend_success_rate,
    s.recommended_amount, s.cases_opened, s.cases_resolved,
    safe_ratio(s.cases_resolved, s.cases_opened) as resolution_rate,
    s.resolution_hours_sum,
    safe_ratio(s.resolution_hours_sum, s.cases_resolved) as resolution_avg_h,
    s.sla_met_cases, s.sla_due_cases,
    safe_ratio(s.sla_met_cases, s.sla_due_cases) as sla_met_rate,
    s.transferred_cases,
    safe_ratio(s.transferred_cases, s.cases_opened) as transfer_rate,
    s.repeat_cases,
    safe_ratio(s.repeat_cases, s.cases_opened) as repeat_contact_rate,
    s.kb_lookups,
    safe_ratio(s.kb_lookups, s.cases_opened) as kb_lookups_per_case,
    s.nps_promoters, s.nps_detractors, s.nps_responses,
    100 * safe_ratio(s.nps_promoters - s.nps_detractors, s.nps_responses) as nps,
    s.served_buyers, s.retained_buyers, s.same_product_buyers,
    case when s.is_retention_known then safe_ratio(s.retained_buyers, s.served_buyers) end as retention_rate,
    case when s.is_retention_known then safe_ratio(s.served_buyers - s.retained_buyers, s.served_buyers) end as churn_rate,
    case when s.is_retention_known then safe_ratio(s.same_product_buyers, s.served_buyers) end
        as same_product_repurchase_rate,
    r.repurchase_buyers, r.paid_buyers_180,
    safe_ratio(r.repurchase_buyers, r.paid_buyers_180) as repurchase_rate,
    s.trainings, s.labour_cost,
    safe_ratio(s.labour_cost, s.cases_opened) as cost_per_case,
    safe_ratio(s.sales_amount, s.labour_cost) as sales_per_cost,
    coalesce(t.agents_employed, 0) as agents_employed, coalesce(t.agents_left, 0) as agents_left,
    safe_ratio(t.agents_left, t.agents_employed) as agent_turnover_rate
from sums as s
left join int_window_repurchase as r
    on r.platform = s.platform and r.shop_id = s.shop_id and r.grain = s.grain and r.entity = s.entity
    and r.dt = s.dt and r.window_days = s.window_days
left join int_window_rosters as t
    on t.platform = s.platform and t.shop_id = s.shop_id and t.grain = s.grain and t.entity = s.entity
    and t.dt = s.dt and t.window_days = s.window_days
