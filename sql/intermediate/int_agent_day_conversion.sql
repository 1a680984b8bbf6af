/* model
description: One row per agent and business day with anything that counts for conversion.
grain: [platform, shop_id, agent_id, dt]
scope: day
stored: false
*/
with

days as (select * from days),

inquiries as (
    select f.* from inquiries f
    join days d on d.platform = f.platform and d.shop_id = f.shop_id and d.dt = f.dt
    where f.grain = 'agent' and f.excluded_reason is null
),

created_orders as (
    select f.* from order_attribution f
    join days d on d.platform = f.platform and d.shop_id = f.shop_id and d.dt = f.created_dt
    where f.order_agent_id is not null
),

shipped_orders as (
    select f.* from int_orders__shipped f
    join days d on d.platform = f.platform and d.shop_id = f.shop_id and d.dt = f.shipped_dt
    where f.grain = 'agent'
),

-- A pair has one inquiry a day, so rows are buyers.
inquired as (
    select platform, shop_id, agent_id, dt,
        count(*) as inquiry_buyers,
        count(*) filter (where ordered_same_day) as ordered_buyers_same_day,
        count(*) filter (where ordered_final) as ordered_buyers_final,
        count(*) filter (where paid_next_day) as paid_buyers_next_day,
        count(*) filter (where paid_final) as paid_buyers_final,
        count(*) filter (where status = 'ordered_unpaid') as ordered_unpaid_buyers,
        count(*) filter (where status = 'other_agent') as other_agent_buyers,
        count(*) filter (where is_shipped) as shipped_buyers_final,
        count(*) filter (where status = 'lost') as lost_buyers
    from inquiries
    group by platform, shop_id, agent_id, dt
),

ordered as (
    select platform, shop_id, order_agent_id as agent_id, created_dt as dt,
        count(distinct buyer_id) as order_buyers,
        count(distinct buyer_id) filter (where paid_dt = created_dt) as order_paid_buyers_same_day,
        count(distinct buyer_id) filter (where paid_dt is not null) as order_paid_buyers
    from created_orders
    group by platform, shop_id, order_agent_id, created_dt
),

shipped as (
    select platform, shop_id, agent_id, shipped_dt as dt, sum(paid_amount) as shipped_amount
    from shipped_orders
    group by platform, shop_id, agent_id, shipped_dt
),

entity_days as (
    select platform, shop_id, agent_id, dt from inquired
    union
    select platform, shop_id, agent_id, dt from ordered
    union
    select platform, shop_id, agent_id, dt from shipped
)

select k.platform, k.shop_id, k.agent_id, k.dt,
    coalesce(i.inquiry_buyers, 0) as inquiry_buyers,
    coalesce(i.ordered_buyers_same_day, 0) as ordered_buyers_same_day,
    coalesce(i.ordered_buyers_final, 0) as ordered_buyers_final,
    coalesce(i.paid_buyers_next_day, 0) as paid_buyers_next_day,
    coalesce(i.paid_buyers_final, 0) as paid_buyers_final,
    coalesce(i.ordered_unpaid_buyers, 0) as ordered_unpaid_buyers,
    coalesce(i.other_agent_buyers, 0) as other_agent_buyers,
    coalesce(i.lost_buyers, 0) as lost_buyers,
    coalesce(i.shipped_buyers_final, 0) as shipped_buyers_final,
    cast(coalesce(s.shipped_amount, 0) as decimal(18, 2)) as shipped_amount,
    coalesce(o.order_buyers, 0) as order_buyers,
    coalesce(o.order_paid_buyers_same_day, 0) as order_paid_buyers_same_day,
    coalesce(o.order_paid_buyers, 0) as order_paid_buyers
from entity_days k
left join inquired i
    on i.platform = k.platform and i.shop_id = k.shop_id and i.agent_id = k.agent_id and i.dt = k.dt
left join ordered o
    on o.platform = k.platform and o.shop_id = k.shop_id and o.agent_id = k.agent_id and o.dt = k.dt
left join shipped s
    on s.platform = k.platform and s.shop_id = k.shop_id and s.agent_id = k.agent_id and s.dt = k.dt
