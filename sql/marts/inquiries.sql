/* model
description: One row per agent, buyer and business day with a reception that is an inquiry or listed with the reason why not; at shop grain per buyer and day with a received one.
grain: [platform, shop_id, grain, agent_id, buyer_id, dt]
scope: buyer
stored: true
partition: dt
days: [dt]
publish: true
hidden: [buyer_key, agent_group, is_shipped]
columns:
  grain: agent or shop
  agent_id: empty at shop grain
  agent_group: group of the agent on dt, '' = none; empty at shop grain
  first_buyer_at: earliest counted buyer message of the day
  window_end_dt: last business day of the window
  excluded_reason: name of the filter, bot_only, role, after_sales, pending_order, agent_initiated or handed_over; NULL for an inquiry
  ordered_same_day: a valid order due to the agent (shop grain, to whomever) was created in the window on dt
  ordered_final: the same on any day of the window
  paid_next_day: such an order was paid by the end of dt + 1
  paid_final: such an order was paid at all
  status: converted, ordered_unpaid, other_agent, ordered_silent, open, merged or lost; NULL when excluded
  first_order_id: earliest order behind ordered_final
  is_shipped: such an order was shipped in time
checks:
  excluded_has_no_status: (excluded_reason is null) = (status is not null)
  same_day_is_final: ordered_final or not ordered_same_day
  paid_is_ordered: ordered_final or not paid_final
  next_day_is_final: paid_final or not paid_next_day
  converted_is_paid: status <> 'converted' or paid_final
*/
with

flagged as (select * from int_inquiries__flagged),

shop_horizon as (select * from int_shop_horizon),

rated as (
    select i.*,
        case when i.excluded_reason is not null then null
            when i.paid_final then 'converted'
            when i.ordered_final then 'ordered_unpaid'
            when i.has_other_agent then 'other_agent'
            when i.has_order then 'ordered_silent'
            when h.horizon_dt is null or i.window_end_dt > h.horizon_dt then 'open'
            else 'lost' end as first_status
    from flagged i
    left join shop_horizon h on h.platform = i.platform and h.shop_id = i.shop_id
),

-- Losses follow each other within the pair; other rows neither link nor break.
losses as (
    select buyer_no, agent_no, dt,
        merge_lost_across_days and lead(dt) over (
            partition by buyer_no, agent_no order by dt
        ) <= window_end_dt as is_merged
    from rated
    where first_status = 'lost'
)

select i.platform, i.shop_id, i.buyer_key, i.grain, i.agent_id, i.agent_group, i.buyer_id, i.dt, i.first_buyer_at,
    i.window_end_dt, i.excluded_reason, i.ordered_same_day, i.ordered_final, i.paid_next_day, i.paid_final,
    case when l.is_merged then 'merged' else i.first_status end as status,
    i.first_order_id, i.is_shipped
from rated i
left join losses l on l.buyer_no = i.buyer_no and l.agent_no = i.agent_no and l.dt = i.dt
