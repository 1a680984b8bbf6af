/* model
description: >
  One row per training and KPI of training_kpis: how the KPI of the agent trained moved, beside that of the untrained agents
  of his group (培训效果).
grain: [platform, shop_id, event_id, metric]
scope: full
stored: true
partition: dt
publish: true
columns:
  event_id: the training
  agent_id: the agent trained
  dt: business day of the training
  metric: KPI
  before: ratio of sums over the training_days days before dt; NULL without a denominator
  after: the same over the days after dt
  control_before: the same of the agents of his group on dt who had no training within training_days of it
  control_after: the same after dt
  effect: (after - before) - (control_after - control_before); NULL where one of them is
*/
with

trainings as (
    select t.platform, t.shop_id, t.event_id, t.agent_id, t.dt, k.metric
    from int_trainings as t
    join rule_day as r on r.platform = t.platform and r.shop_id = t.shop_id and r.dt = t.dt
    cross join unnest(list_items(r.training_kpis)) as k (metric)
    where k.metric <> ''
),

ratios as (
    select
        platform, shop_id, event_id, metric,
        max(case when is_trained and not is_after then safe_ratio(numerator, denominator) end) as before,
        max(case when is_trained and is_after then safe_ratio(numerator, denominator) end) as after,
        max(case when not is_trained and not is_after then safe_ratio(numerator, denominator) end) as control_before,
        max(case when not is_trained and is_after then safe_ratio(numerator, denominator) end) as control_after
    from int_training_sums
    group by platform, shop_id, event_id, metric
)

select
    t.platform, t.shop_id, t.event_id, t.agent_id, t.dt, t.metric,
    r.before, r.after, r.control_before, r.control_after,
    (r.after - r.before) - (r.control_after - r.control_before) as effect
from trainings as t
left join ratios as r
    on r.platform = t.platform and r.shop_id = t.shop_id and r.event_id = t.event_id and r.metric = t.metric
