/* model
description: One row per valid order with the agents to whom ordering and payment are due.
grain: [platform, shop_id, order_id]
scope: buyer
stored: true
partition: created_dt
days: [created_dt, paid_dt]
publish: true
hidden: [buyer_key, item_rows]
columns:
  buyer_id: the chats' id of the buyer when linked; a masked or missing id stays as it stands
  created_dt: business day of creation
  paid_at: time of payment; cash on delivery is paid when shipped
  paid_dt: business day of payment
  paid_amount: yuan, 0 when missing
  quantity: pieces, of the order or else of its items
  order_agent_id: agent to whom the order is due
  pay_agent_id: agent to whom the payment is due, NULL while unpaid
  follow_up_agent_id: first agent in contact after the payment of a fully silent order, where that earns credit
  assisting_agent_ids: other agents in contact before the order or its payment, sorted, joined by |
  kind: assisted, silent_reminded, fully_silent, fully_silent_followed, silent_unpaid or unlinked
  credit_rule: rule of credit in force on the paid day, NULL while unpaid
  item_rows: rows of order_items
checks:
  paid_has_rule: (paid_at is null) = (credit_rule is null)
  paid_has_day: (paid_at is null) = (paid_dt is null)
  unpaid_has_no_pay_agent: paid_at is not null or pay_agent_id is null
  order_agent_makes_assisted: (order_agent_id is not null) = (kind = 'assisted')
*/
with

orders as (select * from int_orders__judged),

assisted as (select * from int_orders__assisted),

assisting_agents as (
    select platform, shop_id, order_id, join_list(array_agg(agent_id order by agent_id)) as agent_ids
    from assisted
    group by platform, shop_id, order_id
)

select o.platform, o.shop_id, o.buyer_key, o.order_id, o.buyer_id, o.created_at, o.created_dt, o.paid_at, o.paid_dt,
    o.paid_amount, o.quantity, o.item_rows, o.order_agent_id, o.pay_agent_id, o.follow_up_agent_id,
    a.agent_ids as assisting_agent_ids, o.kind, o.credit_rule
from orders o
left join assisting_agents a on a.platform = o.platform and a.shop_id = o.shop_id and a.order_id = o.order_id
