/* model
description: One row per order item complained of (without an order, per complaint) and entity it counts for, on the day of the earliest complaint.
grain: [platform, shop_id, complaint_id, grain, entity]
scope: buyer
stored: true
publish: false
partition: dt
days: [dt]
columns:
  complaint_id: the earliest complaint of the item
  grain: agent, group or shop
  entity: agent, his group on the paid day of the order ('' = none), or empty at shop grain
  share: part of the complaint that counts for the entity
*/
with

complaints as (select * from stg_complaints),

orders as (select * from int_orders__judged),

credits as (select * from order_credits where rule = 'in_force'),

ranked_complaints as (
    select *,
        row_number() over (
            partition by platform, shop_id, order_id, case when order_id is null then complaint_id end, item_id
            order by created_at, complaint_id
        ) as place
    from complaints
),

counted_complaints as (
    select c.platform, c.shop_id, c.buyer_key, c.complaint_id, c.order_id, c.dt
    from ranked_complaints c
    left join orders o on o.platform = c.platform and o.shop_id = c.shop_id and o.order_id = c.order_id
    where c.place = 1 and (o.order_id is not null or not c.is_order_known)
)

select c.platform, c.shop_id, c.buyer_key, c.complaint_id, 'agent' as grain, r.agent_id as entity, c.dt, r.share
from counted_complaints c
join credits r on r.platform = c.platform and r.shop_id = c.shop_id and r.order_id = c.order_id
union all
select c.platform, c.shop_id, c.buyer_key, c.complaint_id, 'group' as grain, r.agent_group as entity, c.dt,
    cast(sum(r.share) as decimal(18, 6)) as share
from counted_complaints c
join credits r on r.platform = c.platform and r.shop_id = c.shop_id and r.order_id = c.order_id
group by c.platform, c.shop_id, c.buyer_key, c.complaint_id, r.agent_group, c.dt
union all
select platform, shop_id, buyer_key, complaint_id, 'shop' as grain, '' as entity, dt,
    cast(1 as decimal(18, 6)) as share
from counted_complaints
