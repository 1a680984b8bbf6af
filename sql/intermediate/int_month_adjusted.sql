/* model
description: >
  One row per agent and calendar month in which a granted adjustment changes a sum, with all sums as they are after it, in the
  order of the catalogue.
grain: [platform, shop_id, entity, month]
scope: full
stored: false
columns:
  entity: agent
  month: first day of the month
  amounts: exact sums as in int_month_sums, with the adjustments
*/
with

adjustments as (
    select platform, shop_id, agent_id, month, metric, sum(value) as value
    from pay_adjustments
    where effect = 'kpi'
    group by platform, shop_id, agent_id, month, metric
),

adjusted_months as (select distinct platform, shop_id, agent_id, month from adjustments),

metrics as (select * from dim_metric),

scales as (select * from int_month_metrics)

select
    s.platform, s.shop_id, s.entity, s.month, s.month_end,
    array_agg(
        s.amounts[m.position] + cast(coalesce(a.value, 0) * coalesce(c.scale, 1) as decimal(38, 6)) order by m.position
    ) as amounts
from int_month_sums as s
join adjusted_months as x
    on x.platform = s.platform and x.shop_id = s.shop_id and x.agent_id = s.entity and x.month = s.month
cross join metrics as m
left join scales as c on c.metric = m.metric
left join adjustments as a
    on a.platform = s.platform and a.shop_id = s.shop_id and a.agent_id = s.entity and a.month = s.month
    and a.metric = m.metric
where s.grain = 'agent'
group by s.platform, s.shop_id, s.entity, s.month, s.month_end
