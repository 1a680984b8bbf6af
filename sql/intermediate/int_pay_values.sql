/* model
description: >
  One row per agent, calendar month and KPI of the pay plan, as computed, and where adjustments change a sum of the month once
  more after them: how far the target was attained, in fractions of 1 with six decimals.
grain: [platform, shop_id, agent_id, month, metric, is_adjusted]
scope: full
stored: false
columns:
  month: first day of the month
  is_adjusted: whether adjustments are in it
  weight: part of the base; the weights of a plan sum to 1
  threshold: attainment below which nothing is paid; NULL where there is none
  floor: lowest attainment that is paid
  cap: highest attainment that is paid; NULL where there is none
  attainment: value by target, where lower is better target by value; NULL unless measured
  reading: "measured; missing: no value in the month; best: nought where lower is better, paid like the cap"
*/
with

plans as (
    select platform, shop_id, metric, missing, cast(weight * 0.01 as decimal(7, 6)) as weight,
        cast(threshold * 0.01 as decimal(9, 6)) as threshold, cast(coalesce(floor, 0) * 0.01 as decimal(9, 6)) as floor,
        cast(cap * 0.01 as decimal(9, 6)) as cap,
        coalesce(valid_from, date '1900-01-01') as valid_from, coalesce(valid_to, date '2999-12-31') as valid_to
    from pay_intervals
),

targets as (select * from dim_target where grain = 'agent'),

months as (select * from int_month_values where grain = 'agent'),

terms as (
    select m.*, p.metric, p.weight, p.threshold, p.floor, p.cap, p.missing, coalesce(o.target, t.target) as target
    from int_pay_members as m
    join plans as p on p.platform = m.platform and p.shop_id = m.shop_id and m.month_end between p.valid_from and p.valid_to
    left join targets as o
        on o.platform = m.platform and o.shop_id = m.shop_id and o.metric = p.metric and o.entity = m.agent_id
        and m.month_end between o.valid_from and o.valid_to
    left join targets as t
        on t.platform = m.platform and t.shop_id = m.shop_id and t.metric = p.metric and t.entity = '*'
        and m.month_end between t.valid_from and t.valid_to
),

measured as (
    select t.*, v.is_adjusted, v.direction, v.numerator, v.denominator, v.value,
        case
            when v.value is null or t.target is null then 'missing'
            when v.direction = 'lower' and v.value <= 0 then 'best'
            else 'measured'
        end as reading
    from terms as t
    join months as v
        on v.platform = t.platform and v.shop_id = t.shop_id and v.entity = t.agent_id and v.month = t.month
        and v.metric = t.metric
)

select platform, shop_id, agent_id, month, month_end, metric, is_adjusted, base, numerator, denominator, value, target, weight,
    threshold, floor, cap, missing, reading,
    case
        when reading = 'measured'
            then cast(
                greatest(least(
                    round(case when direction = 'lower' then target / value else value / target end, 6), 999999
                ), -999999) as decimal(12, 6)
            )
    end as attainment
from measured
