/* model
description: >
  One row per agent, group of agents or shop and business day with its part of deals, refunds, disputes and complaints; at
  the shop also what no agent has a part in.
grain: [platform, shop_id, grain, entity, dt]
scope: day
stored: false
columns:
  grain: agent, group or shop
  entity: agent, group of the order's paid day ('' = none), or empty at shop grain
  deals: items of valid orders paid on the day; of agents and groups by share
  refund_us_sum: microseconds from request to completion, by share
*/
with

days as (select * from days),

dealt as (
    select c.platform, c.shop_id, g.grain, case g.grain when 'agent' then c.agent_id else c.agent_group end as entity,
        c.paid_dt as dt, sum(c.credited_items) as deals
    from order_credits c
    join days d on d.platform = c.platform and d.shop_id = c.shop_id and d.dt = c.paid_dt
    cross join (values ('agent'), ('group')) as g (grain)
    where c.rule = 'in_force'
    group by c.platform, c.shop_id, g.grain, case g.grain when 'agent' then c.agent_id else c.agent_group end, c.paid_dt
    union all
    select o.platform, o.shop_id, 'shop' as grain, '' as entity, o.paid_dt as dt, sum(o.item_rows) as deals
    from order_attribution o
    join days d on d.platform = o.platform and d.shop_id = o.shop_id and d.dt = o.paid_dt
    group by o.platform, o.shop_id, o.paid_dt
),

requested as (
    select f.platform, f.shop_id, f.grain, f.entity, f.requested_dt as dt, sum(f.share) as refunds
    from int_refunds__credited f
    join days d on d.platform = f.platform and d.shop_id = f.shop_id and d.dt = f.requested_dt
    group by f.platform, f.shop_id, f.grain, f.entity, f.requested_dt
),

disputed as (
    select f.platform, f.shop_id, f.grain, f.entity, f.disputed_dt as dt, sum(f.share) as disputes
    from int_refunds__credited f
    join days d on d.platform = f.platform and d.shop_id = f.shop_id and d.dt = f.disputed_dt
    group by f.platform, f.shop_id, f.grain, f.entity, f.disputed_dt
),

completed as (
    select f.platform, f.shop_id, f.grain, f.entity, f.completed_dt as dt,
        sum(f.share) as refunds_completed,
        sum(f.share) filter (where f.is_self_completed) as self_completed,
        sum(f.share * f.duration_us) as refund_us_sum,
        sum(f.credited_amount) as refunded_amount
    from int_refunds__credited f
    join days d on d.platform = f.platform and d.shop_id = f.shop_id and d.dt = f.completed_dt
    group by f.platform, f.shop_id, f.grain, f.entity, f.completed_dt
),

complained as (
    select c.platform, c.shop_id, c.grain, c.entity, c.dt, sum(c.share) as complaints
    from int_complaints__credited c
    join days d on d.platform = c.platform and d.shop_id = c.shop_id and d.dt = c.dt
    group by c.platform, c.shop_id, c.grain, c.entity, c.dt
),

keys as (
    select platform, shop_id, grain, entity, dt from dealt
    union
    select platform, shop_id, grain, entity, dt from requested
    union
    select platform, shop_id, grain, entity, dt from disputed
    union
    select platform, shop_id, grain, entity, dt from completed
    union
    select platform, shop_id, grain, entity, dt from complained
)

select k.platform, k.shop_id, k.grain, k.entity, k.dt,
    cast(coalesce(a.deals, 0) as decimal(18, 6)) as deals,
    cast(coalesce(r.refunds, 0) as decimal(18, 6)) as refunds,
    cast(coalesce(d.disputes, 0) as decimal(18, 6)) as disputes,
    cast(coalesce(f.refunds_completed, 0) as decimal(18, 6)) as refunds_completed,
    cast(coalesce(f.self_completed, 0) as decimal(18, 6)) as self_completed,
    cast(coalesce(f.refund_us_sum, 0) as decimal(38, 6)) as refund_us_sum,
    cast(coalesce(f.refunded_amount, 0) as decimal(18, 6)) as refunded_amount,
    cast(coalesce(c.complaints, 0) as decimal(18, 6)) as complaints
from keys k
left join dealt a
    on a.platform = k.platform and a.shop_id = k.shop_id and a.grain = k.grain and a.entity = k.entity and a.dt = k.dt
left join requested r
    on r.platform = k.platform and r.shop_id = k.shop_id and r.grain = k.grain and r.entity = k.entity and r.dt = k.dt
left join disputed d
    on d.platform = k.platform and d.shop_id = k.shop_id and d.grain = k.grain and d.entity = k.entity and d.dt = k.dt
left join completed f
    on f.platform = k.platform and f.shop_id = k.shop_id and f.grain = k.grain and f.entity = k.entity and f.dt = k.dt
left join complained c
    on c.platform = k.platform and c.shop_id = k.shop_id and c.grain = k.grain and c.entity = k.entity and c.dt = k.dt
