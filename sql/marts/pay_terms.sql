/* model
description: >
  One row per agent, calendar month and KPI of the pay plan in force on the month's last day (绩效提成): every term of the
  agent's performance pay. amount = base × effective_weight × paid_attainment, rounded to cents; what granted adjustments make
  of it stands beside it.
grain: [platform, shop_id, agent_id, month, metric]
scope: full
stored: true
partition: month_end
publish: true
columns:
  month: first day of the month
  month_end: last day of the month, whose rules count
  metric: KPI, as in dim_metric
  numerator: upper side of a rate; NULL of other KPIs
  denominator: lower side of a rate; NULL of other KPIs
  value: the KPI over the month; NULL of a rate without a denominator
  target: what it is to reach, by the rule targets
  attainment: value by target, where lower is better target by value, to six decimals; NULL unless reading is measured
  threshold: attainment below which nothing is paid; NULL where there is none
  floor: lowest attainment that is paid
  cap: highest attainment that is paid; NULL where there is none
  reading: "measured; missing: no value in the month; best: nought where lower is better, paid like the cap"
  missing: what the plan pays for a missing value, zero, target (as if reached) or spread (its weight goes to the others)
  paid_attainment: what is paid of the attainment
  weight: part of the base; the weights of a plan sum to 1
  effective_weight: weight with its part of the weights that missing values leave to the others, cut to six decimals
  base: yuan of the month at 100 %
  amount: yuan of this term, as computed
  adjusted_value: the KPI with the adjustments of pay_adjustments; value where there are none
  adjusted_attainment: attainment of it
  adjusted_amount: what the term would pay with the adjustments; amount where there are none
checks:
  amount_is_the_product: amount = round(base * effective_weight * paid_attainment, 2)
  amount_is_not_below_nought: amount >= 0
*/
with

terms as (select * from int_pay_amounts where not is_adjusted),

adjusted as (select * from int_pay_amounts where is_adjusted)

select
    t.platform, t.shop_id, t.agent_id, t.month, t.month_end, t.metric, t.numerator, t.denominator, t.value, t.target,
    t.attainment, t.threshold, t.floor, t.cap, t.reading, t.missing, t.paid_attainment, t.weight, t.effective_weight, t.base, t.amount,
    case when a.metric is null then t.value else a.value end as adjusted_value,
    case when a.metric is null then t.attainment else a.attainment end as adjusted_attainment,
    coalesce(a.amount, t.amount) as adjusted_amount
from terms as t
left join adjusted as a
    on a.platform = t.platform and a.shop_id = t.shop_id and a.agent_id = t.agent_id and a.month = t.month
    and a.metric = t.metric
