/* model
description: >
  One row per agent, buyer, product and business day on which the agent recommended the product by hand (商品推荐), at the
  first time, with what the buyer bought of it after that on the same day.
grain: [platform, shop_id, agent_id, buyer_id, product_id, dt]
scope: buyer
stored: true
partition: dt
days: [dt]
publish: true
hidden: [buyer_key, agent_group]
columns:
  agent_group: group of the agent on dt, '' = none
  recommended_at: first recommendation of the day
  bought: the buyer created a valid order with the product after it and paid it, both on the day
  amount: yuan paid for the product's items in such orders
checks:
  amount_is_bought: bought or amount = 0
*/
with

recommended as (
    select b.platform, b.shop_id, b.buyer_key, n.agent_id, b.buyer_id, m.product_id, m.dt, min(m.sent_at) as recommended_at
    from int_messages as m
    join int_buyers as b on b.buyer_no = m.buyer_no
    join int_agents as n on n.agent_no = m.agent_no
    where m.role = 'agent' and m.is_recommendation
    group by b.platform, b.shop_id, b.buyer_key, n.agent_id, b.buyer_id, m.product_id, m.dt
),

orders as (
    select * from int_orders__judged where is_linked and paid_dt = created_dt
),

items as (select * from int_order_items__valued),

bought as (
    select
        r.platform, r.shop_id, r.agent_id, r.buyer_id, r.product_id, r.dt,
        cast(sum(i.amount) as decimal(18, 2)) as amount
    from recommended as r
    join orders as o
        on o.platform = r.platform and o.shop_id = r.shop_id and o.buyer_key = r.buyer_key
        and o.created_dt = r.dt and o.created_at > r.recommended_at
    join items as i
        on i.platform = o.platform and i.shop_id = o.shop_id and i.order_id = o.order_id and i.product_id = r.product_id
    group by r.platform, r.shop_id, r.agent_id, r.buyer_id, r.product_id, r.dt
)

select
    r.platform, r.shop_id, r.buyer_key, r.agent_id, coalesce(a.agent_group, '') as agent_group, r.buyer_id, r.product_id,
    r.dt, r.recommended_at,
    b.agent_id is not null as bought,
    coalesce(b.amount, 0) as amount
from recommended as r
left join bought as b
    on b.platform = r.platform and b.shop_id = r.shop_id and b.agent_id = r.agent_id and b.buyer_id = r.buyer_id
    and b.product_id = r.product_id and b.dt = r.dt
left join stg_agents as a
    on a.platform = r.platform and a.shop_id = r.shop_id and a.agent_id = r.agent_id
    and r.dt between a.from_dt and a.to_dt
