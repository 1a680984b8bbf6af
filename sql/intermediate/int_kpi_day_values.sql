/* model
description: One row per agent, group of agents or shop and day, with the numbers of its KPIs as one list in the order of the catalogue.
grain: [platform, shop_id, grain, entity, dt, window_days]
scope: full
materialized: view
columns:
  grain: agent, group or shop
  entity: agent, group of the day ('' = none), or empty at shop grain
  amounts: a KPI stands at its position in dim_metric; NULL where the table has none or it is no number
*/
select platform, shop_id, 'agent' as grain, agent_id as entity, dt, cast(1 as integer) as window_days,
    array[
        received_buyers, inquiry_buyers, ordered_buyers_same_day, ordered_buyers_final, paid_buyers_next_day,
        paid_buyers_final, inquiry_to_order_same_day_rate, inquiry_to_order_rate, inquiry_to_pay_next_day_rate,
        inquiry_to_pay_rate, order_buyers, order_paid_buyers_same_day, order_to_pay_same_day_rate, order_paid_buyers,
        order_to_pay_rate, consulted_buyers, ordered_unpaid_buyers, other_agent_buyers, shipped_buyers_final,
        inquiry_to_shipped_rate, shipped_amount, lost_buyers, lost_rate, null, null, null, sales_amount,
        sales_amount_by_order, sales_amount_by_order_then_pay, sales_amount_by_pay, sales_buyers_by_order,
        sales_buyers_by_order_then_pay, sales_buyers_by_pay, own_paid_amount, own_order_others_pay_amount,
        others_order_own_pay_amount, silent_own_pay_amount, silent_follow_up_amount, assisted_orders, sales_orders,
        sales_buyers, sales_items, amount_per_buyer, items_per_buyer, amount_per_item, inquiry_value, refunded_amount,
        net_sales_amount, inquiry_deal_amount, inquiry_deal_items, inquiry_deal_buyers, inquiry_deal_amount_per_item,
        inquiry_deal_amount_per_buyer, inquiry_deal_items_per_buyer, null, null, null, null, null, null, null, null,
        reminded_buyers, reminded_paid_buyers, remind_success_rate, recommended_buyers, recommended_bought,
        recommend_success_rate, recommended_amount, receptions, buyer_messages, agent_messages, answer_ratio,
        replied_buyers, unreplied_buyers, reply_rate, first_response_turns, first_response_sum_s, first_response_avg_s,
        response_turns, response_sum_s, response_avg_s, response_p50_s, response_p90_s, slow_buyers, slow_rate,
        reply_within_units, reply_within_ok, reply_within_rate, long_receptions, quick_turns, quick_rate, agent_chars,
        handed_over_receptions, chat_transfer_rate, null, null, logins, null, online_hours, online_accounts,
        online_hours_avg, concurrency_max, concurrency_avg, invited, rated, good, neutral, bad, good_rate,
        participation_rate, score_sum, score_avg, csat_good, csat_rated, csat, deals, refunds, refund_rate, disputes,
        dispute_rate, refunds_completed, self_completed, self_completed_rate, refund_hours_sum, refund_duration_avg_h,
        complaints, complaint_rate, null, null, null, null, null, null, null, null, null, cases_opened, cases_resolved,
        resolution_rate, resolution_hours_sum, resolution_avg_h, sla_met_cases, sla_due_cases, sla_met_rate,
        transferred_cases, transfer_rate, repeat_cases, repeat_contact_rate, kb_lookups, kb_lookups_per_case,
        nps_promoters, nps_detractors, nps_responses, nps, served_buyers, retained_buyers, same_product_buyers,
        retention_rate, churn_rate, same_product_repurchase_rate, null, null, null, trainings, labour_cost, cost_per_case,
        sales_per_cost, null, null, null, null, null, null, null, null
    ] as amounts
