/* model
description: One row per agent, buyer and business day whose inquiry was lost or ordered without being paid, with what helps to find out why.
grain: [platform, shop_id, agent_id, buyer_id, dt]
scope: buyer
stored: true
partition: dt
publish: true
hidden: [buyer_key]
columns:
  status: lost or ordered_unpaid
  first_buyer_at: earliest counted buyer message of the day
  last_message_at: last counted message of the day
  last_word_by: buyer or agent
  topic: that of the earliest buyer message with one
  product_id: product of the earliest buyer message with one
  first_response_seconds: of the first turn, NULL when it was not answered
  slow: the reception was slow
  unreplied: the reception counts as unreplied
  bought_later_dt: day of the buyer's first payment of an order created after first_buyer_at
  loss_reason: what a supervisor found out
*/
with

lost as (
    select * from inquiries where grain = 'agent' and status in ('lost', 'ordered_unpaid')
),

receptions as (select * from int_receptions),

orders as (select * from int_orders__judged where is_linked and paid_at is not null),

loss_reasons as (select * from loss_reasons),

bought as (
    select l.platform, l.shop_id, l.agent_id, l.buyer_key, l.dt,
        min(o.paid_dt) as bought_later_dt
    from lost l
    join orders o on o.platform = l.platform and o.shop_id = l.shop_id and o.buyer_key = l.buyer_key
    where o.created_at >= l.first_buyer_at
    group by l.platform, l.shop_id, l.agent_id, l.buyer_key, l.dt
)

select l.platform, l.shop_id, l.buyer_key, l.agent_id, l.buyer_id, l.dt, l.status, l.first_buyer_at,
    r.last_message_at, r.last_word_by, r.topic, r.product_id, r.first_response_seconds,
    r.is_slow as slow, not r.is_replied and not r.leaves_reply_rate as unreplied,
    b.bought_later_dt, n.reason as loss_reason
from lost l
join receptions r
    on r.platform = l.platform and r.shop_id = l.shop_id and r.agent_id = l.agent_id
    and r.buyer_key = l.buyer_key and r.dt = l.dt
left join bought b
    on b.platform = l.platform and b.shop_id = l.shop_id and b.agent_id = l.agent_id
    and b.buyer_key = l.buyer_key and b.dt = l.dt
left join loss_reasons n
    on n.platform = l.platform and n.shop_id = l.shop_id and n.agent_id = l.agent_id
    and n.buyer_id = l.buyer_id and n.dt = l.dt
