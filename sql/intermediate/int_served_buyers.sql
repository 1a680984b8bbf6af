/* model
description: >
  One row per case opened, or refund requested, by a buyer who would be known again, and entity it counts for, with whether
  he bought again in time.
grain: [platform, shop_id, event_key, grain, entity]
scope: buyer
stored: true
partition: dt
days: [dt]
publish: false
columns:
  event_key: case or refund, and its id
  grain: agent, group or shop
  entity: agent of the case or credited with the order, his group on the case's or paid day ('' = none), or empty
  dt: business day of the case or request
  is_retained: he paid a valid order after it, within retention_days times 24 hours
  is_same_product: such an order has a product of the order concerned
checks:
  same_product_is_retained: is_retained or not is_same_product
*/
with

cases as (select * from int_cases where buyer_id is not null),

case_orders as (select platform, shop_id, case_id, order_id from stg_cases),

refunds as (select * from stg_refunds where buyer_key = buyer_id),

valid_orders as (select * from int_orders__judged where is_linked),

orders as (select * from stg_orders),

order_items as (select * from order_items),

credits as (select * from order_credits where rule = 'in_force'),

rule_day as (select * from rule_day),

served as (
    select c.platform, c.shop_id, c.buyer_key, 'case:' || c.case_id as event_key, o.order_id, c.dt, c.opened_at as served_at
    from cases as c
    join case_orders as o on o.platform = c.platform and o.shop_id = c.shop_id and o.case_id = c.case_id
    union all
    select f.platform, f.shop_id, f.buyer_key, 'refund:' || f.refund_id as event_key, f.order_id, f.requested_dt as dt,
        f.requested_at as served_at
    from refunds as f
    left join valid_orders as o on o.platform = f.platform and o.shop_id = f.shop_id and o.order_id = f.order_id
    where o.order_id is not null or not f.is_order_known
),

-- The agents of a case and of a refunded order; the shop serves everybody.
entities as (
    select platform, shop_id, 'case:' || case_id as event_key, 'agent' as grain, agent_id as entity
    from cases
    where agent_id is not null
    union
    select platform, shop_id, 'case:' || case_id as event_key, 'group' as grain, agent_group as entity
    from cases
    where agent_id is not null
    union
    select f.platform, f.shop_id, 'refund:' || f.refund_id as event_key, 'agent' as grain, c.agent_id as entity
    from refunds as f
    join credits as c on c.platform = f.platform and c.shop_id = f.shop_id and c.order_id = f.order_id
    union
    select f.platform, f.shop_id, 'refund:' || f.refund_id as event_key, 'group' as grain, c.agent_group as entity
    from refunds as f
    join credits as c on c.platform = f.platform and c.shop_id = f.shop_id and c.order_id = f.order_id
    union
    select platform, shop_id, event_key, 'shop' as grain, '' as entity from served
),

later_orders as (
    select s.platform, s.shop_id, s.buyer_key, s.event_key, s.order_id as concerned_order_id, o.order_id
    from served as s
    join rule_day as r on r.platform = s.platform and r.shop_id = s.shop_id and r.dt = s.dt
    join valid_orders as o
        on o.platform = s.platform and o.shop_id = s.shop_id and o.buyer_key = s.buyer_key
        and o.paid_at > s.served_at and o.paid_at <= plus_seconds(s.served_at, cast(r.retention_days as bigint) * 86400)
),

products as (
    select distinct o.platform, o.shop_id, o.buyer_key, o.order_id, i.product_id
    from orders as o
    join order_items as i on i.platform = o.platform and i.shop_id = o.shop_id and i.order_id = o.order_id
    where i.product_id is not null
),

kept as (select distinct platform, shop_id, event_key from later_orders),

rebought as (
    select distinct l.platform, l.shop_id, l.event_key
    from later_orders as l
    join products as c
        on c.platform = l.platform and c.shop_id = l.shop_id and c.buyer_key = l.buyer_key
        and c.order_id = l.concerned_order_id
    join products as p
        on p.platform = l.platform and p.shop_id = l.shop_id and p.order_id = l.order_id and p.product_id = c.product_id
)

select
    s.platform, s.shop_id, s.buyer_key, s.event_key, e.grain, e.entity, s.buyer_key as buyer_id, s.dt,
    k.event_key is not null as is_retained,
    b.event_key is not null as is_same_product
from served as s
join entities as e on e.platform = s.platform and e.shop_id = s.shop_id and e.event_key = s.event_key
left join kept as k on k.platform = s.platform and k.shop_id = s.shop_id and k.event_key = s.event_key
left join rebought as b on b.platform = s.platform and b.shop_id = s.shop_id and b.event_key = s.event_key
