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
  source: datasets that it comes from
*/
select metric, label_zh, label_en, unit, direction, formula, source
from metrics
