/* model
description: One row per agent, as-of day and window with data in it, with the sums of the window's days.
grain: [platform, shop_id, agent_id, dt, window_days]
scope: window
*/
with

spans as (
    select platform, shop_id, plus_days(min(dt), -179) as from_dt, max(dt) as to_dt from days group by platform, shop_id
),

kpi as (
    select k.*, s.to_dt from kpi_agent_day k
    join spans s on s.platform = k.platform and s.shop_id = k.shop_id
    where k.dt between s.from_dt and s.to_dt
),

asofs as (select * from int_window_asofs where grain = 'agent'),

windows as (select distinct window_days from asofs),

-- A day counts from itself until the window has passed it.
marks as (
    select k.platform, k.shop_id, k.agent_id, w.window_days, k.dt as mark_dt, k.dt as source_dt, 1 as sign, false as is_asof
    from kpi k
    cross join windows w
    union all
    select k.platform, k.shop_id, k.agent_id, w.window_days, plus_days(k.dt, w.window_days) as mark_dt, k.dt as source_dt,
        -1 as sign, false as is_asof
    from kpi k
    cross join windows w
    where plus_days(k.dt, w.window_days) <= k.to_dt
    union all
    select platform, shop_id, agent_id, window_days, dt as mark_dt, cast(null as date) as source_dt, 0 as sign, true as is_asof
    from asofs
),

running as (
    select m.platform, m.shop_id, m.agent_id, m.mark_dt as dt, m.window_days, m.is_asof,
        cast(sum(m.sign * x.inquiry_buyers) over w as bigint) as inquiry_buyers,
        cast(sum(m.sign * x.ordered_buyers_same_day) over w as bigint) as ordered_buyers_same_day,
        cast(sum(m.sign * x.ordered_buyers_final) over w as bigint) as ordered_buyers_final,
        cast(sum(m.sign * x.paid_buyers_next_day) over w as bigint) as paid_buyers_next_day,
        cast(sum(m.sign * x.paid_buyers_final) over w as bigint) as paid_buyers_final,
        cast(sum(m.sign * x.order_buyers) over w as bigint) as order_buyers,
        cast(sum(m.sign * x.order_paid_buyers_same_day) over w as bigint) as order_paid_buyers_same_day,
        cast(sum(m.sign * x.order_paid_buyers) over w as bigint) as order_paid_buyers,
        cast(sum(m.sign * x.ordered_unpaid_buyers) over w as bigint) as ordered_unpaid_buyers,
        cast(sum(m.sign * x.other_agent_buyers) over w as bigint) as other_agent_buyers,
        cast(sum(m.sign * x.shipped_buyers_final) over w as bigint) as shipped_buyers_final,
        cast(sum(m.sign * x.shipped_amount) over w as decimal(18, 2)) as shipped_amount,
        cast(sum(m.sign * x.lost_buyers) over w as bigint) as lost_buyers,
        cast(sum(m.sign * x.sales_amount) over w as decimal(18, 6)) as sales_amount,
        cast(sum(m.sign * x.sales_amount_by_order) over w as decimal(18, 6)) as sales_amount_by_order,
        cast(sum(m.sign * x.sales_amount_by_order_then_pay) over w as decimal(18, 6)) as sales_amount_by_order_then_pay,
        cast(sum(m.sign * x.sales_amount_by_pay) over w as decimal(18, 6)) as sales_amount_by_pay,
        cast(sum(m.sign * x.sales_buyers_by_order) over w as bigint) as sales_buyers_by_order,
        cast(sum(m.sign * x.sales_buyers_by_order_then_pay) over w as bigint) as sales_buyers_by_order_then_pay,
        cast(sum(m.sign * x.sales_buyers_by_pay) over w as bigint) as sales_buyers_by_pay,
        cast(sum(m.sign * x.own_paid_amount) over w as decimal(18, 2)) as own_paid_amount,
        cast(sum(m.sign * x.own_order_others_pay_amount) over w as decimal(18, 2)) as own_order_others_pay_amount,
        cast(sum(m.sign * x.others_order_own_pay_amount) over w as decimal(18, 2)) as others_order_own_pay_amount,
        cast(sum(m.sign * x.silent_own_pay_amount) over w as decimal(18, 2)) as silent_own_pay_amount,
        cast(sum(m.sign * x.silent_follow_up_amount) over w as decimal(18, 2)) as silent_follow_up_amount,
        cast(sum(m.sign * x.assisted_orders) over w as bigint) as assisted_orders,
        cast(sum(m.sign * x.sales_orders) over w as bigint) as sales_orders,
        cast(sum(m.sign * x.sales_buyers) over w as bigint) as sales_buyers,
        cast(sum(m.sign * x.sales_items) over w as decimal(18, 6)) as sales_items,
        cast(sum(m.sign * x.inquiry_deal_amount) over w as decimal(18, 2)) as inquiry_deal_amount,
        cast(sum(m.sign * x.inquiry_deal_items) over w as bigint) as inquiry_deal_items,
        cast(sum(m.sign * x.inquiry_deal_buyers) over w as bigint) as inquiry_deal_buyers,
        cast(sum(m.sign * x.deals) over w as decimal(18, 6)) as deals,
        cast(sum(m.sign * x.refunded_amount) over w as decimal(18, 6)) as refunded_amount,
        cast(sum(m.sign * x.refunds) over w as decimal(18, 6)) as refunds,
        cast(sum(m.sign * x.disputes) over w as decimal(18, 6)) as disputes,
        cast(sum(m.sign * x.refunds_completed) over w as decimal(18, 6)) as refunds_completed,
        cast(sum(m.sign * x.self_completed) over w as decimal(18, 6)) as self_completed,
        cast(sum(m.sign * x.complaints) over w as decimal(18, 6)) as complaints,
        cast(sum(m.sign * x.refund_us_sum) over w as decimal(38, 6)) as refund_us_sum,
        cast(sum(m.sign * x.consulted_buyers) over w as bigint) as consulted_buyers,
        cast(sum(m.sign * x.received_buyers) over w as bigint) as received_buyers,
        cast(sum(m.sign * x.receptions) over w as bigint) as receptions,
        cast(sum(m.sign * x.buyer_messages) over w as bigint) as buyer_messages,
        cast(sum(m.sign * x.agent_messages) over w as bigint) as agent_messages,
        cast(sum(m.sign * x.replied_buyers) over w as bigint) as replied_buyers,
        cast(sum(m.sign * x.unreplied_buyers) over w as bigint) as unreplied_buyers,
        cast(sum(m.sign * x.first_response_turns) over w as bigint) as first_response_turns,
        cast(sum(m.sign * x.first_response_sum_s) over w as bigint) as first_response_sum_s,
        cast(sum(m.sign * x.response_turns) over w as bigint) as response_turns,
        cast(sum(m.sign * x.response_sum_s) over w as bigint) as response_sum_s,
        cast(sum(m.sign * x.slow_buyers) over w as bigint) as slow_buyers,
        cast(sum(m.sign * x.reply_within_units) over w as bigint) as reply_within_units,
        cast(sum(m.sign * x.reply_within_ok) over w as bigint) as reply_within_ok,
        cast(sum(m.sign * x.long_receptions) over w as bigint) as long_receptions,
        cast(sum(m.sign * x.quick_turns) over w as bigint) as quick_turns,
        cast(sum(m.sign * x.agent_chars) over w as bigint) as agent_chars,
        cast(sum(m.sign * x.handed_over_receptions) over w as bigint) as handed_over_receptions,
        cast(sum(m.sign * x.invited) over w as bigint) as invited,
        cast(sum(m.sign * x.rated) over w as bigint) as rated,
        cast(sum(m.sign * x.good) over w as bigint) as good,
        cast(sum(m.sign * x.neutral) over w as bigint) as neutral,
        cast(sum(m.sign * x.bad) over w as bigint) as bad,
        cast(sum(m.sign * x.score_sum) over w as bigint) as score_sum,
        cast(sum(m.sign * x.csat_good) over w as bigint) as csat_good,
        cast(sum(m.sign * x.csat_rated) over w as bigint) as csat_rated,
        cast(sum(m.sign * x.logins) over w as bigint) as logins,
        cast(sum(m.sign * cast(round(x.online_hours * 3600000000) as bigint)) over w as double) / 3600000000 as online_hours,
        cast(sum(m.sign * x.online_accounts) over w as bigint) as online_accounts
    from marks m
    left join kpi x
        on x.platform = m.platform and x.shop_id = m.shop_id and x.agent_id = m.agent_id and x.dt = m.source_dt
    window w as (partition by m.platform, m.shop_id, m.agent_id, m.window_days order by m.mark_dt)
)

