/* model
description: >
  One row per KPI of an agent, a group of agents or a shop and calendar month (by business day): sums of days, and ratios of
  such sums, with target, attainment and grade by the rules of the month's last day. Adjustments are not in it.
grain: [grain, platform, shop_id, entity, month, metric]
scope: full
stored: true
partition: month_end
publish: true
columns:
  grain: agent, group or shop
  entity: agent, group of agents ('' = none), or empty at shop grain
  month: first day of the month
  month_end: last day of the month
  metric: KPI, as in dim_metric
  numerator: upper side of a rate; NULL of other KPIs
  denominator: lower side of a rate; NULL of other KPIs
  value: the KPI; NULL of a rate without a denominator
  target: the target in force; NULL where there is none
  attainment: value by target, where lower is better target by value; NULL without one, and where nought is the best
  grade: excellent, pass, below_pass or warning; NULL of sums and where no line decides
*/
with

-- A rate of 0/0 has a row without a value.
months as (
    select * from int_month_values
    where not is_adjusted and (value is not null or denominator is not null)
),

targets as (select * from dim_target),

grades as (select *, case when direction = 'lower' then -1 else 1 end as sign from dim_grade),

targeted as (
    select v.*, cast(coalesce(o.target, t.target) as double) as target,
        v.value * g.sign as merit, g.pass, g.warning * g.sign as warning_merit,
        coalesce(g.pass, g.warning) * g.sign as pass_merit, g.excellent * g.sign as excellent_merit
    from months as v
    left join targets as o
        on o.platform = v.platform and o.shop_id = v.shop_id and o.metric = v.metric and o.grain = v.grain
        and o.entity = v.entity and v.month_end between o.valid_from and o.valid_to
    left join targets as t
        on t.platform = v.platform and t.shop_id = v.shop_id and t.metric = v.metric and t.grain = v.grain
        and t.entity = '*' and v.month_end between t.valid_from and t.valid_to
    left join grades as g
        on g.platform = v.platform and g.shop_id = v.shop_id and g.metric = v.metric
        and v.month_end between g.valid_from and g.valid_to and v.is_ratio
)

select
    grain, platform, shop_id, entity, month, month_end, metric, numerator, denominator, value, target,
    case
        when target <= 0 then null
        when direction <> 'lower' then value / target
        when value > 0 then target / value
    end as attainment,
    case
        when merit >= excellent_merit then 'excellent'
        when merit >= pass_merit then 'pass'
        when merit < warning_merit then 'warning'
        when merit is not null and pass is not null then 'below_pass'
    end as grade
from targeted
