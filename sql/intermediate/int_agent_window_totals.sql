/* model
description: One row per agent and business day with its counts and sums from the first day that any window reaches to this one.
grain: [platform, shop_id, agent_id, dt]
scope: window
stored: false
*/
with

spans as (
    select platform, shop_id, plus_days(min(dt), -179) as from_dt, max(dt) as to_dt from days group by platform, shop_id
),

kpi as (
    select k.* from kpi_agent_day k
    join spans s on s.platform = k.platform and s.shop_id = k.shop_id
    where k.dt between s.from_dt and s.to_dt
)

-- Only whole and decimal numbers are added up, so that differences are exact.
select k.platform, k.shop_id, k.agent_id, k.dt,
    sum(k.inquiry_buyers) over w as inquiry_buyers, sum(k.ordered_buyers_same_day) over w as ordered_buyers_same_day,
    sum(k.ordered_buyers_final) over w as ordered_buyers_final,
    sum(k.paid_buyers_next_day) over w as paid_buyers_next_day, sum(k.paid_buyers_final) over w as paid_buyers_final,
    sum(k.order_buyers) over w as order_buyers,
    sum(k.order_paid_buyers_same_day) over w as order_paid_buyers_same_day,
    sum(k.order_paid_buyers) over w as order_paid_buyers,
    sum(k.ordered_unpaid_buyers) over w as ordered_unpaid_buyers,
    sum(k.other_agent_buyers) over w as other_agent_buyers,
    sum(k.shipped_buyers_final) over w as shipped_buyers_final, sum(k.shipped_amount) over w as shipped_amount,
    sum(k.lost_buyers) over w as lost_buyers, sum(k.sales_amount) over w as sales_amount,
    sum(k.sales_amount_by_order) over w as sales_amount_by_order,
    sum(k.sales_amount_by_order_then_pay) over w as sales_amount_by_order_then_pay,
    sum(k.sales_amount_by_pay) over w as sales_amount_by_pay,
    sum(k.sales_buyers_by_order) over w as sales_buyers_by_order,
    sum(k.sales_buyers_by_order_then_pay) over w as sales_buyers_by_order_then_pay,
    sum(k.sales_buyers_by_pay) over w as sales_buyers_by_pay, sum(k.own_paid_amount) over w as own_paid_amount,
    sum(k.own_order_others_pay_amount) over w as own_order_others_pay_amount,
    sum(k.others_order_own_pay_amount) over w as others_order_own_pay_amount,
    sum(k.silent_own_pay_amount) over w as silent_own_pay_amount,
    sum(k.silent_follow_up_amount) over w as silent_follow_up_amount,
    sum(k.assisted_orders) over w as assisted_orders, sum(k.sales_orders) over w as sales_orders,
    sum(k.sales_buyers) over w as sales_buyers, sum(k.sales_items) over w as sales_items,
    sum(k.inquiry_deal_amount) over w as inquiry_deal_amount, sum(k.inquiry_deal_items) over w as inquiry_deal_items,
    sum(k.inquiry_deal_buyers) over w as inquiry_deal_buyers, sum(k.deals) over w as deals,
    sum(k.refunded_amount) over w as refunded_amount, sum(k.refunds) over w as refunds,
    sum(k.disputes) over w as disputes, sum(k.refunds_completed) over w as refunds_completed,
    sum(k.self_completed) over w as self_completed, sum(k.complaints) over w as complaints,
    sum(k.refund_us_sum) over w as refund_us_sum, sum(k.consulted_buyers) over w as consulted_buyers,
    sum(k.received_buyers) over w as received_buyers, sum(k.receptions) over w as receptions,
    sum(k.buyer_messages) over w as buyer_messages, sum(k.agent_messages) over w as agent_messages,
    sum(k.replied_buyers) over w as replied_buyers, sum(k.unreplied_buyers) over w as unreplied_buyers,
    sum(k.first_response_turns) over w as first_response_turns,
    sum(k.first_response_sum_s) over w as first_response_sum_s, sum(k.response_turns) over w as response_turns,
    sum(k.response_sum_s) over w as response_sum_s, sum(k.slow_buyers) over w as slow_buyers,
    sum(k.reply_within_units) over w as reply_within_units, sum(k.reply_within_ok) over w as reply_within_ok,
    sum(k.long_receptions) over w as long_receptions, sum(k.quick_turns) over w as quick_turns,
    sum(k.agent_chars) over w as agent_chars, sum(k.handed_over_receptions) over w as handed_over_receptions,
    sum(k.invited) over w as invited, sum(k.rated) over w as rated, sum(k.good) over w as good,
    sum(k.neutral) over w as neutral, sum(k.bad) over w as bad, sum(k.score_sum) over w as score_sum,
    sum(k.csat_good) over w as csat_good, sum(k.csat_rated) over w as csat_rated, sum(k.logins) over w as logins,
    sum(cast(round(k.online_hours * 3600000000) as bigint)) over w as online_us,
    sum(k.online_accounts) over w as online_accounts
from kpi k
window w as (partition by k.platform, k.shop_id, k.agent_id order by k.dt)
