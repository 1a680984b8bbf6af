/* model
description: >
  One row per agent, group of agents or shop and business day on which anything of it counts, with every count and sum that
  its KPIs are made of.
grain: [platform, shop_id, grain, entity, dt]
scope: day
stored: true
partition: dt
publish: false
columns:
  grain: agent, group or shop
  entity: agent, group of the day ('' = none), or empty at shop grain
  refund_us_sum: exact microseconds behind refund_hours_sum
  online_us: exact microseconds behind online_hours
  coverage_us: exact microseconds behind coverage_hours
*/
with

keys as (
    select platform, shop_id, grain, entity, dt from int_day_conversion
    union
    select platform, shop_id, grain, entity, dt from int_day_orders
    union
    select platform, shop_id, grain, entity, dt from int_day_sales
    union
    select platform, shop_id, grain, entity, dt from int_day_aftersales
    union
    select platform, shop_id, grain, entity, dt from int_day_service
    union
    select platform, shop_id, grain, entity, dt from int_day_ratings
    union
    select platform, shop_id, grain, entity, dt from int_day_presence
    union
    select platform, shop_id, grain, entity, dt from int_day_care_counts
)

select k.platform, k.shop_id, k.grain, k.entity, k.dt,
    coalesce(c.inquiry_buyers, 0) as inquiry_buyers, coalesce(c.ordered_buyers_same_day, 0) as ordered_buyers_same_day,
    coalesce(c.ordered_buyers_final, 0) as ordered_buyers_final,
    coalesce(c.paid_buyers_next_day, 0) as paid_buyers_next_day, coalesce(c.paid_buyers_final, 0) as paid_buyers_final,
    coalesce(c.ordered_unpaid_buyers, 0) as ordered_unpaid_buyers, coalesce(c.other_agent_buyers, 0) as other_agent_buyers,
    coalesce(c.lost_buyers, 0) as lost_buyers, coalesce(c.shipped_buyers_final, 0) as shipped_buyers_final,
    coalesce(c.shipped_amount, 0) as shipped_amount, coalesce(c.order_buyers, 0) as order_buyers,
    coalesce(c.order_paid_buyers_same_day, 0) as order_paid_buyers_same_day,
    coalesce(c.order_paid_buyers, 0) as order_paid_buyers, coalesce(o.placed_orders, 0) as placed_orders,
    coalesce(o.placed_orders_paid, 0) as placed_orders_paid, coalesce(o.valid_paid_amount, 0) as valid_paid_amount,
    coalesce(o.uncredited_amount, 0) as uncredited_amount, coalesce(o.excluded_amount, 0) as excluded_amount,
    coalesce(o.shop_paid_amount, 0) as shop_paid_amount, coalesce(o.unlinked_amount, 0) as unlinked_amount,
    coalesce(o.silent_amount, 0) as silent_amount, coalesce(o.assisted_amount, 0) as assisted_amount,
    coalesce(s.sales_amount, 0) as sales_amount, coalesce(s.sales_amount_by_order, 0) as sales_amount_by_order,
    coalesce(s.sales_amount_by_order_then_pay, 0) as sales_amount_by_order_then_pay,
    coalesce(s.sales_amount_by_pay, 0) as sales_amount_by_pay,
    coalesce(s.sales_buyers_by_order, 0) as sales_buyers_by_order,
    coalesce(s.sales_buyers_by_order_then_pay, 0) as sales_buyers_by_order_then_pay,
    coalesce(s.sales_buyers_by_pay, 0) as sales_buyers_by_pay, coalesce(s.own_paid_amount, 0) as own_paid_amount,
    coalesce(s.own_order_others_pay_amount, 0) as own_order_others_pay_amount,
    coalesce(s.others_order_own_pay_amount, 0) as others_order_own_pay_amount,
    coalesce(s.silent_own_pay_amount, 0) as silent_own_pay_amount,
    coalesce(s.silent_follow_up_amount, 0) as silent_follow_up_amount, coalesce(s.assisted_orders, 0) as assisted_orders,
    coalesce(s.sales_orders, 0) as sales_orders, coalesce(s.sales_buyers, 0) as sales_buyers,
    coalesce(s.sales_items, 0) as sales_items, coalesce(s.inquiry_deal_amount, 0) as inquiry_deal_amount,
    coalesce(s.inquiry_deal_items, 0) as inquiry_deal_items, coalesce(s.inquiry_deal_buyers, 0) as inquiry_deal_buyers,
    coalesce(f.deals, 0) as deals, coalesce(f.refunds, 0) as refunds, coalesce(f.disputes, 0) as disputes,
    coalesce(f.refunds_completed, 0) as refunds_completed, coalesce(f.self_completed, 0) as self_completed,
    coalesce(f.refund_us_sum, 0) as refund_us_sum, coalesce(f.refunded_amount, 0) as refunded_amount,
    coalesce(f.complaints, 0) as complaints, coalesce(v.receptions, 0) as receptions,
    coalesce(v.received_buyers, 0) as received_buyers, coalesce(v.replied_buyers, 0) as replied_buyers,
    coalesce(v.unreplied_buyers, 0) as unreplied_buyers, coalesce(v.handed_over_receptions, 0) as handed_over_receptions,
    coalesce(v.slow_buyers, 0) as slow_buyers, coalesce(v.long_receptions, 0) as long_receptions,
    coalesce(v.buyer_messages, 0) as buyer_messages, coalesce(v.agent_messages, 0) as agent_messages,
    coalesce(v.agent_chars, 0) as agent_chars, coalesce(v.first_response_turns, 0) as first_response_turns,
    coalesce(v.first_response_sum_s, 0) as first_response_sum_s, coalesce(v.response_turns, 0) as response_turns,
    coalesce(v.response_sum_s, 0) as response_sum_s, coalesce(v.quick_turns, 0) as quick_turns,
    coalesce(v.consulted_buyers, 0) as consulted_buyers, coalesce(v.reply_within_units, 0) as reply_within_units,
    coalesce(v.reply_within_ok, 0) as reply_within_ok, v.response_p50_s, v.response_p90_s,
    coalesce(e.invited, 0) as invited, coalesce(e.rated, 0) as rated, coalesce(e.good, 0) as good,
    coalesce(e.neutral, 0) as neutral, coalesce(e.bad, 0) as bad, coalesce(e.score_sum, 0) as score_sum,
    coalesce(e.csat_good, 0) as csat_good, coalesce(e.csat_rated, 0) as csat_rated, coalesce(p.online_us, 0) as online_us,
    coalesce(p.coverage_us, 0) as coverage_us, p.earliest_online_at, p.latest_online_at, coalesce(p.logins, 0) as logins,
    coalesce(p.online_accounts, 0) as online_accounts
from keys k
left join int_day_conversion c
    on c.platform = k.platform and c.shop_id = k.shop_id and c.grain = k.grain and c.entity = k.entity and c.dt = k.dt
left join int_day_orders o
    on o.platform = k.platform and o.shop_id = k.shop_id and o.grain = k.grain and o.entity = k.entity and o.dt = k.dt
left join int_day_sales s
    on s.platform = k.platform and s.shop_id = k.shop_id and s.grain = k.grain and s.entity = k.entity and s.dt = k.dt
left join int_day_aftersales f
    on f.platform = k.platform and f.shop_id = k.shop_id and f.grain = k.grain and f.entity = k.entity and f.dt = k.dt
left join int_day_service v
    on v.platform = k.platform and v.shop_id = k.shop_id and v.grain = k.grain and v.entity = k.entity and v.dt = k.dt
left join int_day_ratings e
    on e.platform = k.platform and e.shop_id = k.shop_id and e.grain = k.grain and e.entity = k.entity and e.dt = k.dt
left join int_day_presence p
    on p.platform = k.platform and p.shop_id = k.shop_id and p.grain = k.grain and p.entity = k.entity and p.dt = k.dt
