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
  grade: >
    excellent, pass, below_pass or warning, by the rule grades of the day (of a window, of its last day); NULL where no line
    decides, and of sums of days but for an agent's single day
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
        k.amounts[m.position] as value,
        m.numerator is null and m.periods like '%month%' as is_sum
    from kpis k
    join metrics m on m.grains like '%' || k.grain || '%' and m.periods like '%' || k.period || '%'
),

grades as (select *, case when direction = 'lower' then -1 else 1 end as sign from dim_grade),

-- A rate of 0/0 has a row without a value; a KPI that the window does not have has none.
judged as (
    select s.grain, s.platform, s.shop_id, s.entity, s.dt, s.window_days, s.metric, s.numerator, s.denominator, s.value,
        s.value * g.sign as merit, g.warning * g.sign as warning_merit, g.pass,
        coalesce(g.pass, g.warning) * g.sign as pass_merit, g.excellent * g.sign as excellent_merit
    from sides s
    left join grades g
        on g.platform = s.platform and g.shop_id = s.shop_id and g.metric = s.metric
        and s.dt between g.valid_from and g.valid_to
        and (not s.is_sum or (s.grain = 'agent' and s.window_days = 1))
    where s.value is not null or s.denominator is not null
)

select grain, platform, shop_id, entity, dt, window_days, metric, numerator, denominator, value,
    case
        when merit >= excellent_merit then 'excellent'
        when merit >= pass_merit then 'pass'
        when merit < warning_merit then 'warning'
        when merit is not null and pass is not null then 'below_pass'
    end as grade
from judged
