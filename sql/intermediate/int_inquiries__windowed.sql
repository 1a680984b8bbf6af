/* model
description: One row per reception that is an inquiry or listed with the reason why not, and per shop, buyer and day with a received one; with its window.
grain: [platform, shop_id, grain, agent_id, buyer_id, dt]
scope: buyer
stored: false
columns:
  buyer_no: that of int_buyers
  agent_no: that of int_agents, 0 at shop grain; with buyer_no and dt it names the row
  agent_id: empty at shop grain
  agent_group: group of the agent on dt, '' = none; empty at shop grain
  first_buyer_at: earliest counted buyer message of the day, NULL for a filtered contact-only reception
  first_message_order: its place in the buyer's stream, NULL for filtered receptions
  early_reason: filter, bot_only or role
*/
with

receptions as (
    select * from int_receptions where excluded_reason is not null or is_bot_only or is_received
),

buyer_writes as (select * from int_buyer_writes),

agents as (select * from stg_agents),

rule_day as (select * from rule_day),

buyers as (select * from int_buyers),

first_writes as (
    select buyer_no, agent_no, dt, min(message_order) as first_message_order
    from buyer_writes
    group by buyer_no, agent_no, dt
),

agent_rows as (
    select r.platform, r.shop_id, r.buyer_key, b.buyer_no, 'agent' as grain, r.agent_id, n.agent_no, r.agent_group,
        r.buyer_id, r.dt, r.first_buyer_at,
        case when r.excluded_reason is null then w.first_message_order end as first_message_order,
        case when r.excluded_reason is not null then r.excluded_reason
            when r.is_bot_only then 'bot_only'
            when not in_list(d.inquiry_roles, coalesce(a.role, 'both')) then 'role' end as early_reason,
        r.is_received, r.is_agent_initiated, r.is_handed_over
    from receptions r
    join buyers b on b.platform = r.platform and b.shop_id = r.shop_id and b.buyer_key = r.buyer_key
    join int_agents n on n.platform = r.platform and n.shop_id = r.shop_id and n.agent_id = r.agent_id
    join rule_day d on d.platform = r.platform and d.shop_id = r.shop_id and d.dt = r.dt
    left join agents a
        on a.platform = r.platform and a.shop_id = r.shop_id and a.agent_id = r.agent_id
        and r.dt between a.from_dt and a.to_dt
    left join first_writes w on w.buyer_no = b.buyer_no and w.agent_no = n.agent_no and w.dt = r.dt
),

-- A filtered reception does not exist for the shop.
shop_days as (
    select buyer_no, dt, min(first_buyer_at) as first_buyer_at, min(first_message_order) as first_message_order
    from agent_rows
    where first_message_order is not null
    group by buyer_no, dt
    having count(*) filter (where is_received) > 0
),

shop_rows as (
    select b.platform, b.shop_id, b.buyer_key, d.buyer_no, 'shop' as grain, '' as agent_id, 0 as agent_no, '' as agent_group,
        b.buyer_id, d.dt, d.first_buyer_at, d.first_message_order, cast(null as varchar) as early_reason,
        true as is_received, false as is_agent_initiated, false as is_handed_over
    from shop_days d
    join buyers b on b.buyer_no = d.buyer_no
),

all_rows as (
    select * from agent_rows
    union all
    select * from shop_rows
)

select i.platform, i.shop_id, i.buyer_key, i.buyer_no, i.grain, i.agent_id, i.agent_no, i.agent_group, i.buyer_id, i.dt,
    i.first_buyer_at, i.first_message_order, plus_days(i.dt, d.inquiry_validity_days - 1) as window_end_dt, i.early_reason,
    i.is_agent_initiated and not d.agent_initiated_counts as is_agent_initiated,
    i.is_handed_over and not d.handover_counts as is_handed_over,
    d.inquiry_validity_days, d.after_sales_days, d.merge_lost_across_days
from all_rows i
join rule_day d on d.platform = i.platform and d.shop_id = i.shop_id and d.dt = i.dt
