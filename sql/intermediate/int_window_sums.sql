/* model
description: One row per agent, group of agents or shop, as-of day and window with data in it, with the sums of the window's days.
grain: [platform, shop_id, grain, entity, dt, window_days]
scope: window
stored: false
columns:
  grain: agent, group or shop
  entity: agent, group of the day ('' = none), or empty at shop grain
*/
with

asofs as (select * from int_window_asofs),

totals as (select * from int_window_totals)

-- What has added up to the as-of day, less what had before the window.
select a.platform, a.shop_id, a.grain, a.entity, a.dt, a.window_days,
    cast(e.inquiry_buyers - coalesce(b.inquiry_buyers, 0) as bigint) as inquiry_buyers,
    cast(e.ordered_buyers_same_day - coalesce(b.ordered_buyers_same_day, 0) as bigint) as ordered_buyers_same_day,
    cast(e.ordered_buyers_final - coalesce(b.ordered_buyers_final, 0) as bigint) as ordered_buyers_final,
    cast(e.paid_buyers_next_day - coalesce(b.paid_buyers_next_day, 0) as bigint) as paid_buyers_next_day,
    cast(e.paid_buyers_final - coalesce(b.paid_buyers_final, 0) as bigint) as paid_buyers_final,
    cast(e.ordered_unpaid_buyers - coalesce(b.ordered_unpaid_buyers, 0) as bigint) as ordered_unpaid_buyers,
    cast(e.other_agent_buyers - coalesce(b.other_agent_buyers, 0) as bigint) as other_agent_buyers,
    cast(e.lost_buyers - coalesce(b.lost_buyers, 0) as bigint) as lost_buyers,
    cast(e.shipped_buyers_final - coalesce(b.shipped_buyers_final, 0) as bigint) as shipped_buyers_final,
    cast(e.shipped_amount - coalesce(b.shipped_amount, 0) as decimal(18, 2)) as shipped_amount,
    cast(e.order_buyers - coalesce(b.order_buyers, 0) as bigint) as order_buyers,
    cast(e.order_paid_buyers_same_day - coalesce(b.order_paid_buyers_same_day, 0) as bigint) as order_paid_buyers_same_day,
    cast(e.order_paid_buyers - coalesce(b.order_paid_buyers, 0) as bigint) as order_paid_buyers,
    cast(e.placed_orders - coalesce(b.placed_orders, 0) as bigint) as placed_orders,
    cast(e.placed_orders_paid - coalesce(b.placed_orders_paid, 0) as bigint) as placed_orders_paid,
    cast(e.valid_paid_amount - coalesce(b.valid_paid_amount, 0) as decimal(18, 6)) as valid_paid_amount,
    cast(e.uncredited_amount - coalesce(b.uncredited_amount, 0) as decimal(18, 6)) as uncredited_amount,
    cast(e.excluded_amount - coalesce(b.excluded_amount, 0) as decimal(18, 6)) as excluded_amount,
    cast(e.shop_paid_amount - coalesce(b.shop_paid_amount, 0) as decimal(18, 6)) as shop_paid_amount,
    cast(e.unlinked_amount - coalesce(b.unlinked_amount, 0) as decimal(18, 2)) as unlinked_amount,
    cast(e.silent_amount - coalesce(b.silent_amount, 0) as decimal(18, 2)) as silent_amount,
    cast(e.assisted_amount - coalesce(b.assisted_amount, 0) as decimal(18, 2)) as assisted_amount,
    cast(e.sales_amount - coalesce(b.sales_amount, 0) as decimal(18, 6)) as sales_amount,
    cast(e.sales_amount_by_order - coalesce(b.sales_amount_by_order, 0) as decimal(18, 6)) as sales_amount_by_order,
    cast(e.sales_amount_by_order_then_pay - coalesce(b.sales_amount_by_order_then_pay, 0) as decimal(18, 6)) as sales_amount_by_order_then_pay,
    cast(e.sales_amount_by_pay - coalesce(b.sales_amount_by_pay, 0) as decimal(18, 6)) as sales_amount_by_pay,
    cast(e.sales_buyers_by_order - coalesce(b.sales_buyers_by_order, 0) as bigint) as sales_buyers_by_order,
    cast(e.sales_buyers_by_order_then_pay - coalesce(b.sales_buyers_by_order_then_pay, 0) as bigint) as sales_buyers_by_order_then_pay,
    cast(e.sales_buyers_by_pay - coalesce(b.sales_buyers_by_pay, 0) as bigint) as sales_buyers_by_pay,
    cast(e.own_paid_amount - coalesce(b.own_paid_amount, 0) as decimal(18, 2)) as own_paid_amount,
    cast(e.own_order_others_pay_amount - coalesce(b.own_order_others_pay_amount, 0) as decimal(18, 2)) as own_order_others_pay_amount,
    cast(e.others_order_own_pay_amount - coalesce(b.others_order_own_pay_amount, 0) as decimal(18, 2)) as others_order_own_pay_amount,
    cast(e.silent_own_pay_amount - coalesce(b.silent_own_pay_amount, 0) as decimal(18, 2)) as silent_own_pay_amount,
    cast(e.silent_follow_up_amount - coalesce(b.silent_follow_up_amount, 0) as decimal(18, 2)) as silent_follow_up_amount,
    cast(e.assisted_orders - coalesce(b.assisted_orders, 0) as bigint) as assisted_orders,
    cast(e.sales_orders - coalesce(b.sales_orders, 0) as bigint) as sales_orders,
    cast(e.sales_buyers - coalesce(b.sales_buyers, 0) as bigint) as sales_buyers,
    cast(e.sales_items - coalesce(b.sales_items, 0) as decimal(18, 6)) as sales_items,
    cast(e.inquiry_deal_amount - coalesce(b.inquiry_deal_amount, 0) as decimal(18, 2)) as inquiry_deal_amount,
    cast(e.inquiry_deal_items - coalesce(b.inquiry_deal_items, 0) as bigint) as inquiry_deal_items,
    cast(e.inquiry_deal_buyers - coalesce(b.inquiry_deal_buyers, 0) as bigint) as inquiry_deal_buyers,
    cast(e.deals - coalesce(b.deals, 0) as decimal(18, 6)) as deals,
    cast(e.refunds - coalesce(b.refunds, 0) as decimal(18, 6)) as refunds,
    cast(e.disputes - coalesce(b.disputes, 0) as decimal(18, 6)) as disputes,
    cast(e.refunds_completed - coalesce(b.refunds_completed, 0) as decimal(18, 6)) as refunds_completed,
    cast(e.self_completed - coalesce(b.self_completed, 0) as decimal(18, 6)) as self_completed,
    cast(e.refund_us_sum - coalesce(b.refund_us_sum, 0) as decimal(38, 6)) as refund_us_sum,
    cast(e.refunded_amount - coalesce(b.refunded_amount, 0) as decimal(18, 6)) as refunded_amount,
    cast(e.complaints - coalesce(b.complaints, 0) as decimal(18, 6)) as complaints,
    cast(e.receptions - coalesce(b.receptions, 0) as bigint) as receptions,
    cast(e.received_buyers - coalesce(b.received_buyers, 0) as bigint) as received_buyers,
    cast(e.replied_buyers - coalesce(b.replied_buyers, 0) as bigint) as replied_buyers,
    cast(e.unreplied_buyers - coalesce(b.unreplied_buyers, 0) as bigint) as unreplied_buyers,
    cast(e.handed_over_receptions - coalesce(b.handed_over_receptions, 0) as bigint) as handed_over_receptions,
    cast(e.slow_buyers - coalesce(b.slow_buyers, 0) as bigint) as slow_buyers,
    cast(e.long_receptions - coalesce(b.long_receptions, 0) as bigint) as long_receptions,
    cast(e.buyer_messages - coalesce(b.buyer_messages, 0) as bigint) as buyer_messages,
    cast(e.agent_messages - coalesce(b.agent_messages, 0) as bigint) as agent_messages,
    cast(e.agent_chars - coalesce(b.agent_chars, 0) as bigint) as agent_chars,
    cast(e.first_response_turns - coalesce(b.first_response_turns, 0) as bigint) as first_response_turns,
    cast(e.first_response_sum_s - coalesce(b.first_response_sum_s, 0) as bigint) as first_response_sum_s,
    cast(e.response_turns - coalesce(b.response_turns, 0) as bigint) as response_turns,
    cast(e.response_sum_s - coalesce(b.response_sum_s, 0) as bigint) as response_sum_s,
    cast(e.quick_turns - coalesce(b.quick_turns, 0) as bigint) as quick_turns,
    cast(e.consulted_buyers - coalesce(b.consulted_buyers, 0) as bigint) as consulted_buyers,
    cast(e.reply_within_units - coalesce(b.reply_within_units, 0) as bigint) as reply_within_units,
    cast(e.reply_within_ok - coalesce(b.reply_within_ok, 0) as bigint) as reply_within_ok,
    cast(e.invited - coalesce(b.invited, 0) as bigint) as invited,
    cast(e.rated - coalesce(b.rated, 0) as bigint) as rated,
    cast(e.good - coalesce(b.good, 0) as bigint) as good,
    cast(e.neutral - coalesce(b.neutral, 0) as bigint) as neutral,
    cast(e.bad - coalesce(b.bad, 0) as bigint) as bad,
    cast(e.score_sum - coalesce(b.score_sum, 0) as bigint) as score_sum,
    cast(e.csat_good - coalesce(b.csat_good, 0) as bigint) as csat_good,
    cast(e.csat_rated - coalesce(b.csat_rated, 0) as bigint) as csat_rated,
    cast(e.online_us - coalesce(b.online_us, 0) as bigint) as online_us,
    cast(e.coverage_us - coalesce(b.coverage_us, 0) as bigint) as coverage_us,
    cast(e.logins - coalesce(b.logins, 0) as bigint) as logins,
    cast(e.online_accounts - coalesce(b.online_accounts, 0) as bigint) as online_accounts
from asofs a
join totals e
    on e.platform = a.platform and e.shop_id = a.shop_id and e.grain = a.grain and e.entity = a.entity
    and e.dt = a.last_data_dt
left join totals b
    on b.platform = a.platform and b.shop_id = a.shop_id and b.grain = a.grain and b.entity = a.entity
    and b.dt = a.data_before_dt
