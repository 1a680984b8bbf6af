/* model
description: One row per shop, KPI and period in which one set of lines of the rule grades is in force.
grain: [platform, shop_id, metric, valid_from]
scope: full
stored: true
publish: true
columns:
  metric: KPI, as in dim_metric
  valid_from: first business day of the period; 1900-01-01 means without limit
  valid_to: last business day of the period; 2999-12-31 means without limit
  direction: higher or lower, whichever is better
  warning: what is worse is graded warning; NULL where no such line is drawn
  pass: what is as good or better is graded pass
  excellent: what is as good or better is graded excellent
checks: {period_is_a_day_or_more: valid_from <= valid_to}
*/
select
    i.platform, i.shop_id, metric,
    coalesce(valid_from, date '1900-01-01') as valid_from, coalesce(valid_to, date '2999-12-31') as valid_to,
    direction, warning, pass, excellent
from grade_intervals as i
join shops as s on s.platform = i.platform and s.shop_id = i.shop_id
