/* model
description: >
  One row per agent, group of agents or shop and calendar month of business days with any data, with the sums that its KPIs
  are made of as one list in the order of the catalogue.
grain: [platform, shop_id, grain, entity, month]
scope: full
stored: false
columns:
  grain: agent, group or shop
  entity: agent, group of the day ('' = none), or empty at shop grain
  month: first day of the month
  month_end: last day of the month
  last_data_dt: last day of the month with data
  days: days of the month with data
  amounts: "exact sums: a KPI stands at its position in dim_metric, times in microseconds; NULL what is no sum of days"
*/
with

counts as (select * from int_day_counts),

care as (select * from int_day_care_counts),

sums as (
    select k.platform, k.shop_id, k.grain, k.entity, month_of(k.dt) as month, max(k.dt) as last_data_dt,
        count(*) as days,
        array[
            cast(sum(k.received_buyers) as decimal(38, 6)), cast(sum(k.inquiry_buyers) as decimal(38, 6)),
            cast(sum(k.ordered_buyers_same_day) as decimal(38, 6)), cast(sum(k.ordered_buyers_final) as decimal(38, 6)),
            cast(sum(k.paid_buyers_next_day) as decimal(38, 6)), cast(sum(k.paid_buyers_final) as decimal(38, 6)), null,
            null, null, null, cast(sum(k.order_buyers) as decimal(38, 6)),
            cast(sum(k.order_paid_buyers_same_day) as decimal(38, 6)), null,
            cast(sum(k.order_paid_buyers) as decimal(38, 6)), null, cast(sum(k.consulted_buyers) as decimal(38, 6)),
            cast(sum(k.ordered_unpaid_buyers) as decimal(38, 6)), cast(sum(k.other_agent_buyers) as decimal(38, 6)),
            cast(sum(k.shipped_buyers_final) as decimal(38, 6)), null, cast(sum(k.shipped_amount) as decimal(38, 6)),
            cast(sum(k.lost_buyers) as decimal(38, 6)), null, cast(sum(k.placed_orders) as decimal(38, 6)),
            cast(sum(k.placed_orders_paid) as decimal(38, 6)), null, cast(sum(k.sales_amount) as decimal(38, 6)),
            cast(sum(k.sales_amount_by_order) as decimal(38, 6)),
            cast(sum(k.sales_amount_by_order_then_pay) as decimal(38, 6)),
            cast(sum(k.sales_amount_by_pay) as decimal(38, 6)), cast(sum(k.sales_buyers_by_order) as decimal(38, 6)),
            cast(sum(k.sales_buyers_by_order_then_pay) as decimal(38, 6)),
            cast(sum(k.sales_buyers_by_pay) as decimal(38, 6)), cast(sum(k.own_paid_amount) as decimal(38, 6)),
            cast(sum(k.own_order_others_pay_amount) as decimal(38, 6)),
            cast(sum(k.others_order_own_pay_amount) as decimal(38, 6)),
            cast(sum(k.silent_own_pay_amount) as decimal(38, 6)), cast(sum(k.silent_follow_up_amount) as decimal(38, 6)),
            cast(sum(k.assisted_orders) as decimal(38, 6)), cast(sum(k.sales_orders) as decimal(38, 6)),
            cast(sum(k.sales_buyers) as decimal(38, 6)), cast(sum(k.sales_items) as decimal(38, 6)), null, null, null, null,
            cast(sum(k.refunded_amount) as decimal(38, 6)), cast(sum(k.sales_amount - k.refunded_amount) as decimal(38, 6)),
            cast(sum(k.inquiry_deal_amount) as decimal(38, 6)), cast(sum(k.inquiry_deal_items) as decimal(38, 6)),
            cast(sum(k.inquiry_deal_buyers) as decimal(38, 6)), null, null, null,
            cast(sum(k.valid_paid_amount) as decimal(38, 6)), cast(sum(k.uncredited_amount) as decimal(38, 6)),
            cast(sum(k.excluded_amount) as decimal(38, 6)), cast(sum(k.shop_paid_amount) as decimal(38, 6)),
            cast(sum(k.unlinked_amount) as decimal(38, 6)), cast(sum(k.silent_amount) as decimal(38, 6)),
            cast(sum(k.assisted_amount) as decimal(38, 6)), null,
            cast(coalesce(sum(c.reminded_buyers), 0) as decimal(38, 6)),
            cast(coalesce(sum(c.reminded_paid_buyers), 0) as decimal(38, 6)), null,
            cast(coalesce(sum(c.recommended_buyers), 0) as decimal(38, 6)),
            cast(coalesce(sum(c.recommended_bought), 0) as decimal(38, 6)), null,
            cast(coalesce(sum(c.recommended_amount), 0) as decimal(38, 6)), cast(sum(k.receptions) as decimal(38, 6)),
            cast(sum(k.buyer_messages) as decimal(38, 6)), cast(sum(k.agent_messages) as decimal(38, 6)), null,
            cast(sum(k.replied_buyers) as decimal(38, 6)), cast(sum(k.unreplied_buyers) as decimal(38, 6)), null,
            cast(sum(k.first_response_turns) as decimal(38, 6)), cast(sum(k.first_response_sum_s) as decimal(38, 6)), null,
            cast(sum(k.response_turns) as decimal(38, 6)), cast(sum(k.response_sum_s) as decimal(38, 6)), null, null, null,
            cast(sum(k.slow_buyers) as decimal(38, 6)), null, cast(sum(k.reply_within_units) as decimal(38, 6)),
            cast(sum(k.reply_within_ok) as decimal(38, 6)), null, cast(sum(k.long_receptions) as decimal(38, 6)),
            cast(sum(k.quick_turns) as decimal(38, 6)), null, cast(sum(k.agent_chars) as decimal(38, 6)),
            cast(sum(k.handed_over_receptions) as decimal(38, 6)), null, null, null, cast(sum(k.logins) as decimal(38, 6)),
            cast(sum(k.coverage_us) as decimal(38, 6)), cast(sum(k.online_us) as decimal(38, 6)),
            cast(sum(k.online_accounts) as decimal(38, 6)), null, null, null, cast(sum(k.invited) as decimal(38, 6)),
            cast(sum(k.rated) as decimal(38, 6)), cast(sum(k.good) as decimal(38, 6)),
            cast(sum(k.neutral) as decimal(38, 6)), cast(sum(k.bad) as decimal(38, 6)), null, null,
            cast(sum(k.score_sum) as decimal(38, 6)), null, cast(sum(k.csat_good) as decimal(38, 6)),
            cast(sum(k.csat_rated) as decimal(38, 6)), null, cast(sum(k.deals) as decimal(38, 6)),
            cast(sum(k.refunds) as decimal(38, 6)), null, cast(sum(k.disputes) as decimal(38, 6)), null,
            cast(sum(k.refunds_completed) as decimal(38, 6)), cast(sum(k.self_completed) as decimal(38, 6)), null,
            cast(sum(k.refund_us_sum) as decimal(38, 6)), null, cast(sum(k.complaints) as decimal(38, 6)), null, null, null,
            null, null, null, null, null, null, null, cast(coalesce(sum(c.cases_opened), 0) as decimal(38, 6)),
            cast(coalesce(sum(c.cases_resolved), 0) as decimal(38, 6)), null,
            cast(coalesce(sum(c.resolution_us_sum), 0) as decimal(38, 6)), null,
            cast(coalesce(sum(c.sla_met_cases), 0) as decimal(38, 6)),
            cast(coalesce(sum(c.sla_due_cases), 0) as decimal(38, 6)), null,
            cast(coalesce(sum(c.transferred_cases), 0) as decimal(38, 6)), null,
            cast(coalesce(sum(c.repeat_cases), 0) as decimal(38, 6)), null,
            cast(coalesce(sum(c.kb_lookups), 0) as decimal(38, 6)), null,
            cast(coalesce(sum(c.nps_promoters), 0) as decimal(38, 6)),
            cast(coalesce(sum(c.nps_detractors), 0) as decimal(38, 6)),
            cast(coalesce(sum(c.nps_responses), 0) as decimal(38, 6)), null,
            cast(coalesce(sum(c.served_buyers), 0) as decimal(38, 6)), null, null, null, null, null, null, null, null,
            cast(coalesce(sum(c.trainings), 0) as decimal(38, 6)),
            cast(coalesce(sum(c.labour_cost_us), 0) as decimal(38, 6)), null, null, null, null, null, null, null, null,
            null, null
        ] as amounts
    from counts as k
    left join care as c
        on c.platform = k.platform and c.shop_id = k.shop_id and c.grain = k.grain and c.entity = k.entity and c.dt = k.dt
    group by k.platform, k.shop_id, k.grain, k.entity, month_of(k.dt)
)

select platform, shop_id, grain, entity, month,
    plus_days(cast(month + interval '1' month as date), -1) as month_end, last_data_dt, days, amounts
from sums
