/* model
description: >
  One row per KPI of an agent, a group of agents or a shop, of a business day or a window, and earlier day that it is
  compared with, where both days have a row and one of them a value (环比, 同比).
grain: [grain, platform, shop_id, entity, dt, window_days, metric, basis]
scope: full
materialized: view
publish: true
columns:
  grain: agent, group or shop
  platform: platform
  shop_id: shop
  entity: agent, group of agents ('' = none), or empty at shop grain
  dt: business day; of a window the last one
  window_days: days of the window, and of the one it is compared with; 1 = the day itself
  metric: KPI, as in dim_metric
  basis: previous_day, last_week (7 days before), last_month or last_year (the same day, or the month's last where it has none such)
  value: the KPI
  base_value: the same KPI as of the earlier day
  difference: value less base_value
  ratio: value by base_value; less 1 it is the growth
*/
with

kpis as (
    select 'day' as period, * from int_kpi_day_values
    union all
    select 'window' as period, * from int_kpi_window_values
),

-- Read a second time, so that a query for some days reads no others.
earlier as (
    select 'day' as period, * from int_kpi_day_values
    union all
    select 'window' as period, * from int_kpi_window_values
),

metrics as (select * from dim_metric),

bases as (
    select b.basis, b.days, b.months
    from (
        values ('previous_day', 1, 0), ('last_week', 7, 0), ('last_month', 0, 1), ('last_year', 0, 12)
    ) as b (basis, days, months)
),

-- A month earlier of 31 March is the last day of February.
based as (
    select k.*, b.basis,
        cast(k.dt - b.days * interval '1' day - b.months * interval '1' month as date) as base_dt
    from kpis k
    cross join bases b
),

compared as (
    select k.grain, k.platform, k.shop_id, k.entity, k.dt, k.window_days, m.metric, k.basis,
        k.amounts[m.position] as value, e.amounts[m.position] as base_value
    from based k
    join earlier e
        on e.platform = k.platform and e.shop_id = k.shop_id and e.grain = k.grain and e.entity = k.entity
        and e.window_days = k.window_days and e.dt = k.base_dt
    join metrics m on m.grains like '%' || k.grain || '%' and m.periods like '%' || k.period || '%'
)

select grain, platform, shop_id, entity, dt, window_days, metric, basis, value, base_value,
    value - base_value as difference,
    value / nullif(base_value, 0) as ratio
from compared
where value is not null or base_value is not null
