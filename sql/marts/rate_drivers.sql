/* model
description: >
  One row per ratio of a shop, or of all shops of a platform that have both periods, and agent, group of agents, topic or shop
  that is a part of it, in a day, a window or a calendar month beside the period of the same kind right before it: what the
  part did to the change of the whole ratio, by its weight and by its own ratio (转化率变化因素). The effects of one whole add
  up to its change.
grain: [split_by, platform, shop_id, period, window_days, dt, metric, is_rest, part]
scope: full
materialized: view
publish: true
columns:
  split_by: agent, group, topic or shop
  platform: platform
  shop_id: the whole; empty where its parts are shops
  period: day, window or month
  window_days: days of the window; 1 of days, 0 of months
  dt: last day of the period
  base_dt: last day of the period before
  metric: KPI, as in dim_metric; of topics inquiry_to_pay_rate alone
  part: agent, group ('' = none), topic or shop; empty of the rest
  is_rest: true of what is of no part, or of several, as a buyer of two agents
  base_numerator: upper side of the part's ratio in the period before
  base_denominator: lower side of it
  numerator: upper side of the part's ratio in the period
  denominator: lower side of it
  base_value: the part's ratio in the period before; NULL for 0/0
  value: the part's ratio in the period; NULL for 0/0
  mix_effect: what it did to the whole by its weight among the denominators
  own_effect: what it did to the whole by its own ratio
  effect: both together
  whole_base_value: the whole ratio in the period before
  whole_value: the whole ratio in the period
  difference_low: lower end of the interval of 95 % for value less base_value (Newcombe); NULL where the ratio is no share of cases
  difference_high: upper end of it
  is_within_noise: whether that interval holds 0, so that the part's own change may be chance
*/
with

-- Each period stands beside the one before, which is read by the day on which
-- the next one ends: so a query for some days reads no others.
sides as (
    select platform, shop_id, grain, entity, period, window_days, dt, metric, unit, dt as own_dt, 1 as is_now,
        cast(0 as double precision) as n0, cast(0 as double precision) as d0, numerator as n1, denominator as d1
    from int_period_rates
    union all
    select platform, shop_id, grain, entity, period, window_days, next_dt, metric, unit, dt, 0,
        numerator, denominator, cast(0 as double precision), cast(0 as double precision)
    from int_period_rates
),

-- Who was there in one of the periods only had nothing in the other one.
pairs as (
    select platform, shop_id, grain, entity, period, window_days, dt, metric, unit,
        max(case when is_now = 0 then own_dt end) as base_dt,
        max(case when is_now = 1 then own_dt end) as now_dt,
        sum(n0) as n0, sum(d0) as d0, sum(n1) as n1, sum(d1) as d1
    from sides
    group by platform, shop_id, grain, entity, period, window_days, dt, metric, unit
),

-- The shop says whether there are both periods.
placed as (
    select *,
        max(case when grain = 'shop' then base_dt end)
            over (partition by platform, shop_id, period, window_days, dt, metric) as shop_base_dt,
        max(case when grain = 'shop' then now_dt end)
            over (partition by platform, shop_id, period, window_days, dt, metric) as shop_now_dt
    from pairs
),

-- A shop is the whole of its agents, groups and topics, and a part of all shops.
kinds as (
    select k.grain, k.split_by, k.is_whole
    from (
        values ('agent', 'agent', 0), ('group', 'group', 0), ('topic', 'topic', 0), ('shop', 'agent', 1),
            ('shop', 'group', 1), ('shop', 'topic', 1), ('shop', 'shop', 0)
    ) as k (grain, split_by, is_whole)
),

parts as (
    select k.split_by, p.platform, case when k.split_by = 'shop' then '' else p.shop_id end as shop_id, p.period,
        p.window_days, p.dt, p.shop_base_dt as base_dt, p.metric, p.unit,
        case when k.split_by = 'shop' then p.shop_id else p.entity end as part, k.is_whole, p.n0, p.d0, p.n1, p.d1
    from placed as p
    join kinds as k on k.grain = p.grain
    where p.shop_base_dt is not null and p.shop_now_dt is not null
),

wholes as (
    select *,
        sum(case when is_whole = 1 or split_by = 'shop' then n0 end)
            over (partition by split_by, platform, shop_id, period, window_days, dt, metric) as whole_n0,
        sum(case when is_whole = 1 or split_by = 'shop' then d0 end)
            over (partition by split_by, platform, shop_id, period, window_days, dt, metric) as whole_d0,
        sum(case when is_whole = 1 or split_by = 'shop' then n1 end)
            over (partition by split_by, platform, shop_id, period, window_days, dt, metric) as whole_n1,
        sum(case when is_whole = 1 or split_by = 'shop' then d1 end)
            over (partition by split_by, platform, shop_id, period, window_days, dt, metric) as whole_d1,
        sum(case when is_whole = 0 then n0 end)
            over (partition by split_by, platform, shop_id, period, window_days, dt, metric) as parts_n0,
        sum(case when is_whole = 0 then d0 end)
            over (partition by split_by, platform, shop_id, period, window_days, dt, metric) as parts_d0,
        sum(case when is_whole = 0 then n1 end)
            over (partition by split_by, platform, shop_id, period, window_days, dt, metric) as parts_n1,
        sum(case when is_whole = 0 then d1 end)
            over (partition by split_by, platform, shop_id, period, window_days, dt, metric) as parts_d1
    from parts
),

