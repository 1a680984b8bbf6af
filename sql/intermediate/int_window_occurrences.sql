/* model
description: One row per agent, group of agents or shop, buyer and business day on which the buyer was received, inquired, bought or asked for a refund, as far as the windows reach.
grain: [platform, shop_id, grain, entity, kind, buyer_id, dt]
scope: window
stored: false
columns:
  grain: agent, group or shop
  entity: agent, group of the day ('' = none), or empty at shop grain
  kind: received, inquiry, sales or refund
*/
with

spans as (
    select platform, shop_id, plus_days(min(dt), -179) as from_dt, max(dt) as to_dt from days group by platform, shop_id
),

receptions as (
    select r.* from int_receptions r
    join spans s on s.platform = r.platform and s.shop_id = r.shop_id
    where r.dt between s.from_dt and s.to_dt and r.is_received and r.excluded_reason is null
),

inquiries as (
    select i.* from inquiries i
    join spans s on s.platform = i.platform and s.shop_id = i.shop_id
    where i.dt between s.from_dt and s.to_dt and i.excluded_reason is null
),

credits as (
    select c.* from order_credits c
    join spans s on s.platform = c.platform and s.shop_id = c.shop_id
    where c.paid_dt between s.from_dt and s.to_dt and c.rule = 'in_force'
),

refunds as (
    select f.* from int_refunds__credited f
    join spans s on s.platform = f.platform and s.shop_id = f.shop_id
    where f.requested_dt between s.from_dt and s.to_dt and f.buyer_id is not null
)

select platform, shop_id, 'agent' as grain, agent_id as entity, 'received' as kind, buyer_id, dt from receptions
union
select platform, shop_id, 'group' as grain, agent_group as entity, 'received' as kind, buyer_id, dt from receptions
union
select platform, shop_id, 'shop' as grain, '' as entity, 'received' as kind, buyer_id, dt from receptions
union
select platform, shop_id, grain, agent_id as entity, 'inquiry' as kind, buyer_id, dt from inquiries
union
select platform, shop_id, 'group' as grain, agent_group as entity, 'inquiry' as kind, buyer_id, dt from inquiries
where grain = 'agent'
union
select platform, shop_id, 'agent' as grain, agent_id as entity, 'sales' as kind, buyer_id, paid_dt as dt from credits
union
select platform, shop_id, 'group' as grain, agent_group as entity, 'sales' as kind, buyer_id, paid_dt as dt from credits
union
select platform, shop_id, 'shop' as grain, '' as entity, 'sales' as kind, buyer_id, paid_dt as dt from credits
union
select platform, shop_id, grain, entity, 'refund' as kind, buyer_id, requested_dt as dt from refunds
