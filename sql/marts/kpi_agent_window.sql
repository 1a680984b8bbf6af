/* model
description: One row per agent, as-of day and window of 7, 28, 30 or 180 days with data in it; rates are ratios of the window's sums.
grain: [platform, shop_id, agent_id, dt, window_days]
scope: window
stored: true
partition: dt
publish: true
checks:
  distinct_is_at_most_sum: distinct_received_buyers <= received_buyers and distinct_inquiry_buyers <= inquiry_buyers
  repeat_is_distinct: repeat_buyers <= distinct_sales_buyers
*/
select platform, shop_id, entity as agent_id, dt, window_days,
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
    long_receptions, quick_turns, quick_rate, agent_chars, handed_over_receptions, chat_transfer_rate, logins,
    online_hours, online_accounts, online_hours_avg, invited, rated, good, neutral, bad, good_rate, participation_rate,
    score_sum, score_avg, csat_good, csat_rated, csat, deals, refunds, refund_rate, disputes, dispute_rate,
    refunds_completed, self_completed, self_completed_rate, refund_hours_sum, refund_duration_avg_h, complaints,
    complaint_rate, distinct_received_buyers, distinct_inquiry_buyers, distinct_sales_buyers, distinct_refund_buyers,
    repeat_buyers,
    reminded_buyers, reminded_paid_buyers, remind_success_rate, recommended_buyers, recommended_bought,
    recommend_success_rate, recommended_amount, cases_opened, cases_resolved, resolution_rate, resolution_hours_sum,
    resolution_avg_h, sla_met_cases, sla_due_cases, sla_met_rate, transferred_cases, transfer_rate, repeat_cases,
    repeat_contact_rate, kb_lookups, kb_lookups_per_case, nps_promoters, nps_detractors, nps_responses, nps, served_buyers,
    retained_buyers, same_product_buyers, retention_rate, churn_rate, same_product_repurchase_rate, repurchase_buyers,
    paid_buyers_180, repurchase_rate, trainings, labour_cost, cost_per_case, sales_per_cost
from int_window_kpis
join int_window_care_kpis using (platform, shop_id, grain, entity, dt, window_days)
where grain = 'agent'
