/* model
description: >
  One row per agent and calendar month with a pay plan or an adjustment of pay: the sum of the terms of pay_terms, what
  adjustments add to it, and the total.
grain: [platform, shop_id, agent_id, month]
scope: full
stored: true
partition: month_end
publish: true
columns:
  month: first day of the month
  month_end: last day of the month, whose rules count
  agent_group: group of the agent on his last day with data in the month, '' = none
  days: days of the month on which anything of the agent counts
  is_complete: whether the data reach to the end of the last inquiry's window of the month
  base: yuan of the month at 100 %; NULL without a plan
  computed_amount: yuan, the sum of the amounts of pay_terms
  kpi_adjustments: yuan, the sum of adjusted_amount - amount of pay_terms
  pay_adjustments: yuan, the sum of the adjustments that are amounts
  total: yuan, the three together
checks: {total_is_the_sum: total = computed_amount + kpi_adjustments + pay_adjustments}
*/
with

members as (select * from int_pay_members),

terms as (
    select platform, shop_id, agent_id, month, sum(amount) as computed_amount, sum(adjusted_amount - amount) as kpi_adjustments
    from pay_terms
    group by platform, shop_id, agent_id, month
),

amounts as (
    select platform, shop_id, agent_id, month, sum(value) as pay_adjustments
    from pay_adjustments
    where effect = 'pay'
    group by platform, shop_id, agent_id, month
),

months as (
    select platform, shop_id, agent_id, month from terms
    union
    select platform, shop_id, agent_id, month from amounts
),

keys as (select *, plus_days(cast(month + interval '1' month as date), -1) as month_end from months),

-- The month's last day may lie beyond the data; then it is not complete.
horizons as (
    select h.platform, h.shop_id, r.dt, plus_days(r.dt, r.inquiry_validity_days - 1) <= h.horizon_dt as is_reached
    from int_shop_horizon as h
    join rule_day as r on r.platform = h.platform and r.shop_id = h.shop_id
),

statements as (
    select
        k.platform, k.shop_id, k.agent_id, k.month, k.month_end, coalesce(m.agent_group, '') as agent_group,
        coalesce(m.days, 0) as days, coalesce(h.is_reached, false) as is_complete, m.base,
        cast(coalesce(t.computed_amount, 0) as decimal(18, 2)) as computed_amount,
        cast(coalesce(t.kpi_adjustments, 0) as decimal(18, 2)) as kpi_adjustments,
        cast(coalesce(a.pay_adjustments, 0) as decimal(18, 2)) as pay_adjustments
    from keys as k
    left join members as m
        on m.platform = k.platform and m.shop_id = k.shop_id and m.agent_id = k.agent_id and m.month = k.month
    left join terms as t
        on t.platform = k.platform and t.shop_id = k.shop_id and t.agent_id = k.agent_id and t.month = k.month
    left join amounts as a
        on a.platform = k.platform and a.shop_id = k.shop_id and a.agent_id = k.agent_id and a.month = k.month
    left join horizons as h
        on h.platform = k.platform and h.shop_id = k.shop_id and h.dt = k.month_end
)

select platform, shop_id, agent_id, month, month_end, agent_group, days, is_complete, base, computed_amount, kpi_adjustments,
    pay_adjustments, cast(computed_amount + kpi_adjustments + pay_adjustments as decimal(18, 2)) as total
from statements