select platform, shop_id, agent_id, dt, window_days,
    inquiry_buyers, ordered_buyers_same_day, ordered_buyers_final, paid_buyers_next_day, paid_buyers_final,
    order_buyers, order_paid_buyers_same_day, order_paid_buyers, ordered_unpaid_buyers, other_agent_buyers,
    shipped_buyers_final, shipped_amount, lost_buyers, sales_amount, sales_amount_by_order,
    sales_amount_by_order_then_pay, sales_amount_by_pay, sales_buyers_by_order, sales_buyers_by_order_then_pay,
    sales_buyers_by_pay, own_paid_amount, own_order_others_pay_amount, others_order_own_pay_amount,
    silent_own_pay_amount, silent_follow_up_amount, assisted_orders, sales_orders, sales_buyers, sales_items,
    inquiry_deal_amount, inquiry_deal_items, inquiry_deal_buyers, deals, refunded_amount, refunds, disputes,
    refunds_completed, self_completed, complaints, refund_us_sum, consulted_buyers, received_buyers, receptions,
    buyer_messages, agent_messages, replied_buyers, unreplied_buyers, first_response_turns, first_response_sum_s,
    response_turns, response_sum_s, slow_buyers, reply_within_units, reply_within_ok, long_receptions, quick_turns,
    agent_chars, handed_over_receptions, invited, rated, good, neutral, bad, score_sum, csat_good, csat_rated, logins,
    online_hours, online_accounts
from running
where is_asof
