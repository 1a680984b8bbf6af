/* model
description: One row per agent, group of agents or shop, buyer and business day on which the buyer was received, inquired, bought or asked for a refund, as far as the windows reach.
grain: [entity_no, kind, buyer_no, dt]
scope: window
stored: false
columns:
  entity_no: number of the agent, group or shop, that of int_window_asofs
  kind: received, inquiry, sales or refund
  buyer_no: number of the buyer in this run
*/
with

spans as (
    select platform, shop_id, plus_days(min(dt), -179) as from_dt, max(dt) as to_dt from days group by platform, shop_id
),

occasions as (
    select r.platform, r.shop_id, 'received' as kind, 'agent' as grain, r.agent_id, r.agent_group, r.buyer_id, r.dt
    from int_receptions r
    join spans s on s.platform = r.platform and s.shop_id = r.shop_id
    where r.dt between s.from_dt and s.to_dt and r.is_received and r.excluded_reason is null
    union all
    select i.platform, i.shop_id, 'inquiry' as kind, i.grain, i.agent_id, i.agent_group, i.buyer_id, i.dt
    from inquiries i
    join spans s on s.platform = i.platform and s.shop_id = i.shop_id
    where i.dt between s.from_dt and s.to_dt and i.excluded_reason is null
    union all
    select c.platform, c.shop_id, 'sales' as kind, 'agent' as grain, c.agent_id, c.agent_group, c.buyer_id, c.paid_dt as dt
    from order_credits c
    join spans s on s.platform = c.platform and s.shop_id = c.shop_id
    where c.paid_dt between s.from_dt and s.to_dt and c.rule = 'in_force'
    union all
    select f.platform, f.shop_id, 'refund' as kind, f.grain, f.entity as agent_id, f.entity as agent_group, f.buyer_id,
        f.requested_dt as dt
    from int_refunds__credited f
    join spans s on s.platform = f.platform and s.shop_id = f.shop_id
    where f.requested_dt between s.from_dt and s.to_dt and f.buyer_id is not null
),

buyers as (
    select platform, shop_id, buyer_id, row_number() over () as buyer_no
    from (select distinct platform, shop_id, buyer_id from occasions) as b
),

-- What counts for an agent counts for his group and for the shop, too, where those have no rows of their own.
counts_for as (
    select *
    from (values
        ('received', 'agent', 'agent'), ('received', 'agent', 'group'), ('received', 'agent', 'shop'),
        ('inquiry', 'agent', 'agent'), ('inquiry', 'agent', 'group'), ('inquiry', 'shop', 'shop'),
        ('sales', 'agent', 'agent'), ('sales', 'agent', 'group'), ('sales', 'agent', 'shop'),
        ('refund', 'agent', 'agent'), ('refund', 'group', 'group'), ('refund', 'shop', 'shop')
    ) as c (kind, of_grain, grain)
),

entities as (select distinct platform, shop_id, grain, entity, entity_no from int_window_asofs),

places as (
    select p.platform, p.shop_id, p.kind, p.grain, p.agent_id, p.agent_group, e.entity_no
    from (select distinct platform, shop_id, kind, grain, agent_id, agent_group from occasions) as p
    join counts_for c on c.kind = p.kind and c.of_grain = p.grain
    join entities e
        on e.platform = p.platform and e.shop_id = p.shop_id and e.grain = c.grain
        and e.entity = case c.grain when 'agent' then p.agent_id when 'group' then p.agent_group else '' end
)

select distinct p.entity_no, o.kind, b.buyer_no, o.dt
from occasions o
join buyers b on b.platform = o.platform and b.shop_id = o.shop_id and b.buyer_id = o.buyer_id
join places p
    on p.platform = o.platform and p.shop_id = o.shop_id and p.kind = o.kind and p.grain = o.grain
    and p.agent_id = o.agent_id and p.agent_group = o.agent_group
