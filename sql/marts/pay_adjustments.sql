/* model
description: >
  One row per manual adjustment of an agent's month, as it was decided (an appeal granted): of a sum of days, which changes the
  month's KPIs for the pay alone, or of the pay in yuan. Nothing computed has it in it.
grain: [platform, shop_id, adjustment_id]
scope: full
stored: true
partition: month
publish: true
columns:
  month: first day of the month of dt
  dt: business day that it is about
  metric: KPI whose sum of the month it changes; NULL where it is an amount of pay
  value: what is added, below 0 what is taken away; yuan where it is an amount of pay
  author: who decided
  reason: why
  decided_at: when, UTC
  effect: >
    pay (an amount), kpi (added to the sum of the month), withdrawn, or none (no sum of days of agents, or no data of the
    agent that month)
warnings: {changes_something: effect <> 'none'}
*/
with

adjustments as (select *, month_of(dt) as month from adjustments),

metrics as (select metric from int_month_metrics where not is_ratio and grains like '%agent%'),

months as (select platform, shop_id, entity, month from int_month_sums where grain = 'agent')

select
    a.platform, a.shop_id, a.adjustment_id, a.agent_id, a.month, a.dt, a.metric, a.value, a.author, a.reason, a.decided_at,
    case
        when a.withdrawn then 'withdrawn'
        when a.metric is null then 'pay'
        when m.metric is null or s.entity is null then 'none'
        else 'kpi'
    end as effect
from adjustments as a
left join metrics as m on m.metric = a.metric
left join months as s
    on s.platform = a.platform and s.shop_id = a.shop_id and s.entity = a.agent_id and s.month = a.month
