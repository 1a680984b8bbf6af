/* model
description: >
  One row per agent, calendar month and KPI of the pay plan, as computed and where there are any once more after adjustments,
  with what it pays: base × effective weight × paid attainment, rounded to cents.
grain: [platform, shop_id, agent_id, month, metric, is_adjusted]
scope: full
stored: false
columns:
  month: first day of the month
  is_adjusted: whether adjustments are in it
  paid_attainment: attainment between floor and cap; 0 below the threshold, 0 or 1 without a value as the plan says
  effective_weight: weight with its part of the weights that a missing value leaves to the others
  amount: yuan
*/
with

terms as (
    select *,
        cast(weight * 1000000 as bigint) as millionths,
        case
            when reading = 'missing' then case when missing = 'target' then 1 else 0 end
            when reading = 'best' then coalesce(cap, 1)
            when attainment < threshold then 0
            else greatest(floor, least(attainment, coalesce(cap, attainment)))
        end as paid_attainment
    from int_pay_values
),

shared as (
    select *,
        sum(case when reading = 'missing' and missing = 'spread' then millionths else 0 end) over w as left_over,
        sum(case when reading <> 'missing' then millionths else 0 end) over w as taking
    from terms
    window w as (partition by platform, shop_id, agent_id, month, is_adjusted)
),

weighted as (
    select *,
        case
            when reading = 'missing' and missing = 'spread' then 0
            when reading = 'missing' or taking = 0 then millionths
            else millionths + whole_share(left_over, millionths, taking)
        end as effective_millionths
    from shared
),

factors as (
    select *,
        cast(paid_attainment as decimal(12, 6)) as paid,
        cast(cast(effective_millionths as decimal(7, 0)) * 0.000001 as decimal(7, 6)) as effective_weight
    from weighted
)

select platform, shop_id, agent_id, month, month_end, metric, is_adjusted, base, numerator, denominator, value, target, weight,
    threshold, floor, cap, missing, reading, attainment, paid as paid_attainment, effective_weight,
    cast(round(base * effective_weight * paid, 2) as decimal(18, 2)) as amount
from factors
