/* model
description: >
  One row per agent, group of agents or shop and period, with the sums that sales are made of; a period is a day, a window
  or a calendar month.
grain: [platform, shop_id, grain, entity, period, window_days, dt]
scope: full
materialized: view
columns:
  grain: agent, group or shop
  entity: agent, group of the day ('' = none), or empty at shop grain
  period: day, window or month
  window_days: days of the window; 1 of days, 0 of months, which have 28 to 31
  from_dt: first day of the period
  dt: last day of the period
  next_dt: last day of the period right after it, of the same kind
  deal_amount: orders due to the agents and paid in the period; deal_items and deal_buyers alike
*/
with

months as (
    select grain, platform, shop_id, entity, month, month_end,
        max(case when metric = 'sales_amount' then value end) as sales_amount,
        max(case when metric = 'inquiry_buyers' then value end) as inquiry_buyers,
        max(case when metric = 'paid_buyers_final' then value end) as paid_buyers,
        max(case when metric = 'inquiry_deal_amount' then value end) as deal_amount,
        max(case when metric = 'inquiry_deal_items' then value end) as deal_items,
        max(case when metric = 'inquiry_deal_buyers' then value end) as deal_buyers,
        max(case when metric = 'silent_own_pay_amount' then value end) as silent_own_pay_amount,
        max(case when metric = 'silent_follow_up_amount' then value end) as silent_follow_up_amount
    from kpi_month
    where metric in (
        'sales_amount', 'inquiry_buyers', 'paid_buyers_final', 'inquiry_deal_amount', 'inquiry_deal_items',
        'inquiry_deal_buyers', 'silent_own_pay_amount', 'silent_follow_up_amount'
    )
    group by grain, platform, shop_id, entity, month, month_end
),

spans as (
    select platform, shop_id, 'agent' as grain, agent_id as entity, 'day' as period, cast(1 as integer) as window_days, dt,
        sales_amount, inquiry_buyers, paid_buyers_final, inquiry_deal_amount, inquiry_deal_items, inquiry_deal_buyers,
        silent_own_pay_amount, silent_follow_up_amount
    from kpi_agent_day
    union all
    select platform, shop_id, 'group', agent_group, 'day', cast(1 as integer), dt,
        sales_amount, inquiry_buyers, paid_buyers_final, inquiry_deal_amount, inquiry_deal_items, inquiry_deal_buyers,
        silent_own_pay_amount, silent_follow_up_amount
    from kpi_group_day
    union all
    select platform, shop_id, 'shop', '', 'day', cast(1 as integer), dt,
        sales_amount, inquiry_buyers, paid_buyers_final, inquiry_deal_amount, inquiry_deal_items, inquiry_deal_buyers,
        silent_own_pay_amount, silent_follow_up_amount
    from kpi_shop_day
    union all
    select platform, shop_id, 'agent', agent_id, 'window', window_days, dt,
        sales_amount, inquiry_buyers, paid_buyers_final, inquiry_deal_amount, inquiry_deal_items, inquiry_deal_buyers,
        silent_own_pay_amount, silent_follow_up_amount
    from kpi_agent_window
    union all
    select platform, shop_id, 'group', agent_group, 'window', window_days, dt,
        sales_amount, inquiry_buyers, paid_buyers_final, inquiry_deal_amount, inquiry_deal_items, inquiry_deal_buyers,
        silent_own_pay_amount, silent_follow_up_amount
    from kpi_group_window
    union all
    select platform, shop_id, 'shop', '', 'window', window_days, dt,
        sales_amount, inquiry_buyers, paid_buyers_final, inquiry_deal_amount, inquiry_deal_items, inquiry_deal_buyers,
        silent_own_pay_amount, silent_follow_up_amount
    from kpi_shop_window
)

select platform, shop_id, grain, entity, period, window_days,
    cast(dt - (window_days - 1) * interval '1' day as date) as from_dt, dt,
    cast(dt + window_days * interval '1' day as date) as next_dt,
    cast(sales_amount as double precision) as sales_amount,
    cast(inquiry_buyers as double precision) as inquiry_buyers,
    cast(paid_buyers_final as double precision) as paid_buyers,
    cast(inquiry_deal_amount as double precision) as deal_amount,
    cast(inquiry_deal_items as double precision) as deal_items,
    cast(inquiry_deal_buyers as double precision) as deal_buyers,
    cast(silent_own_pay_amount as double precision) as silent_own_pay_amount,
    cast(silent_follow_up_amount as double precision) as silent_follow_up_amount
from spans
union all
select platform, shop_id, grain, entity, 'month', cast(0 as integer), month, month_end,
    cast(month + interval '2' month - interval '1' day as date),
    sales_amount, inquiry_buyers, paid_buyers, deal_amount, deal_items, deal_buyers, silent_own_pay_amount,
    silent_follow_up_amount
from months
