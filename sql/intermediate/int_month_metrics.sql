/* model
description: >
  One row per KPI that a calendar month has, with where its sides stand in the lists of sums and what they are divided by.
grain: [metric]
scope: full
stored: false
columns:
  is_ratio: whether it is a ratio of sums; else a sum of days
  scale: what the sum at its own position is divided by; times are summed in microseconds
  numerator_scale: the same of its numerator
  denominator_scale: the same of its denominator
*/
with

metrics as (
    select *, case when unit = 'hours' or metric = 'labour_cost' then 3600000000 else 1 end as scale
    from dim_metric
)

select
    m.metric, m.unit, m.direction, m.grains, m.position, m.scale, m.numerator is not null as is_ratio,
    m.numerator_position, m.denominator_position, m.second_denominator_position, m.third_denominator_position,
    n.scale as numerator_scale, d.scale as denominator_scale
from metrics as m
left join metrics as n on n.position = m.numerator_position
left join metrics as d on d.position = m.denominator_position
where m.periods like '%month%'
