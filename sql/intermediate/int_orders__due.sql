/* model
description: One row per valid order, agent and part that he has in it.
grain: [platform, shop_id, order_id, part, agent_id]
scope: buyer
stored: true
publish: false
partition: created_dt
days: [created_dt, paid_dt]
columns:
  part: order, pay, follow_up or assist
  created_group: group of the agent on the created day, '' = none
  paid_group: group of the agent on the paid day, '' = none
  order_agent_id: agent of the order, whoever this one is
  pay_agent_id: agent of the payment, whoever this one is
*/
with

orders as (select * from int_orders__judged),

assisted as (select * from int_orders__assisted),

agents as (select * from stg_agents),

parts as (
    select platform, shop_id, order_id, 'order' as part, order_agent_id as agent_id from orders
    union all
    select platform, shop_id, order_id, 'pay' as part, pay_agent_id as agent_id from orders
    union all
    select platform, shop_id, order_id, 'follow_up' as part, follow_up_agent_id as agent_id from orders
    union all
    select platform, shop_id, order_id, 'assist' as part, agent_id from assisted
)

select p.platform, p.shop_id, o.buyer_key, p.order_id, p.part, p.agent_id, o.created_dt, o.paid_dt,
    coalesce(c.agent_group, '') as created_group, coalesce(d.agent_group, '') as paid_group,
    o.buyer_id, o.paid_amount, o.quantity, o.order_agent_id, o.pay_agent_id
from parts p
join orders o on o.platform = p.platform and o.shop_id = p.shop_id and o.order_id = p.order_id
left join agents c
    on c.platform = p.platform and c.shop_id = p.shop_id and c.agent_id = p.agent_id
    and o.created_dt between c.from_dt and c.to_dt
left join agents d
    on d.platform = p.platform and d.shop_id = p.shop_id and d.agent_id = p.agent_id
    and o.paid_dt between d.from_dt and d.to_dt
where p.agent_id is not null
