/* model
description: >
  One row per agent, group of agents or shop and business day with buyers reminded of an order or products recommended.
grain: [platform, shop_id, grain, entity, dt]
scope: day
publish: false
columns:
  grain: agent, group or shop
  entity: agent, group of the day ('' = none), or empty at shop grain
  reminded_paid_buyers: buyers reminded who paid such an order after it on the day
  recommended_buyers: pairs of buyer and product
  recommended_bought: pairs bought after their first recommendation by anyone of the entity
*/
with

reminders as (
    select r.platform, r.shop_id, r.dt, r.buyer_id, r.paid_same_day, g.grain,
        case g.grain when 'agent' then r.agent_id when 'group' then r.agent_group else '' end as entity
    from reminders as r
    join days as d on d.platform = r.platform and d.shop_id = r.shop_id and d.dt = r.dt
    cross join (values ('agent'), ('group'), ('shop')) as g (grain)
),

reminded as (
    select
        platform, shop_id, grain, entity, dt,
        count(distinct buyer_id) as reminded_buyers,
        count(distinct buyer_id) filter (where paid_same_day) as reminded_paid_buyers
    from reminders
    group by platform, shop_id, grain, entity, dt
),

recommendations as (
    select r.platform, r.shop_id, r.dt, r.buyer_id, r.product_id, r.bought, r.amount, g.grain,
        case g.grain when 'agent' then r.agent_id when 'group' then r.agent_group else '' end as entity
    from recommendations as r
    join days as d on d.platform = r.platform and d.shop_id = r.shop_id and d.dt = r.dt
    cross join (values ('agent'), ('group'), ('shop')) as g (grain)
),

-- What was bought after a later recommendation was bought after the first one, too: its row has most.
pairs as (
    select platform, shop_id, grain, entity, dt, buyer_id, product_id, bool_or(bought) as is_bought, max(amount) as amount
    from recommendations
    group by platform, shop_id, grain, entity, dt, buyer_id, product_id
),

recommended as (
    select
        platform, shop_id, grain, entity, dt,
        count(*) as recommended_buyers,
        count(*) filter (where is_bought) as recommended_bought,
        sum(amount) as recommended_amount
    from pairs
    group by platform, shop_id, grain, entity, dt
),

keys as (
    select platform, shop_id, grain, entity, dt from reminded
    union
    select platform, shop_id, grain, entity, dt from recommended
)

select
    k.platform, k.shop_id, k.grain, k.entity, k.dt,
    coalesce(r.reminded_buyers, 0) as reminded_buyers,
    coalesce(r.reminded_paid_buyers, 0) as reminded_paid_buyers,
    coalesce(c.recommended_buyers, 0) as recommended_buyers,
    coalesce(c.recommended_bought, 0) as recommended_bought,
    cast(coalesce(c.recommended_amount, 0) as decimal(18, 2)) as recommended_amount
from keys as k
left join reminded as r
    on r.platform = k.platform and r.shop_id = k.shop_id and r.grain = k.grain and r.entity = k.entity and r.dt = k.dt
left join recommended as c
    on c.platform = k.platform and c.shop_id = k.shop_id and c.grain = k.grain and c.entity = k.entity and c.dt = k.dt
