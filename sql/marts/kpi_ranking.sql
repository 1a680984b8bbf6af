/* model
description: >
  One row per KPI that has a better and a worse, and agent or group of agents with a value of it, in a business day, window or
  calendar month: the place among those of the shop (排行榜).
grain: [grain, platform, shop_id, period, dt, metric, entity]
scope: full
materialized: view
publish: true
columns:
  grain: agent or group
  platform: platform
  shop_id: shop
  period: day, 7 days, 28 days, 30 days, 180 days or month
  dt: last business day of the period
  metric: KPI, as in dim_metric
  entity: agent, or group of agents ('' = none)
  value: the KPI
  denominator: lower side of a rate; NULL of other KPIs
  place: 1 is the best; equals share a place and the next one is left out; NULL of a rate with too small a denominator
  ranked: how many have a place
*/
with

minimums as (
    select platform, shop_id, valid_from, valid_to, cast(value as integer) as minimum
    from dim_rule
    where rule = 'ranking_minimum'
),

metrics as (select metric, direction from dim_metric where direction <> 'neutral'),

periods as (
    select grain, platform, shop_id, entity,
        case when window_days = 1 then 'day' else cast(window_days as varchar) || ' days' end as period,
        dt, metric, denominator, value
    from kpi_long
    where grain <> 'shop' and value is not null
    union all
    select grain, platform, shop_id, entity, 'month' as period, month_end as dt, metric, denominator, value
    from kpi_month
    where grain <> 'shop' and value is not null
),

judged as (
    select p.grain, p.platform, p.shop_id, p.entity, p.period, p.dt, p.metric, p.denominator, p.value,
        case when m.direction = 'lower' then -p.value else p.value end as merit,
        p.denominator is null or p.denominator >= n.minimum as is_ranked
    from periods p
    join metrics m on m.metric = p.metric
    join minimums n on n.platform = p.platform and n.shop_id = p.shop_id and p.dt between n.valid_from and n.valid_to
)

select grain, platform, shop_id, period, dt, metric, entity, value, denominator,
    case
        when is_ranked
            then rank() over (partition by grain, platform, shop_id, period, dt, metric, is_ranked order by merit desc)
    end as place,
    count(case when is_ranked then 1 end) over (partition by grain, platform, shop_id, period, dt, metric) as ranked
from judged
