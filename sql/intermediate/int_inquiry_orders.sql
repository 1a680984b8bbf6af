/* model
description: One row per inquiry, excluded or not, and valid order that its buyer created within its window.
grain: [platform, shop_id, grain, agent_id, buyer_key, dt, order_id]
scope: buyer
stored: false
columns:
  buyer_no: that of int_buyers
  agent_no: that of int_agents, 0 at shop grain
  is_own: the order agent is the inquiry's agent; at shop grain always
  is_shipped: shipped within outbound_days of its payment, or of its creation when paid on delivery
*/
with

windows as (select * from int_inquiries__windowed where first_buyer_at is not null),

orders as (select * from int_orders__judged where is_linked),

rule_day as (select * from rule_day),

dispatched_orders as (
    select o.*,
        coalesce(o.shipped_at <= plus_seconds(
            case when o.pay_type = 'cod' then o.created_at else o.paid_at end, r.outbound_days * 86400
        ), false) as is_shipped
    from orders o
    join rule_day r on r.platform = o.platform and r.shop_id = o.shop_id and r.dt = o.created_dt
)

select i.platform, i.shop_id, i.grain, i.agent_id, i.agent_no, i.buyer_key, i.buyer_no, i.dt,
    o.order_id, o.created_at, o.created_dt, o.paid_dt, o.shipped_dt, o.paid_amount, o.order_agent_id,
    i.grain = 'shop' or coalesce(o.order_agent_id = i.agent_id, false) as is_own,
    o.is_shipped
from windows i
join dispatched_orders o on o.buyer_no = i.buyer_no
where o.created_at >= i.first_buyer_at and o.created_dt <= i.window_end_dt
