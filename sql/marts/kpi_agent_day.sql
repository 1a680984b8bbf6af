/* model
description: One row per agent and business day with all KPIs of the day; a rate stands beside both its sides.
grain: [platform, shop_id, agent_id, dt]
scope: day
stored: true
partition: dt
publish: true
hidden: [refund_us_sum]
columns:
  refund_us_sum: exact microseconds behind refund_hours_sum
checks:
  received_is_replied_or_not: replied_buyers + unreplied_buyers <= received_buyers
  converted_is_ordered: paid_buyers_final <= ordered_buyers_final and ordered_buyers_final <= inquiry_buyers
  inquired_is_received: inquiry_buyers <= received_buyers
  slow_is_received: slow_buyers <= received_buyers
  lost_is_inquired: lost_buyers <= inquiry_buyers
  quick_is_answered: quick_turns <= response_turns
  within_is_unit: reply_within_ok <= reply_within_units
  rated_is_graded: good + neutral + bad = rated
*/
with

counts as (select * from int_agent_day_counts)

select platform, shop_id, agent_id, dt,
    received_buyers, inquiry_buyers, ordered_buyers_same_day, ordered_buyers_final, paid_buyers_next_day,
    paid_buyers_final,
    safe_ratio(ordered_buyers_same_day, inquiry_buyers) as inquiry_to_order_same_day_rate,
    safe_ratio(ordered_buyers_final, inquiry_buyers) as inquiry_to_order_rate,
    safe_ratio(paid_buyers_next_day, inquiry_buyers) as inquiry_to_pay_next_day_rate,
    safe_ratio(paid_buyers_final, inquiry_buyers) as inquiry_to_pay_rate,
    order_buyers, order_paid_buyers_same_day,
    safe_ratio(order_paid_buyers_same_day, order_buyers) as order_to_pay_same_day_rate,
    order_paid_buyers,
    safe_ratio(order_paid_buyers, order_buyers) as order_to_pay_rate,
    consulted_buyers, ordered_unpaid_buyers, other_agent_buyers, shipped_buyers_final,
    safe_ratio(shipped_buyers_final, inquiry_buyers) as inquiry_to_shipped_rate,
    shipped_amount, lost_buyers,
    safe_ratio(lost_buyers, inquiry_buyers) as lost_rate,
    sales_amount, sales_amount_by_order, sales_amount_by_order_then_pay, sales_amount_by_pay, sales_buyers_by_order,
    sales_buyers_by_order_then_pay, sales_buyers_by_pay, own_paid_amount, own_order_others_pay_amount,
    others_order_own_pay_amount, silent_own_pay_amount, silent_follow_up_amount, assisted_orders, sales_orders,
    sales_buyers, sales_items,
    safe_ratio(sales_amount, sales_buyers) as amount_per_buyer,
    safe_ratio(sales_items, sales_buyers) as items_per_buyer,
    safe_ratio(sales_amount, sales_items) as amount_per_item,
    safe_ratio(sales_amount, inquiry_buyers) as inquiry_value,
    refunded_amount,
    cast(sales_amount - refunded_amount as decimal(18, 6)) as net_sales_amount,
    inquiry_deal_amount, inquiry_deal_items, inquiry_deal_buyers,
    safe_ratio(inquiry_deal_amount, inquiry_deal_items) as inquiry_deal_amount_per_item,
    safe_ratio(inquiry_deal_amount, inquiry_deal_buyers) as inquiry_deal_amount_per_buyer,
    safe_ratio(inquiry_deal_items, inquiry_deal_buyers) as inquiry_deal_items_per_buyer,
    receptions, buyer_messages, agent_messages,
    safe_ratio(agent_messages, buyer_messages) as answer_ratio,
    replied_buyers, unreplied_buyers,
    safe_ratio(replied_buyers, replied_buyers + unreplied_buyers) as reply_rate,
    first_response_turns, first_response_sum_s,
    safe_ratio(first_response_sum_s, first_response_turns) as first_response_avg_s,
    response_turns, response_sum_s,
    safe_ratio(response_sum_s, response_turns) as response_avg_s,
    response_p50_s, response_p90_s, slow_buyers,
    safe_ratio(slow_buyers, received_buyers) as slow_rate,
    reply_within_units, reply_within_ok,
    safe_ratio(reply_within_ok, reply_within_units) as reply_within_rate,
    long_receptions, quick_turns,
    safe_ratio(quick_turns, response_turns) as quick_rate,
    agent_chars, handed_over_receptions,
    safe_ratio(handed_over_receptions, receptions) as chat_transfer_rate,
    earliest_online_at, latest_online_at, logins, online_hours, online_accounts,
    safe_ratio(online_hours, online_accounts) as online_hours_avg,
    invited, rated, good, neutral, bad,
    safe_ratio(good, good + neutral + bad) as good_rate,
    safe_ratio(rated, invited) as participation_rate,
    score_sum,
    safe_ratio(score_sum, rated) as score_avg,
    csat_good, csat_rated,
    safe_ratio(csat_good, csat_rated) as csat,
    deals, refunds,
    safe_ratio(refunds, deals) as refund_rate,
    disputes,
    safe_ratio(disputes, deals) as dispute_rate,
    refunds_completed, self_completed,
    safe_ratio(self_completed, refunds_completed) as self_completed_rate,
    cast(refund_us_sum as double) / 3600000000 as refund_hours_sum,
    safe_ratio(cast(refund_us_sum as double) / 3600000000, refunds_completed) as refund_duration_avg_h,
    complaints,
    safe_ratio(complaints, deals) as complaint_rate,
    refund_us_sum
from counts
