/* model
description: One row per rating of a valid order that is among the buyer's earliest dsr_max_per_month of its month.
grain: [platform, shop_id, order_id, item_id]
scope: buyer
stored: true
publish: false
partition: created_dt
days: [created_dt]
columns:
  created_dt: business day on which the order was created; ratings count on it
*/
with

ratings as (select * from stg_order_ratings),

orders as (select * from int_orders__judged),

rule_day as (select * from rule_day),

ranked_ratings as (
    select t.*, r.dsr_max_per_month,
        row_number() over (
            partition by t.platform, t.shop_id, t.buyer_key, month_of(t.rated_dt)
            order by t.rated_at, t.order_id, t.item_id
        ) as place
    from ratings t
    join orders o on o.platform = t.platform and o.shop_id = t.shop_id and o.order_id = t.order_id
    join rule_day r on r.platform = t.platform and r.shop_id = t.shop_id and r.dt = t.rated_dt
)

select platform, shop_id, buyer_key, order_id, item_id, created_dt, item_score, service_score, logistics_score
from ranked_ratings
where place <= dsr_max_per_month
