/* model
description: One row per KPI with what it means, from the catalogue.
grain: [metric]
scope: full
stored: true
publish: true
columns:
  metric: column name in the KPI tables
  unit: count, items, yuan, seconds, hours, ratio, number, score, characters or instant
  direction: which way is better
  formula: definition in words
  numerator: column, or sum of columns, above the line; NULL where the KPI is no ratio
  denominator: the same below the line
  grains: agent, group, shop; joined by |
  periods: "day, window, month; joined by |: months have sums of days and ratios of such sums"
  source: datasets that it comes from
  position: order in which to show the KPIs
  numerator_position: position of the numerator
  denominator_position: position of the denominator, or of the first term of its sum
  second_denominator_position: position of the second term
  third_denominator_position: position of the third term
*/
select metric, label_zh, label_en, unit, direction, formula, numerator, denominator, grains, periods, source, position,
    numerator_position, denominator_position, second_denominator_position, third_denominator_position
from metrics
