/* model
description: One row per agent, group of agents or shop and order behind its inquiries that was shipped in time.
grain: [platform, shop_id, grain, entity, order_id]
scope: buyer
stored: true
publish: false
partition: shipped_dt
days: [shipped_dt]
columns:
  grain: agent, group or shop
  entity: agent, his group on the day of the inquiry ('' = none), or empty at shop grain
*/
with

inquiries as (select * from inquiries where excluded_reason is null and is_shipped),

inquiry_orders as (select * from int_inquiry_orders where is_own and is_shipped),

shipped_orders as (
    select o.platform, o.shop_id, o.buyer_key, o.grain, o.agent_id, i.agent_group, o.order_id, o.shipped_dt, o.paid_amount
    from inquiry_orders o
    join inquiries i
        on i.platform = o.platform and i.shop_id = o.shop_id and i.grain = o.grain
        and i.agent_id = o.agent_id and i.buyer_key = o.buyer_key and i.dt = o.dt
)

select platform, shop_id, buyer_key, grain, agent_id as entity, order_id, shipped_dt, paid_amount
from shipped_orders
union
select platform, shop_id, buyer_key, 'group' as grain, agent_group as entity, order_id, shipped_dt, paid_amount
from shipped_orders
where grain = 'agent'
