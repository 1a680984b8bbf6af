/* model
description: >
  One row per ratio of sums of an agent, a group of agents, a topic or a shop and period, with both sides; a period is a day,
  a window or a calendar month. Of topics the conversion alone.
grain: [platform, shop_id, grain, entity, period, window_days, dt, metric]
scope: full
materialized: view
columns:
  grain: agent, group, topic or shop
  entity: agent, group of the day ('' = none), topic, or empty at shop grain
  period: day, window or month
  window_days: days of the window; 1 of days, 0 of months, which have 28 to 31
  dt: last day of the period
  next_dt: last day of the period right after it, of the same kind
  unit: "that of the KPI; a ratio may be a share of cases"
*/
with

metrics as (select * from dim_metric where numerator is not null and periods like '%month%'),

spans as (
    select platform, shop_id, grain, entity, 'day' as period, window_days, dt, amounts from int_kpi_day_values
    union all
    select platform, shop_id, grain, entity, 'window', window_days, dt, amounts from int_kpi_window_values
),

topics as (
    select s.platform, s.shop_id, t.topic, s.period, s.window_days, s.dt, s.next_dt,
        sum(t.paid_buyers_final) as numerator, sum(t.inquiry_buyers) as denominator
    from int_period_sales as s
    join kpi_topic_day as t on t.platform = s.platform and t.shop_id = s.shop_id and t.dt between s.from_dt and s.dt
    where s.grain = 'shop'
    group by s.platform, s.shop_id, t.topic, s.period, s.window_days, s.dt, s.next_dt
)

select s.platform, s.shop_id, s.grain, s.entity, s.period, s.window_days, s.dt,
    cast(s.dt + s.window_days * interval '1' day as date) as next_dt,
    m.metric, m.unit,
    cast(coalesce(s.amounts[m.numerator_position], 0) as double precision) as numerator,
    cast(
        coalesce(s.amounts[m.denominator_position], 0) + coalesce(s.amounts[m.second_denominator_position], 0)
        + coalesce(s.amounts[m.third_denominator_position], 0) as double precision
    ) as denominator
from spans as s
join metrics as m on m.grains like '%' || s.grain || '%' and m.periods like '%' || s.period || '%'
union all
select k.platform, k.shop_id, k.grain, k.entity, 'month', cast(0 as integer), k.month_end,
    cast(k.month + interval '2' month - interval '1' day as date),
    m.metric, m.unit,
    cast(coalesce(k.numerator, 0) as double precision), cast(coalesce(k.denominator, 0) as double precision)
from kpi_month as k
join metrics as m on m.metric = k.metric
union all
select t.platform, t.shop_id, 'topic', t.topic, t.period, t.window_days, t.dt, t.next_dt,
    m.metric, m.unit, cast(t.numerator as double precision), cast(t.denominator as double precision)
from topics as t
join metrics as m on m.metric = 'inquiry_to_pay_rate'
