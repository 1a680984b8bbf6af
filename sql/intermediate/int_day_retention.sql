/* model
description: One row per agent, group of agents or shop and business day on which buyers were served after sale.
grain: [platform, shop_id, grain, entity, dt]
scope: day
publish: false
columns:
  grain: agent, group or shop
  entity: agent, group ('' = none), or empty at shop grain
  served_buyers: buyers who opened a case or requested a refund on the day
  retained_buyers: of those, who paid again within retention_days of one of these moments, as far as is known
  same_product_buyers: of those, who bought a product of the order concerned
  is_retention_known: whether retention_days have passed by the horizon
*/
with

served as (
    select
        s.platform, s.shop_id, s.grain, s.entity, s.dt,
        count(distinct s.buyer_id) as served_buyers,
        count(distinct s.buyer_id) filter (where s.is_retained) as retained_buyers,
        count(distinct s.buyer_id) filter (where s.is_same_product) as same_product_buyers
    from int_served_buyers as s
    join days as d on d.platform = s.platform and d.shop_id = s.shop_id and d.dt = s.dt
    group by s.platform, s.shop_id, s.grain, s.entity, s.dt
)

select
    s.platform, s.shop_id, s.grain, s.entity, s.dt, s.served_buyers, s.retained_buyers, s.same_product_buyers,
    coalesce(plus_days(s.dt, r.retention_days) <= h.horizon_dt, false) as is_retention_known
from served as s
join rule_day as r on r.platform = s.platform and r.shop_id = s.shop_id and r.dt = s.dt
left join int_shop_horizon as h on h.platform = s.platform and h.shop_id = s.shop_id
