/* model
description: >
  One row per agent, group of agents or shop, as-of day and window of 7, 28, 30 or 180 days with data in it, with all KPIs of
  the window; rates are ratios of the window's sums.
grain: [platform, shop_id, grain, entity, dt, window_days]
scope: window
stored: false
materialized: view
columns:
  grain: agent, group or shop
  entity: agent, group of the day ('' = none), or empty at shop grain
*/
with

sums as (select * from int_window_sums)

select s.platform, s.shop_id, s.grain, s.entity, s.dt, s.window_days,
    s.received_buyers, s.inquiry_buyers, s.ordered_buyers_same_day, s.ordered_buyers_final, s.paid_buyers_next_day,
    s.paid_buyers_final,
    safe_ratio(s.ordered_buyers_same_day, s.inquiry_buyers) as inquiry_to_order_same_day_rate,
    safe_ratio(s.ordered_buyers_final, s.inquiry_buyers) as inquiry_to_order_rate,
    safe_ratio(s.paid_buyers_next_day, s.inquiry_buyers) as inquiry_to_pay_next_day_rate,
    safe_ratio(s.paid_buyers_final, s.inquiry_buyers) as inquiry_to_pay_rate,
    s.order_buyers, s.order_paid_buyers_same_day,
    safe_ratio(s.order_paid_buyers_same_day, s.order_buyers) as order_to_pay_same_day_rate,
    s.order_paid_buyers,
    safe_ratio(s.order_paid_buyers, s.order_buyers) as order_to_pay_rate,
    s.consulted_buyers, s.ordered_unpaid_buyers, s.other_agent_buyers, s.shipped_buyers_final,
    safe_ratio(s.shipped_buyers_final, s.inquiry_buyers) as inquiry_to_shipped_rate,
    s.shipped_amount, s.lost_buyers,
    safe_ratio(s.lost_buyers, s.inquiry_buyers) as lost_rate,
    s.placed_orders, s.placed_orders_paid,
    safe_ratio(s.placed_orders_paid, s.placed_orders) as pay_rate,
    s.sales_amount, s.sales_amount_by_order, s.sales_amount_by_order_then_pay, s.sales_amount_by_pay,
    s.sales_buyers_by_order, s.sales_buyers_by_order_then_pay, s.sales_buyers_by_pay, s.own_paid_amount,
    s.own_order_others_pay_amount, s.others_order_own_pay_amount, s.silent_own_pay_amount, s.silent_follow_up_amount,
    s.assisted_orders, s.sales_orders, s.sales_buyers, s.sales_items,
    safe_ratio(s.sales_amount, s.sales_buyers) as amount_per_buyer,
    safe_ratio(s.sales_items, s.sales_buyers) as items_per_buyer,
    safe_ratio(s.sales_amount, s.sales_items) as amount_per_item,
    safe_ratio(s.sales_amount, s.inquiry_buyers) as inquiry_value,
    s.refunded_amount,
    cast(s.sales_amount - s.refunded_amount as decimal(18, 6)) as net_sales_amount,
    s.inquiry_deal_amount, s.inquiry_deal_items, s.inquiry_deal_buyers,
    safe_ratio(s.inquiry_deal_amount, s.inquiry_deal_items) as inquiry_deal_amount_per_item,
    safe_ratio(s.inquiry_deal_amount, s.inquiry_deal_buyers) as inquiry_deal_amount_per_buyer,
    safe_ratio(s.inquiry_deal_items, s.inquiry_deal_buyers) as inquiry_deal_items_per_buyer,
    s.valid_paid_amount, s.uncredited_amount, s.excluded_amount, s.shop_paid_amount, s.unlinked_amount, s.silent_amount,
    s.assisted_amount,
    safe_ratio(s.assisted_amount, s.valid_paid_amount) as assisted_share,
    s.receptions, s.buyer_messages, s.agent_messages,
    safe_ratio(s.agent_messages, s.buyer_messages) as answer_ratio,
    s.replied_buyers, s.unreplied_buyers,
    safe_ratio(s.replied_buyers, s.replied_buyers + s.unreplied_buyers) as reply_rate,
    s.first_response_turns, s.first_response_sum_s,
    safe_ratio(s.first_response_sum_s, s.first_response_turns) as first_response_avg_s,
    s.response_turns, s.response_sum_s,
    safe_ratio(s.response_sum_s, s.response_turns) as response_avg_s,
    q.response_p50_s, q.response_p90_s, s.slow_buyers,
    safe_ratio(s.slow_buyers, s.received_buyers) as slow_rate,
    s.reply_within_units, s.reply_within_ok,
    safe_ratio(s.reply_within_ok, s.reply_within_units) as reply_within_rate,
    s.long_receptions, s.quick_turns,
    safe_ratio(s.quick_turns, s.response_turns) as quick_rate,
    s.agent_chars, s.handed_over_receptions,
    safe_ratio(s.handed_over_receptions, s.receptions) as chat_transfer_rate,
    s.logins,
    cast(s.coverage_us as double) / 3600000000 as coverage_hours,
    cast(s.online_us as double) / 3600000000 as online_hours,
    s.online_accounts,
    safe_ratio(cast(s.online_us as double) / 3600000000, s.online_accounts) as online_hours_avg,
    s.invited, s.rated, s.good, s.neutral, s.bad,
    safe_ratio(s.good, s.good + s.neutral + s.bad) as good_rate,
    safe_ratio(s.rated, s.invited) as participation_rate,
    s.score_sum,
    safe_ratio(s.score_sum, s.rated) as score_avg,
    s.csat_good, s.csat_rated,
    safe_ratio(s.csat_good, s.csat_rated) as csat,
    s.deals, s.refunds,
    safe_ratio(s.refunds, s.deals) as refund_rate,
    s.disputes,
    safe_ratio(s.disputes, s.deals) as dispute_rate,
    s.refunds_completed, s.self_completed,
    safe_ratio(s.self_completed, s.refunds_completed) as self_completed_rate,
    cast(s.refund_us_sum as double) / 3600000000 as refund_hours_sum,
    safe_ratio(cast(s.refund_us_sum as double) / 3600000000, s.refunds_completed) as refund_duration_avg_h,
    s.complaints,
    safe_ratio(s.complaints, s.deals) as complaint_rate,
    r.dsr_service_sum, r.dsr_service_count,
    safe_ratio(r.dsr_service_sum, r.dsr_service_count) as dsr_service,
    r.dsr_item_sum, r.dsr_item_count,
    safe_ratio(r.dsr_item_sum, r.dsr_item_count) as dsr_item,
    r.dsr_logistics_sum, r.dsr_logistics_count,
    safe_ratio(r.dsr_logistics_sum, r.dsr_logistics_count) as dsr_logistics,
    coalesce(d.distinct_received_buyers, 0) as distinct_received_buyers,
    coalesce(d.distinct_inquiry_buyers, 0) as distinct_inquiry_buyers,
    coalesce(d.distinct_sales_buyers, 0) as distinct_sales_buyers,
    coalesce(d.distinct_refund_buyers, 0) as distinct_refund_buyers,
    coalesce(d.repeat_buyers, 0) as repeat_buyers
from sums s
left join int_window_distinct d
    on d.platform = s.platform and d.shop_id = s.shop_id and d.grain = s.grain and d.entity = s.entity
    and d.dt = s.dt and d.window_days = s.window_days
left join int_window_quantiles q
    on q.platform = s.platform and q.shop_id = s.shop_id and q.grain = s.grain and q.entity = s.entity
    and q.dt = s.dt and q.window_days = s.window_days
left join int_window_dsr r
    on r.platform = s.platform and r.shop_id = s.shop_id and r.grain = s.grain and r.entity = s.entity
    and r.dt = s.dt and r.window_days = s.window_days
