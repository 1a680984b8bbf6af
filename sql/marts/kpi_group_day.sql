/* model
description: One row per group of agents and business day with all KPIs of the day; a rate stands beside both its sides.
grain: [platform, shop_id, agent_group, dt]
scope: day
stored: true
partition: dt
publish: true
columns:
  agent_group: group that the agents belonged to on the day, '' = none
checks:
  received_is_replied_or_not: replied_buyers + unreplied_buyers <= received_buyers
  converted_is_ordered: paid_buyers_final <= ordered_buyers_final and ordered_buyers_final <= inquiry_buyers
  inquired_is_received: inquiry_buyers <= received_buyers
  slow_is_received: slow_buyers <= received_buyers
  lost_is_inquired: lost_buyers <= inquiry_buyers
  quick_is_answered: quick_turns <= response_turns
  within_is_unit: reply_within_ok <= reply_within_units
  rated_is_graded: good + neutral + bad = rated
  reminded_paid_is_reminded: reminded_paid_buyers <= reminded_buyers
  met_is_due: sla_met_cases <= sla_due_cases and sla_due_cases <= cases_opened
  retained_is_served: same_product_buyers <= retained_buyers and retained_buyers <= served_buyers
*/
select platform, shop_id, entity as agent_group, dt,
    received_buyers, inquiry_buyers, ordered_buyers_same_day, ordered_buyers_final, paid_buyers_next_day,
    paid_buyers_final, inquiry_to_order_same_day_rate, inquiry_to_order_rate, inquiry_to_pay_next_day_rate,
    inquiry_to_pay_rate, order_buyers, order_paid_buyers_same_day, order_to_pay_same_day_rate, order_paid_buyers,
    order_to_pay_rate, consulted_buyers, ordered_unpaid_buyers, other_agent_buyers, shipped_buyers_final,
    inquiry_to_shipped_rate, shipped_amount, lost_buyers, lost_rate, sales_amount, sales_amount_by_order,
    sales_amount_by_order_then_pay, sales_amount_by_pay, sales_buyers_by_order, sales_buyers_by_order_then_pay,
    sales_buyers_by_pay, own_paid_amount, own_order_others_pay_amount, others_order_own_pay_amount, silent_own_pay_amount,
    silent_follow_up_amount, assisted_orders, sales_orders, sales_buyers, sales_items, amount_per_buyer, items_per_buyer,
    amount_per_item, inquiry_value, refunded_amount, net_sales_amount, inquiry_deal_amount, inquiry_deal_items,
    inquiry_deal_buyers, inquiry_deal_amount_per_item, inquiry_deal_amount_per_buyer, inquiry_deal_items_per_buyer,
    receptions, buyer_messages, agent_messages, answer_ratio, replied_buyers, unreplied_buyers, reply_rate,
    first_response_turns, first_response_sum_s, first_response_avg_s, response_turns, response_sum_s, response_avg_s,
    response_p50_s, response_p90_s, slow_buyers, slow_rate, reply_within_units, reply_within_ok, reply_within_rate,
    long_receptions, quick_turns, quick_rate, agent_chars, handed_over_receptions, chat_transfer_rate, earliest_online_at,
    latest_online_at, logins, online_hours, online_accounts, online_hours_avg, invited, rated, good, neutral, bad,
    good_rate, participation_rate, score_sum, score_avg, csat_good, csat_rated, csat, deals, refunds, refund_rate,
    disputes, dispute_rate, refunds_completed, self_completed, self_completed_rate, refund_hours_sum,
    refund_duration_avg_h, complaints, complaint_rate,
    reminded_buyers, reminded_paid_buyers, remind_success_rate, recommended_buyers, recommended_bought,
    recommend_success_rate, recommended_amount, concurrency_max, concurrency_avg, cases_opened, cases_resolved,
    resolution_rate, resolution_hours_sum, resolution_avg_h, sla_met_cases, sla_due_cases, sla_met_rate, transferred_cases,
    transfer_rate, repeat_cases, repeat_contact_rate, kb_lookups, kb_lookups_per_case, nps_promoters, nps_detractors,
    nps_responses, nps, served_buyers, retained_buyers, same_product_buyers, retention_rate, churn_rate,
    same_product_repurchase_rate, trainings, labour_cost, cost_per_case, sales_per_cost
from int_day_kpis
join int_day_care_kpis using (platform, shop_id, grain, entity, dt)
where grain = 'group'
