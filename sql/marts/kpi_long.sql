/* model
description: One row per KPI of an agent, a group of agents or a shop, of a business day or a window, with both sides of a rate.
grain: [grain, platform, shop_id, entity, dt, window_days, metric]
scope: full
materialized: view
publish: true
columns:
  grain: agent, group or shop
  platform: platform
  shop_id: shop
  entity: agent, group of agents ('' = none), or empty at shop grain
  dt: business day; of a window the last one
  window_days: days of the window; 1 = the day itself
  metric: KPI, as in dim_metric
  numerator: upper side of a rate; NULL of other KPIs
  denominator: lower side of a rate; NULL of other KPIs
  value: the KPI; NULL of a rate without a denominator
  grade: NULL
*/
with

kpis as (
    select 'day' as period, * from int_kpi_day_values
    union all
    select 'window' as period, * from int_kpi_window_values
),

metrics as (select * from dim_metric),

sides as (
    select k.grain, k.platform, k.shop_id, k.entity, k.dt, k.window_days, m.metric,
        k.amounts[m.numerator_position] as numerator,
        k.amounts[m.denominator_position] + coalesce(k.amounts[m.second_denominator_position], 0)
            + coalesce(k.amounts[m.third_denominator_position], 0) as denominator,
        k.amounts[m.position] as value
    from kpis k
    join metrics m on m.grains like '%' || k.grain || '%' and m.periods like '%' || k.period || '%'
)

-- A rate of 0/0 has a row without a value; a KPI that the window does not have has none.
select grain, platform, shop_id, entity, dt, window_days, metric, numerator, denominator, value,
    cast(null as varchar) as grade
from sides
where value is not null or denominator is not null
