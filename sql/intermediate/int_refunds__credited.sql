/* model
description: One row per refund of a valid or unknown order and entity it counts for; the shop with share 1, agents and groups by their credit in force.
grain: [platform, shop_id, refund_id, grain, entity]
scope: buyer
stored: true
publish: false
partition: requested_dt
days: [requested_dt, completed_dt, disputed_dt]
columns:
  grain: agent, group or shop
  entity: agent, his group on the paid day of the order ('' = none), or empty at shop grain
  share: part of the refund that counts for the entity
  credited_amount: amount times the credit in force (shop grain, of all agents together), of a refund that succeeded, else 0
  duration_us: microseconds from request to completion
  is_self_completed: completed, not closed by the platform and never disputed
*/
with

refunds as (select * from stg_refunds),

orders as (select * from int_orders__judged),

credits as (select * from order_credits where rule = 'in_force'),

credited_parts as (
    select platform, shop_id, order_id, 'agent' as grain, agent_id as entity, share from credits
    union all
    select platform, shop_id, order_id, 'group' as grain, agent_group as entity, sum(share) as share
    from credits
    group by platform, shop_id, order_id, agent_group
),

order_shares as (
    select platform, shop_id, order_id, sum(share) as share from credits group by platform, shop_id, order_id
),

counted_refunds as (
    select f.*,
        f.completed_dt is not null and f.status = 'succeeded' as is_succeeded,
        f.completed_dt is not null and f.closed_by is distinct from 'platform' and f.disputed_at is null
            as is_self_completed
    from refunds f
    left join orders o on o.platform = f.platform and o.shop_id = f.shop_id and o.order_id = f.order_id
    where o.order_id is not null or not f.is_order_known
),

parts as (
    select f.*, c.grain, c.entity, c.share, c.share as amount_share
    from counted_refunds f
    join credited_parts c on c.platform = f.platform and c.shop_id = f.shop_id and c.order_id = f.order_id
    union all
    select f.*, 'shop' as grain, '' as entity, cast(1 as decimal(18, 6)) as share, coalesce(s.share, 0) as amount_share
    from counted_refunds f
    left join order_shares s on s.platform = f.platform and s.shop_id = f.shop_id and s.order_id = f.order_id
)

select platform, shop_id, buyer_key, refund_id, grain, entity, buyer_id, requested_dt, completed_dt, disputed_dt,
    cast(share as decimal(18, 6)) as share,
    cast(case when is_succeeded then coalesce(amount, 0) * cast(amount_share as decimal(18, 6)) else 0 end
        as decimal(18, 6)) as credited_amount,
    micros_between(requested_at, completed_at) as duration_us,
    is_self_completed
from parts
