/* model
description: >
  One row per agent, group of agents or shop, as-of day and window of 180 days with data in it, with the buyers who paid
  orders in it, and those who paid two or more; of agents and groups the orders credited to them.
grain: [platform, shop_id, grain, entity, dt, window_days]
scope: window
stored: false
columns:
  grain: agent, group or shop
  entity: agent, group of the paid day ('' = none), or empty at shop grain
*/
with

asofs as (select * from int_window_asofs where window_days = 180),

spans as (
    select platform, shop_id, plus_days(min(dt), -179) as from_dt, max(dt) as to_dt from days group by platform, shop_id
),

paid_orders as (
    select c.platform, c.shop_id, g.grain, case g.grain when 'agent' then c.agent_id else c.agent_group end as entity,
        c.buyer_id, c.order_id, c.paid_dt as dt
    from order_credits as c
    join spans as s on s.platform = c.platform and s.shop_id = c.shop_id and c.paid_dt between s.from_dt and s.to_dt
    cross join (values ('agent'), ('group')) as g (grain)
    where c.rule = 'in_force'
    union all
    select o.platform, o.shop_id, 'shop' as grain, '' as entity, o.buyer_id, o.order_id, o.paid_dt as dt
    from order_attribution as o
    join spans as s on s.platform = o.platform and s.shop_id = o.shop_id and o.paid_dt between s.from_dt and s.to_dt
    where o.kind <> 'unlinked'
),

buyer_days as (
    select platform, shop_id, grain, entity, buyer_id, dt, count(distinct order_id) as orders
    from paid_orders
    group by platform, shop_id, grain, entity, buyer_id, dt
),

-- The order before: of the same day where there are two, else of the buyer's day before.
neighbours as (
    select platform, shop_id, grain, entity, dt,
        case when orders > 1 then dt else lag(dt) over same_buyer end as previous_dt,
        coalesce(lead(dt) over same_buyer, date '9999-12-31') as next_dt
    from buyer_days
    window same_buyer as (partition by platform, shop_id, grain, entity, buyer_id order by dt)
),

spells as (
    select platform, shop_id, grain, entity, 'paid' as kind, dt as from_dt, least(next_dt, plus_days(dt, 180)) as to_dt
    from neighbours
    union all
    select platform, shop_id, grain, entity, 'again' as kind, dt as from_dt,
        least(next_dt, plus_days(previous_dt, 180)) as to_dt
    from neighbours
    where plus_days(previous_dt, 180) > dt
),

steps as (
    select platform, shop_id, grain, entity, kind, from_dt as dt, 1 as step from spells
    union all
    select platform, shop_id, grain, entity, kind, to_dt as dt, -1 as step from spells
),

marks as (
    select platform, shop_id, grain, entity, dt, false as is_asof,
        sum(step) filter (where kind = 'paid') as paid, sum(step) filter (where kind = 'again') as again
    from steps
    group by platform, shop_id, grain, entity, dt
    union all
    select platform, shop_id, grain, entity, dt, true as is_asof, 0 as paid, 0 as again
    from asofs
),

running as (
    select platform, shop_id, grain, entity, dt, is_asof, sum(paid) over w as paid, sum(again) over w as again
    from marks
    window w as (partition by platform, shop_id, grain, entity order by dt)
)

select
    platform, shop_id, grain, entity, dt, 180 as window_days,
    cast(again as bigint) as repurchase_buyers,
    cast(paid as bigint) as paid_buyers_180
from running
where is_asof
