/* model
description: One row per row of int_inquiries__windowed with what became of its window and the reason why it is no inquiry.
grain: [platform, shop_id, grain, agent_id, buyer_id, dt]
scope: buyer
stored: false
columns:
  buyer_no: that of int_buyers
  agent_no: that of int_agents, 0 at shop grain
  is_shipped: an order behind ordered_final was shipped in time
  has_other_agent: a valid order of the window is due to another agent
  has_order: a valid order of whoever was created within the window
  excluded_reason: first reason that holds; at shop grain that of the earliest reception when all are excluded
*/
with

windows as (select * from int_inquiries__windowed),

window_orders as (select * from int_inquiry_orders),

orders as (select * from int_orders__judged where is_linked),

outcomes as (
    select buyer_no, agent_no, dt,
        count(*) filter (where is_own and created_dt = dt) > 0 as ordered_same_day,
        count(*) filter (where is_own) > 0 as ordered_final,
        count(*) filter (where is_own and paid_dt <= plus_days(dt, 1)) > 0 as paid_next_day,
        count(*) filter (where is_own and paid_dt is not null) > 0 as paid_final,
        count(*) filter (where is_own and is_shipped) > 0 as is_shipped,
        count(*) filter (where not is_own and order_agent_id is not null) > 0 as has_other_agent,
        min_by(order_id, row(created_at, order_id)) filter (where is_own) as first_order_id
    from window_orders
    group by buyer_no, agent_no, dt
),

-- Orders before the first buyer message, tested for receptions alone.
earlier as (
    select i.buyer_no, i.agent_no, i.dt,
        count(*) filter (
            where o.paid_at < i.first_buyer_at and i.after_sales_days > 0
                and days_between(o.paid_dt, i.dt) <= i.after_sales_days
        ) > 0 as is_after_sales,
        count(*) filter (
            where o.created_at < i.first_buyer_at and o.created_dt > plus_days(i.dt, -i.inquiry_validity_days)
                and (o.paid_at is null or o.paid_at > i.first_buyer_at)
                and not (
                    o.status in ('closed_unpaid', 'closed_refunded')
                    and (o.ended_at is null or o.ended_at <= i.first_buyer_at)
                )
        ) > 0 as is_pending_order
    from windows i
    join orders o on o.buyer_no = i.buyer_no
    where i.grain = 'agent' and i.early_reason is null
        and (o.created_at < i.first_buyer_at or o.paid_at < i.first_buyer_at)
    group by i.buyer_no, i.agent_no, i.dt
),

reasons as (
    select i.buyer_no, i.agent_no, i.dt, i.first_message_order,
        case when i.early_reason is not null then i.early_reason
            when e.is_after_sales and o.dt is null then 'after_sales'
            when e.is_pending_order and o.dt is null then 'pending_order'
            when i.is_agent_initiated and o.dt is null then 'agent_initiated'
            when i.is_handed_over then 'handed_over' end as excluded_reason
    from windows i
    left join outcomes o on o.buyer_no = i.buyer_no and o.agent_no = i.agent_no and o.dt = i.dt
    left join earlier e on e.buyer_no = i.buyer_no and e.agent_no = i.agent_no and e.dt = i.dt
    where i.grain = 'agent'
),

shop_reasons as (
    select buyer_no, dt,
        case when count(*) filter (where excluded_reason is null) = 0
            then min_by(excluded_reason, first_message_order) end as excluded_reason
    from reasons
    where first_message_order is not null
    group by buyer_no, dt
)

select i.platform, i.shop_id, i.buyer_key, i.buyer_no, i.grain, i.agent_id, i.agent_no, i.agent_group, i.buyer_id, i.dt,
    i.first_buyer_at, i.window_end_dt, i.merge_lost_across_days,
    case when i.grain = 'shop' then s.excluded_reason else r.excluded_reason end as excluded_reason,
    coalesce(o.ordered_same_day, false) as ordered_same_day,
    coalesce(o.ordered_final, false) as ordered_final,
    coalesce(o.paid_next_day, false) as paid_next_day,
    coalesce(o.paid_final, false) as paid_final,
    coalesce(o.is_shipped, false) as is_shipped,
    coalesce(o.has_other_agent, false) as has_other_agent,
    o.dt is not null as has_order,
    o.first_order_id
from windows i
left join outcomes o on o.buyer_no = i.buyer_no and o.agent_no = i.agent_no and o.dt = i.dt
left join reasons r on r.buyer_no = i.buyer_no and r.agent_no = i.agent_no and r.dt = i.dt
left join shop_reasons s on s.buyer_no = i.buyer_no and s.dt = i.dt
