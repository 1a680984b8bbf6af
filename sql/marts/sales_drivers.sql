/* model
description: >
  One row per driver of the sales of an agent, a group of agents or a shop in a day, a window or a calendar month, beside
  the period of the same kind right before it: what it was, what it is, and its part of the change (销售额变化因素). The
  effects of one period add up to the change of sales.
grain: [grain, platform, shop_id, entity, period, window_days, dt, driver]
scope: full
materialized: view
publish: true
columns:
  grain: agent, group or shop
  platform: platform
  shop_id: shop
  entity: agent, group of agents ('' = none), or empty at shop grain
  period: day, window or month
  window_days: days of the window; 1 of days, 0 of months
  dt: last day of the period
  base_dt: last day of the period before
  position: order in which to show the drivers
  driver: a KPI that is a factor of sales; asked_outside, which is what was paid by buyers who asked in other periods; a KPI or credited_otherwise beside the product
  label_zh: driver in Chinese
  label_en: driver in English
  is_factor: true of factors of the product, false of what is added to it
  base_value: the driver in the period before; NULL of a factor that is 0/0
  value: the driver in the period; NULL likewise
  effect: its part of the change of sales in yuan
  base_sales_amount: sales of the period before
  sales_amount: sales of the period
*/
with

-- Each period stands beside the one before, which is read by the day on which
-- the next one ends: so a query for some days reads no others.
sides as (
    select platform, shop_id, grain, entity, period, window_days, dt, dt as own_dt, 1 as is_now, sales_amount,
        inquiry_buyers, paid_buyers, deal_amount, deal_items, deal_buyers, silent_own_pay_amount, silent_follow_up_amount
    from int_period_sales
    union all
    select platform, shop_id, grain, entity, period, window_days, next_dt, dt, 0, sales_amount,
        inquiry_buyers, paid_buyers, deal_amount, deal_items, deal_buyers, silent_own_pay_amount, silent_follow_up_amount
    from int_period_sales
),

-- Who was there in one of the periods only had nothing in the other one.
pairs as (
    select grain, platform, shop_id, entity, period, window_days, dt,
        max(case when is_now = 0 then own_dt end) as base_dt,
        max(case when is_now = 1 then own_dt end) as now_dt,
        sum(case when is_now = 0 then sales_amount else 0 end) as sales0,
        sum(case when is_now = 1 then sales_amount else 0 end) as sales1,
        sum(case when is_now = 0 then inquiry_buyers else 0 end) as inquiries0,
        sum(case when is_now = 1 then inquiry_buyers else 0 end) as inquiries1,
        sum(case when is_now = 0 then paid_buyers else 0 end) as paid0,
        sum(case when is_now = 1 then paid_buyers else 0 end) as paid1,
        sum(case when is_now = 0 then deal_amount else 0 end) as amount0,
        sum(case when is_now = 1 then deal_amount else 0 end) as amount1,
        sum(case when is_now = 0 then deal_items else 0 end) as items0,
        sum(case when is_now = 1 then deal_items else 0 end) as items1,
        sum(case when is_now = 0 then deal_buyers else 0 end) as buyers0,
        sum(case when is_now = 1 then deal_buyers else 0 end) as buyers1,
        sum(case when is_now = 0 then silent_own_pay_amount else 0 end) as silent0,
        sum(case when is_now = 1 then silent_own_pay_amount else 0 end) as silent1,
        sum(case when is_now = 0 then silent_follow_up_amount else 0 end) as followed0,
        sum(case when is_now = 1 then silent_follow_up_amount else 0 end) as followed1
    from sides
    group by grain, platform, shop_id, entity, period, window_days, dt
),

-- The shop says whether there are both periods.
placed as (
    select *,
        max(case when grain = 'shop' then base_dt end)
            over (partition by platform, shop_id, period, window_days, dt) as shop_base_dt,
        max(case when grain = 'shop' then now_dt end)
            over (partition by platform, shop_id, period, window_days, dt) as shop_now_dt
    from pairs
),

-- Where quantities are missing, the amount per buyer stands in place of items
-- per buyer, and the price per item is no factor.
counted as (
    select *, not (items0 = 0 and buyers0 > 0 or items1 = 0 and buyers1 > 0) as has_items
    from placed
    where shop_base_dt is not null and shop_now_dt is not null
),

factors as (
    select *,
        inquiries0 as x01, inquiries1 as x11,
        paid0 / nullif(inquiries0, 0) as x02, paid1 / nullif(inquiries1, 0) as x12,
        case when has_items then items0 else amount0 end / nullif(buyers0, 0) as x03,
        case when has_items then items1 else amount1 end / nullif(buyers1, 0) as x13,
        case when has_items then amount0 / nullif(items0, 0) end as x04,
        case when has_items then amount1 / nullif(items1, 0) end as x14
    from counted
),

