/* model
description: >
  One row per agent, group of agents or shop and business day with its counts and sums from the first day that any window
  reaches to this one.
grain: [platform, shop_id, grain, entity, dt]
scope: window
stored: false
columns:
  grain: agent, group or shop
  entity: agent, group of the day ('' = none), or empty at shop grain
*/
with

spans as (
    select platform, shop_id, plus_days(min(dt), -179) as from_dt, max(dt) as to_dt from days group by platform, shop_id
),

counts as (
    select c.* from int_day_counts c
    join spans s on s.platform = c.platform and s.shop_id = c.shop_id
    where c.dt between s.from_dt and s.to_dt
)

-- Only whole and decimal numbers are added up, so that differences are exact.
select platform, shop_id, grain, entity, dt,
    sum(inquiry_buyers) over w as inquiry_buyers, sum(ordered_buyers_same_day) over w as ordered_buyers_same_day,
    sum(ordered_buyers_final) over w as ordered_buyers_final, sum(paid_buyers_next_day) over w as paid_buyers_next_day,
    sum(paid_buyers_final) over w as paid_buyers_final, sum(ordered_unpaid_buyers) over w as ordered_unpaid_buyers,
    sum(other_agent_buyers) over w as other_agent_buyers, sum(lost_buyers) over w as lost_buyers,
    sum(shipped_buyers_final) over w as shipped_buyers_final, sum(shipped_amount) over w as shipped_amount,
    sum(order_buyers) over w as order_buyers, sum(order_paid_buyers_same_day) over w as order_paid_buyers_same_day,
    sum(order_paid_buyers) over w as order_paid_buyers, sum(placed_orders) over w as placed_orders,
    sum(placed_orders_paid) over w as placed_orders_paid, sum(valid_paid_amount) over w as valid_paid_amount,
    sum(uncredited_amount) over w as uncredited_amount, sum(excluded_amount) over w as excluded_amount,
    sum(shop_paid_amount) over w as shop_paid_amount, sum(unlinked_amount) over w as unlinked_amount,
    sum(silent_amount) over w as silent_amount, sum(assisted_amount) over w as assisted_amount,
    sum(sales_amount) over w as sales_amount, sum(sales_amount_by_order) over w as sales_amount_by_order,
    sum(sales_amount_by_order_then_pay) over w as sales_amount_by_order_then_pay,
    sum(sales_amount_by_pay) over w as sales_amount_by_pay, sum(sales_buyers_by_order) over w as sales_buyers_by_order,
    sum(sales_buyers_by_order_then_pay) over w as sales_buyers_by_order_then_pay,
    sum(sales_buyers_by_pay) over w as sales_buyers_by_pay, sum(own_paid_amount) over w as own_paid_amount,
    sum(own_order_others_pay_amount) over w as own_order_others_pay_amount,
    sum(others_order_own_pay_amount) over w as others_order_own_pay_amount,
    sum(silent_own_pay_amount) over w as silent_own_pay_amount,
    sum(silent_follow_up_amount) over w as silent_follow_up_amount, sum(assisted_orders) over w as assisted_orders,
    sum(sales_orders) over w as sales_orders, sum(sales_buyers) over w as sales_buyers,
    sum(sales_items) over w as sales_items, sum(inquiry_deal_amount) over w as inquiry_deal_amount,
    sum(inquiry_deal_items) over w as inquiry_deal_items, sum(inquiry_deal_buyers) over w as inquiry_deal_buyers,
    sum(deals) over w as deals, sum(refunds) over w as refunds, sum(disputes) over w as disputes,
    sum(refunds_completed) over w as refunds_completed, sum(self_completed) over w as self_completed,
    sum(refund_us_sum) over w as refund_us_sum, sum(refunded_amount) over w as refunded_amount,
    sum(complaints) over w as complaints, sum(receptions) over w as receptions,
    sum(received_buyers) over w as received_buyers, sum(replied_buyers) over w as replied_buyers,
    sum(unreplied_buyers) over w as unreplied_buyers, sum(handed_over_receptions) over w as handed_over_receptions,
    sum(slow_buyers) over w as slow_buyers, sum(long_receptions) over w as long_receptions,
    sum(buyer_messages) over w as buyer_messages, sum(agent_messages) over w as agent_messages,
    sum(agent_chars) over w as agent_chars, sum(first_response_turns) over w as first_response_turns,
    sum(first_response_sum_s) over w as first_response_sum_s, sum(response_turns) over w as response_turns,
    sum(response_sum_s) over w as response_sum_s, sum(quick_turns) over w as quick_turns,
    sum(consulted_buyers) over w as consulted_buyers, sum(reply_within_units) over w as reply_within_units,
    sum(reply_within_ok) over w as reply_within_ok, sum(invited) over w as invited, sum(rated) over w as rated,
    sum(good) over w as good, sum(neutral) over w as neutral, sum(bad) over w as bad, sum(score_sum) over w as score_sum,
    sum(csat_good) over w as csat_good, sum(csat_rated) over w as csat_rated, sum(online_us) over w as online_us,
    sum(coverage_us) over w as coverage_us, sum(logins) over w as logins, sum(online_accounts) over w as online_accounts
from counts
window w as (partition by platform, shop_id, grain, entity order by dt)