-- What the parts leave of the whole is the rest. Adding fractions up leaves dust
-- behind; sums have six decimals.
rests as (
    select split_by, platform, shop_id, period, window_days, dt, base_dt, metric, unit, part, is_whole as is_rest,
        whole_n0, whole_d0, whole_n1, whole_d1,
        case when is_whole = 0 then n0 when abs(n0 - parts_n0) < 0.0000005 then 0 else n0 - parts_n0 end as n0,
        case when is_whole = 0 then d0 when abs(d0 - parts_d0) < 0.0000005 then 0 else d0 - parts_d0 end as d0,
        case when is_whole = 0 then n1 when abs(n1 - parts_n1) < 0.0000005 then 0 else n1 - parts_n1 end as n1,
        case when is_whole = 0 then d1 when abs(d1 - parts_d1) < 0.0000005 then 0 else d1 - parts_d1 end as d1
    from wholes
    where parts_n0 is not null
),

weighed as (
    select *, whole_n0 / whole_d0 as whole0, whole_n1 / whole_d1 as whole1,
        n0 / whole_d0 as lone0, n1 / whole_d1 as lone1, d0 / whole_d0 as w0, d1 / whole_d1 as w1,
        n0 / nullif(d0, 0) as r0, n1 / nullif(d1, 0) as r1,
        unit = 'ratio' and d0 > 0 and d1 > 0 and n0 between 0 and d0 and n1 between 0 and d1 as is_share
    from rests
    where whole_d0 <> 0 and whole_d1 <> 0 and (n0 <> 0 or d0 <> 0 or n1 <> 0 or d1 <> 0)
),

-- A part that is not there in one period is taken to have had the same ratio:
-- its coming or going is mix alone. A numerator without a denominator weighs
-- nothing: it is the part's own.
split as (
    select *,
        case
            when d0 = 0 and d1 = 0 then 0
            else (w1 - w0) * ((coalesce(r0, r1) + coalesce(r1, r0)) / 2 - (whole0 + whole1) / 2)
        end as mix_effect,
        case
            when d0 = 0 and d1 = 0 then lone1 - lone0
            else (w0 + w1) / 2 * (coalesce(r1, r0) - coalesce(r0, r1)) + case when d1 = 0 then lone1 else 0 end
                - case when d0 = 0 then lone0 else 0 end
        end as own_effect
    from weighed
),

-- Wilson's interval of 95 %: 3.841... is the square of the normal quantile.
chances as (
    select *, case when is_share then r0 end as p0, case when is_share then r1 end as p1,
        case when is_share then d0 end as c0, case when is_share then d1 end as c1
    from split
),

scored as (
    select *,
        (p0 + 3.8414588206941245 / (2 * c0)) / (1 + 3.8414588206941245 / c0) as centre0,
        (p1 + 3.8414588206941245 / (2 * c1)) / (1 + 3.8414588206941245 / c1) as centre1,
        sqrt(3.8414588206941245 * (p0 * (1 - p0) / c0 + 3.8414588206941245 / (4 * c0 * c0)))
        / (1 + 3.8414588206941245 / c0) as half0,
        sqrt(3.8414588206941245 * (p1 * (1 - p1) / c1 + 3.8414588206941245 / (4 * c1 * c1)))
        / (1 + 3.8414588206941245 / c1) as half1
    from chances
),

bounded as (
    select *,
        p1 - p0 - sqrt(
            power(p1 - greatest(0, centre1 - half1), 2) + power(least(1, centre0 + half0) - p0, 2)
        ) as difference_low,
        p1 - p0 + sqrt(
            power(least(1, centre1 + half1) - p1, 2) + power(p0 - greatest(0, centre0 - half0), 2)
        ) as difference_high
    from scored
)

select split_by, platform, shop_id, period, window_days, dt, base_dt, metric, part, is_rest = 1 as is_rest,
    n0 as base_numerator, d0 as base_denominator, n1 as numerator, d1 as denominator, r0 as base_value, r1 as value,
    mix_effect, own_effect, mix_effect + own_effect as effect, whole0 as whole_base_value, whole1 as whole_value,
    difference_low, difference_high, difference_low <= 0 and difference_high >= 0 as is_within_noise
from bounded
