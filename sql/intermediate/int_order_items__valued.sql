/* model
description: >
  One row per item, with a known product, of a paid valid order: what was paid for it. Items without an amount share what the
  others leave of the order's paid amount by price × quantity, to the cent by largest remainder.
grain: [platform, shop_id, order_id, item_id]
scope: buyer
publish: false
columns:
  amount: yuan paid for the item
*/
with

orders as (select * from int_orders__judged where is_linked and paid_at is not null),

order_items as (select * from order_items),

products as (select * from products),

items as (
    select
        o.platform, o.shop_id, o.buyer_key, i.order_id, i.item_id, i.product_id, i.amount,
        cast(o.paid_amount * 100 as bigint) as paid_cents,
        cast(i.amount * 100 as bigint) as amount_cents,
        case when p.price between 0 and 10000000 then cast(p.price * 100 as bigint) end as price_cents,
        cast(case when i.quantity is null then 1 when i.quantity between 0 and 1000000 then i.quantity else 0 end as bigint)
            as quantity
    from order_items as i
    join orders as o on o.platform = i.platform and o.shop_id = i.shop_id and o.order_id = i.order_id
    left join products as p on p.platform = i.platform and p.shop_id = i.shop_id and p.product_id = i.product_id
),

-- Where a price is missing (or beyond belief) the pieces alone are the measure, where there are none the items.
measured as (
    select
        *,
        cast(paid_cents - coalesce(sum(amount_cents) over same_order, 0) as bigint) as left_cents,
        case
            when sum(case when amount is null and price_cents is null then 1 else 0 end) over same_order > 0 then quantity
            else price_cents * quantity
        end as weight
    from items
    window same_order as (partition by platform, shop_id, order_id)
),

open_items as (
    select
        platform, shop_id, order_id, item_id,
        case when left_cents > 0 then left_cents else 0 end as left_cents,
        case when sum(weight) over same_order > 0 then weight else 1 end as weight,
        case
            when sum(weight) over same_order > 0 then cast(sum(weight) over same_order as bigint)
            else count(*) over same_order
        end as weights
    from measured
    where amount is null
    window same_order as (partition by platform, shop_id, order_id)
),

shares as (
    select
        *,
        whole_share(left_cents, weight, weights) as cents,
        row_number() over (
            partition by platform, shop_id, order_id order by share_rest(left_cents, weight, weights) desc, item_id
        ) as place
    from open_items
),

rounded as (
    select
        platform, shop_id, order_id, item_id,
        cents + case
            when place <= left_cents - sum(cents) over (partition by platform, shop_id, order_id) then 1 else 0
        end as cents
    from shares
)

select
    i.platform, i.shop_id, i.buyer_key, i.order_id, i.item_id, i.product_id,
    cast(coalesce(i.amount, cast(r.cents as decimal(18, 0)) * 0.01, 0) as decimal(18, 2)) as amount
from items as i
left join rounded as r
    on r.platform = i.platform and r.shop_id = i.shop_id and r.order_id = i.order_id and r.item_id = i.item_id
where i.product_id is not null
