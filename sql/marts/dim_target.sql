/* model
description: >
  One row per shop, KPI, those whom the target is of, and period in which it is in force (rule targets). A target of a sum of
  days is that of a calendar month.
grain: [platform, shop_id, metric, grain, entity, valid_from]
scope: full
stored: true
publish: true
columns:
  metric: KPI, as in dim_metric
  grain: agent, group or shop
  entity: "agent or group with a target of his own; * = all others of the grain"
  valid_from: first business day of the period; 1900-01-01 means without limit
  valid_to: last business day of the period; 2999-12-31 means without limit
checks: {period_is_a_day_or_more: valid_from <= valid_to}
*/
with

targets as (
    select i.* from target_intervals as i
    join shops as s on s.platform = i.platform and s.shop_id = i.shop_id
),

grains as (select g.grain from (values ('agent'), ('group'), ('shop')) as g (grain)),

metrics as (
    select metric, grains, numerator is null and periods like '%month%' as is_sum
    from dim_metric
)

-- A plain number is everybody's of a ratio, and of a sum an agent's.
select
    t.platform, t.shop_id, t.metric, g.grain, t.entity,
    coalesce(t.valid_from, date '1900-01-01') as valid_from, coalesce(t.valid_to, date '2999-12-31') as valid_to,
    t.target
from targets as t
join metrics as m on m.metric = t.metric
join grains as g
    on m.grains like '%' || g.grain || '%'
    and (g.grain = t.grain or (t.grain = '' and (g.grain = 'agent' or not m.is_sum)))