-- A factor that is 0/0 is taken to be as in the other period, and so does
-- nothing; in both it counts as 1.
filled as (
    select *,
        x01 as b1, x11 as a1,
        coalesce(x02, x12, 1) as b2, coalesce(x12, x02, 1) as a2,
        coalesce(x03, x13, 1) as b3, coalesce(x13, x03, 1) as a3,
        coalesce(x04, x14, 1) as b4, coalesce(x14, x04, 1) as a4
    from factors
),

products as (select *, b1 * b2 * b3 * b4 as v0, a1 * a2 * a3 * a4 as v1 from filled),

-- The logarithmic mean of both products; where they are nearly the same its
-- series, since the quotient would lose digits.
means as (
    select *,
        case
            when v0 <= 0 or v1 <= 0 then null
            when abs(v1 / v0 - 1) < 0.000001
                then v0 * (1 + (v1 / v0 - 1) / 2 - (v1 / v0 - 1) * (v1 / v0 - 1) / 12)
            else (v1 - v0) / ln(v1 / v0)
        end as mean,
        case when b1 = 0 then 1 else 0 end + case when b2 = 0 then 1 else 0 end + case when b3 = 0 then 1 else 0 end
        + case when b4 = 0 then 1 else 0 end as zeros0,
        case when a1 = 0 then 1 else 0 end + case when a2 = 0 then 1 else 0 end + case when a3 = 0 then 1 else 0 end
        + case when a4 = 0 then 1 else 0 end as zeros1
    from products
),

names as (
    select n.position, n.driver, n.label_zh, n.label_en, n.of_items
    from (
        values (1, 'inquiry_buyers', '询单人数', 'Inquiry buyers', 0),
            (2, 'inquiry_to_pay_rate', '询单→最终付款成功率', 'Inquiry-to-pay rate', 0),
            (3, 'inquiry_deal_items_per_buyer', '询单客件数', 'Items per buyer', 1),
            (4, 'inquiry_deal_amount_per_item', '询单件均价', 'Amount per item', 1),
            (3, 'inquiry_deal_amount_per_buyer', '询单客单价', 'Amount per buyer', -1),
            (5, 'asked_outside', '他期询单、本期付款', 'Asked outside of the period', 0),
            (6, 'silent_own_pay_amount', '静默下单本人落实付款', 'Silent orders paid with the agents', 0),
            (7, 'silent_follow_up_amount', '静默下单跟进', 'Silent orders followed up', 0),
            (8, 'credited_otherwise', '判定归属差额', 'Credited to others than the agent of the order', 0)
    ) as n (position, driver, label_zh, label_en, of_items)
),

driven as (
    select m.*, n.position, n.driver, n.label_zh, n.label_en, n.position <= 4 as is_factor,
        case n.position when 1 then b1 when 2 then b2 when 3 then b3 when 4 then b4 end as b,
        case n.position when 1 then a1 when 2 then a2 when 3 then a3 when 4 then a4 end as a,
        case n.position
            when 1 then x01
            when 2 then x02
            when 3 then x03
            when 4 then x04
            when 5 then amount0 - v0
            when 6 then silent0
            when 7 then followed0
            else sales0 - amount0 - silent0 - followed0
        end as value0,
        case n.position
            when 1 then x11
            when 2 then x12
            when 3 then x13
            when 4 then x14
            when 5 then amount1 - v1
            when 6 then silent1
            when 7 then followed1
            else sales1 - amount1 - silent1 - followed1
        end as value1
    from means as m
    join names as n on n.of_items = 0 or n.of_items = case when m.has_items then 1 else -1 end
)

-- A factor has mean · ln(a / b) (LMDI). Where the product was or is nothing, its
-- change is due to the factors that are nothing then, to each alike.
select grain, platform, shop_id, entity, period, window_days, dt, shop_base_dt as base_dt, position, driver, label_zh, label_en,
    is_factor, value0 as base_value, value1 as value,
    case
        when not is_factor then value1 - value0
        when v0 = 0 and v1 = 0 then 0
        when v0 = 0 then case when b = 0 then v1 / zeros0 else 0 end
        when v1 = 0 then case when a = 0 then -v0 / zeros1 else 0 end
        else mean * ln(a / b)
    end as effect,
    sales0 as base_sales_amount, sales1 as sales_amount
from driven
