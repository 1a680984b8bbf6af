/* model
description: >
  One row per KPI of an agent, a group of agents or a shop and calendar month: as computed, and of agents with granted
  adjustments once more after them. Rates are ratios of the month's sums.
grain: [platform, shop_id, grain, entity, month, metric, is_adjusted]
scope: full
stored: false
columns:
  grain: agent, group or shop
  entity: agent, group of the day ('' = none), or empty at shop grain
  month: first day of the month
  is_adjusted: whether adjustments are in it
  is_ratio: whether it is a ratio of sums; else a sum of days
  value: NULL of a rate without a denominator
*/
with

metrics as (select * from int_month_metrics),

months as (
    select platform, shop_id, grain, entity, month, month_end, false as is_adjusted, amounts from int_month_sums
    union all
    select platform, shop_id, 'agent' as grain, entity, month, month_end, true as is_adjusted, amounts
    from int_month_adjusted
),

sides as (
    select
        s.platform, s.shop_id, s.grain, s.entity, s.month, s.month_end, s.is_adjusted, m.metric, m.direction, m.is_ratio,
        cast(s.amounts[m.position] as double) / m.scale as amount,
        cast(s.amounts[m.numerator_position] as double) / m.numerator_scale as numerator,
        cast(
            s.amounts[m.denominator_position] + coalesce(s.amounts[m.second_denominator_position], 0)
            + coalesce(s.amounts[m.third_denominator_position], 0) as double
        ) / m.denominator_scale as denominator
    from months as s
    join metrics as m on m.grains like '%' || s.grain || '%'
)

select
    platform, shop_id, grain, entity, month, month_end, is_adjusted, metric, direction, is_ratio, numerator, denominator,
    case when is_ratio then safe_ratio(numerator, denominator) else amount end as value
from sides