from kpi_agent_day
union all
select platform, shop_id, 'group' as grain, agent_group as entity, dt, cast(1 as integer) as window_days,
    array[
        received_buyers, inquiry_buyers, ordered_buyers_same_day, ordered_buyers_final, paid_buyers_next_day,
        paid_buyers_final, inquiry_to_order_same_day_rate, inquiry_to_order_rate, inquiry_to_pay_next_day_rate,
        inquiry_to_pay_rate, order_buyers, order_paid_buyers_same_day, order_to_pay_same_day_rate, order_paid_buyers,
        order_to_pay_rate, consulted_buyers, ordered_unpaid_buyers, other_agent_buyers, shipped_buyers_final,
        inquiry_to_shipped_rate, shipped_amount, lost_buyers, lost_rate, null, null, null, sales_amount,
        sales_amount_by_order, sales_amount_by_order_then_pay, sales_amount_by_pay, sales_buyers_by_order,
        sales_buyers_by_order_then_pay, sales_buyers_by_pay, own_paid_amount, own_order_others_pay_amount,
        others_order_own_pay_amount, silent_own_pay_amount, silent_follow_up_amount, assisted_orders, sales_orders,
        sales_buyers, sales_items, amount_per_buyer, items_per_buyer, amount_per_item, inquiry_value, refunded_amount,
        net_sales_amount, inquiry_deal_amount, inquiry_deal_items, inquiry_deal_buyers, inquiry_deal_amount_per_item,
        inquiry_deal_amount_per_buyer, inquiry_deal_items_per_buyer, null, null, null, null, null, null, null, null,
        reminded_buyers, reminded_paid_buyers, remind_success_rate, recommended_buyers, recommended_bought,
        recommend_success_rate, recommended_amount, receptions, buyer_messages, agent_messages, answer_ratio,
        replied_buyers, unreplied_buyers, reply_rate, first_response_turns, first_response_sum_s, first_response_avg_s,
        response_turns, response_sum_s, response_avg_s, response_p50_s, response_p90_s, slow_buyers, slow_rate,
        reply_within_units, reply_within_ok, reply_within_rate, long_receptions, quick_turns, quick_rate, agent_chars,
        handed_over_receptions, chat_transfer_rate, null, null, logins, null, online_hours, online_accounts,
        online_hours_avg, concurrency_max, concurrency_avg, invited, rated, good, neutral, bad, good_rate,
        participation_rate, score_sum, score_avg, csat_good, csat_rated, csat, deals, refunds, refund_rate, disputes,
        dispute_rate, refunds_completed, self_completed, self_completed_rate, refund_hours_sum, refund_duration_avg_h,
        complaints, complaint_rate, null, null, null, null, null, null, null, null, null, cases_opened, cases_resolved,
        resolution_rate, resolution_hours_sum, resolution_avg_h, sla_met_cases, sla_due_cases, sla_met_rate,
        transferred_cases, transfer_rate, repeat_cases, repeat_contact_rate, kb_lookups, kb_lookups_per_case,
        nps_promoters, nps_detractors, nps_responses, nps, served_buyers, retained_buyers, same_product_buyers,
        retention_rate, churn_rate, same_product_repurchase_rate, null, null, null, trainings, labour_cost, cost_per_case,
        sales_per_cost, null, null, null, null, null, null, null, null
    ] as amounts
from kpi_group_day
union all
select platform, shop_id, 'shop' as grain, '' as entity, dt, cast(1 as integer) as window_days,
    array[
        received_buyers, inquiry_buyers, ordered_buyers_same_day, ordered_buyers_final, paid_buyers_next_day,
        paid_buyers_final, inquiry_to_order_same_day_rate, inquiry_to_order_rate, inquiry_to_pay_next_day_rate,
        inquiry_to_pay_rate, order_buyers, order_paid_buyers_same_day, order_to_pay_same_day_rate, order_paid_buyers,
        order_to_pay_rate, consulted_buyers, ordered_unpaid_buyers, other_agent_buyers, shipped_buyers_final,
        inquiry_to_shipped_rate, shipped_amount, lost_buyers, lost_rate, placed_orders, placed_orders_paid, pay_rate,
        sales_amount, sales_amount_by_order, sales_amount_by_order_then_pay, sales_amount_by_pay, sales_buyers_by_order,
        sales_buyers_by_order_then_pay, sales_buyers_by_pay, own_paid_amount, own_order_others_pay_amount,
        others_order_own_pay_amount, silent_own_pay_amount, silent_follow_up_amount, assisted_orders, sales_orders,
        sales_buyers, sales_items, amount_per_buyer, items_per_buyer, amount_per_item, inquiry_value, refunded_amount,
        net_sales_amount, inquiry_deal_amount, inquiry_deal_items, inquiry_deal_buyers, inquiry_deal_amount_per_item,
        inquiry_deal_amount_per_buyer, inquiry_deal_items_per_buyer, valid_paid_amount, uncredited_amount, excluded_amount,
        shop_paid_amount, unlinked_amount, silent_amount, assisted_amount, assisted_share, reminded_buyers,
        reminded_paid_buyers, remind_success_rate, recommended_buyers, recommended_bought, recommend_success_rate,
        recommended_amount, receptions, buyer_messages, agent_messages, answer_ratio, replied_buyers, unreplied_buyers,
        reply_rate, first_response_turns, first_response_sum_s, first_response_avg_s, response_turns, response_sum_s,
        response_avg_s, response_p50_s, response_p90_s, slow_buyers, slow_rate, reply_within_units, reply_within_ok,
        reply_within_rate, long_receptions, quick_turns, quick_rate, agent_chars, handed_over_receptions,
        chat_transfer_rate, null, null, logins, coverage_hours, online_hours, online_accounts, online_hours_avg,
        concurrency_max, concurrency_avg, invited, rated, good, neutral, bad, good_rate, participation_rate, score_sum,
        score_avg, csat_good, csat_rated, csat, deals, refunds, refund_rate, disputes, dispute_rate, refunds_completed,
        self_completed, self_completed_rate, refund_hours_sum, refund_duration_avg_h, complaints, complaint_rate, null,
        null, null, null, null, null, null, null, null, cases_opened, cases_resolved, resolution_rate,
        resolution_hours_sum, resolution_avg_h, sla_met_cases, sla_due_cases, sla_met_rate, transferred_cases,
        transfer_rate, repeat_cases, repeat_contact_rate, kb_lookups, kb_lookups_per_case, nps_promoters, nps_detractors,
        nps_responses, nps, served_buyers, retained_buyers, same_product_buyers, retention_rate, churn_rate,
        same_product_repurchase_rate, null, null, null, trainings, labour_cost, cost_per_case, sales_per_cost,
        agents_employed, agents_left, agent_turnover_rate, null, null, null, null, null
    ] as amounts
from kpi_shop_day
