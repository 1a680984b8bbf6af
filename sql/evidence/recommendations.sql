/* evidence
row: buyer and product
description: Products that agents recommended to buyers by hand.
shows: [buyer_id, product_id, recommended_at, amount, reason]
splits: [product_id]
rules: [recommendation_marks, exclude_orders, exclude_flags]
*/
with

recommended as (
    select r.platform, r.shop_id, g.grain,
        case g.grain when 'agent' then r.agent_id when 'group' then r.agent_group else '' end as entity,
        r.dt, r.buyer_id, r.product_id, r.recommended_at, r.bought, r.amount
    from recommendations as r
    cross join (values ('agent'), ('group'), ('shop')) as g (grain)
)

-- A pair counts once, from its first recommendation by anyone of the entity.
select
    platform, shop_id, grain, entity, dt, buyer_id, product_id, min(recommended_at) as recommended_at,
    bool_or(bought) as bought, max(amount) as amount,
    case when bool_or(bought) then 'bought after it, on the day' else 'not bought on the day' end as reason
from recommended
group by platform, shop_id, grain, entity, dt, buyer_id, product_id
