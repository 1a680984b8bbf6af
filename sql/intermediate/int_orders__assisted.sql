/* model
description: One row per valid order and agent who assisted it without being its order, pay or follow-up agent.
grain: [platform, shop_id, order_id, agent_id]
scope: buyer
stored: false
*/
with

orders as (select * from int_orders__judged),

order_agents as (select * from int_order_agents)

select a.platform, a.shop_id, a.order_id, a.agent_id
from order_agents a
join orders o on o.platform = a.platform and o.shop_id = a.shop_id and o.order_id = a.order_id
where (a.order_contacts > 0 or a.last_pay_contact is not null)
    and a.agent_id is distinct from o.order_agent_id
    and a.agent_id is distinct from o.pay_agent_id
    and a.agent_id is distinct from o.follow_up_agent_id
