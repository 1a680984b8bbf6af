/* model
description: One row per agent, group of agents or shop and business day with anything that counts for conversion.
grain: [platform, shop_id, grain, entity, dt]
scope: day
stored: false
columns:
  grain: agent, group or shop
  entity: agent, group of the day ('' = none), or empty at shop grain
*/
with

days as (select * from days),

inquiries as (
    select f.* from inquiries f
    join days d on d.platform = f.platform and d.shop_id = f.shop_id and d.dt = f.dt
    where f.excluded_reason is null
),

ranks as (
    select r.status, r.place
    from (
        values ('converted', 1), ('ordered_unpaid', 2), ('other_agent', 3), ('ordered_silent', 4), ('open', 5), ('lost', 6),
            ('merged', 7)
    ) as r (status, place)
),

-- Inquiries of agents and of the shop as they stand; of a group one per buyer, as good as the best of its agents'.
entity_inquiries as (
    select platform, shop_id, grain, agent_id as entity, buyer_id, dt, ordered_same_day, ordered_final, paid_next_day,
        paid_final, is_shipped, status
    from inquiries
    union all
    select i.platform, i.shop_id, 'group' as grain, i.agent_group as entity, i.buyer_id, i.dt,
        bool_or(i.ordered_same_day) as ordered_same_day, bool_or(i.ordered_final) as ordered_final,
        bool_or(i.paid_next_day) as paid_next_day, bool_or(i.paid_final) as paid_final,
        bool_or(i.is_shipped) as is_shipped, min_by(i.status, r.place) as status
    from inquiries i
    join ranks r on r.status = i.status
    where i.grain = 'agent'
    group by i.platform, i.shop_id, i.agent_group, i.buyer_id, i.dt
),

-- An entity has one inquiry of a buyer a day, so rows are buyers.
inquired as (
    select platform, shop_id, grain, entity, dt,
        count(*) as inquiry_buyers,
        count(*) filter (where ordered_same_day) as ordered_buyers_same_day,
        count(*) filter (where ordered_final) as ordered_buyers_final,
        count(*) filter (where paid_next_day) as paid_buyers_next_day,
        count(*) filter (where paid_final) as paid_buyers_final,
        count(*) filter (where status = 'ordered_unpaid') as ordered_unpaid_buyers,
        count(*) filter (where status = 'other_agent') as other_agent_buyers,
        count(*) filter (where is_shipped) as shipped_buyers_final,
        count(*) filter (where status = 'lost') as lost_buyers
    from entity_inquiries
    group by platform, shop_id, grain, entity, dt
),

entity_orders as (
    select o.*, g.grain,
        case g.grain when 'agent' then o.agent_id when 'group' then o.created_group else '' end as entity
    from int_orders__due o
    join days d on d.platform = o.platform and d.shop_id = o.shop_id and d.dt = o.created_dt
    cross join (values ('agent'), ('group'), ('shop')) as g (grain)
    where o.part = 'order'
),

ordered as (
    select platform, shop_id, grain, entity, created_dt as dt,
        count(distinct buyer_id) as order_buyers,
        count(distinct buyer_id) filter (where paid_dt = created_dt) as order_paid_buyers_same_day,
        count(distinct buyer_id) filter (where paid_dt is not null) as order_paid_buyers
    from entity_orders
    group by platform, shop_id, grain, entity, created_dt
),

shipped as (
    select f.platform, f.shop_id, f.grain, f.entity, f.shipped_dt as dt, sum(f.paid_amount) as shipped_amount
    from int_orders__shipped f
    join days d on d.platform = f.platform and d.shop_id = f.shop_id and d.dt = f.shipped_dt
    group by f.platform, f.shop_id, f.grain, f.entity, f.shipped_dt
),

keys as (
    select platform, shop_id, grain, entity, dt from inquired
    union
    select platform, shop_id, grain, entity, dt from ordered
    union
    select platform, shop_id, grain, entity, dt from shipped
)

select k.platform, k.shop_id, k.grain, k.entity, k.dt,
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
from keys k
left join inquired i
    on i.platform = k.platform and i.shop_id = k.shop_id and i.grain = k.grain and i.entity = k.entity and i.dt = k.dt
left join ordered o
    on o.platform = k.platform and o.shop_id = k.shop_id and o.grain = k.grain and o.entity = k.entity and o.dt = k.dt
left join shipped s
    on s.platform = k.platform and s.shop_id = k.shop_id and s.grain = k.grain and s.entity = k.entity and s.dt = k.dt
