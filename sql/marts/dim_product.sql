/* model
description: One row per product of a shop, as its source last described it; products that only orders name have their id as title.
grain: [platform, shop_id, product_id]
scope: full
stored: true
publish: true
columns:
  title: name shown in the shop
  category: category of the platform
  price: list price in yuan
*/
with

products as (select * from products),

order_items as (select * from order_items),

seen as (
    select platform, shop_id, product_id, max(title) as title
    from order_items
    where product_id is not null
    group by platform, shop_id, product_id
),

known as (
    select platform, shop_id, product_id from products
    union
    select platform, shop_id, product_id from seen
)

select k.platform, k.shop_id, k.product_id,
    coalesce(p.title, s.title, k.product_id) as title,
    p.category, p.price
from known k
left join products p on p.platform = k.platform and p.shop_id = k.shop_id and p.product_id = k.product_id
left join seen s on s.platform = k.platform and s.shop_id = k.shop_id and s.product_id = k.product_id
