/* model
description: One row per order with the buyer that chats know it by; a masked or missing id is resolved by a message, a rating or the only buyer of the day that fits.
grain: [platform, shop_id, order_id]
scope: shop
stored: true
publish: false
partition: created_dt
days: [created_dt]
columns:
  buyer_id: the chats' id when linked, else the order's own as it stands
  buyer_key: buyer_id when linked, else 'order:' and the order's id
  link_method: message, own, rating, mask or none
checks:
  linked_has_buyer: not is_linked or buyer_id is not null
*/
with

orders as (select * from orders),

order_ratings as (select * from order_ratings),

buyers as (select * from buyers),

shops as (select * from shops),

rule_day as (select * from rule_day),

-- A chat message of whatever sender that names the order: the earliest counts.
naming_messages as (
    select platform, shop_id, order_id, buyer_id,
        row_number() over (
            partition by platform, shop_id, order_id
            order by sent_at, coalesce(seq, 0),
                case sender when 'buyer' then 1 when 'agent' then 2 when 'bot' then 3 else 4 end, message_id
        ) as place
    from chat_messages
    where order_id is not null and buyer_id is not null
),

naming_ratings as (
    select platform, shop_id, order_id, buyer_id,
        row_number() over (partition by platform, shop_id, order_id order by rated_at, item_id) as place
    from order_ratings
    where buyer_id is not null and strpos(buyer_id, '*') = 0
),

-- The wall clock is looked up once per quarter of an hour: within one it runs evenly.
quarters as (
    select q.platform, q.shop_id, q.quarter_at, local_time(q.quarter_at, s.timezone) as local_quarter_at
    from (select distinct platform, shop_id, quarter_hour(created_at) as quarter_at from orders) as q
    join shops as s on s.platform = q.platform and s.shop_id = q.shop_id
),

dated_orders as (
    select o.platform, o.shop_id, o.order_id, o.buyer_id, o.mask_key,
        q.local_quarter_at + (o.created_at - q.quarter_at) as local_at
    from orders o
    join quarters q
        on q.platform = o.platform and q.shop_id = o.shop_id and q.quarter_at = quarter_hour(o.created_at)
),

named_orders as (
    select o.platform, o.shop_id, o.order_id, o.buyer_id, o.mask_key,
        cast(plus_seconds(o.local_at, -60 * r.cut_minutes) as date) as created_dt,
        m.buyer_id as message_buyer_id,
        case when strpos(o.buyer_id, '*') = 0 then o.buyer_id end as own_buyer_id,
        n.buyer_id as rating_buyer_id
    from dated_orders o
    join rule_day r on r.platform = o.platform and r.shop_id = o.shop_id and r.dt = cast(o.local_at as date)
    left join naming_messages m
        on m.platform = o.platform and m.shop_id = o.shop_id and m.order_id = o.order_id and m.place = 1
    left join naming_ratings n
        on n.platform = o.platform and n.shop_id = o.shop_id and n.order_id = o.order_id and n.place = 1
),

-- Only orders that nothing else names look for a buyer by their mask.
masked_orders as (
    select platform, shop_id, order_id, created_dt, mask_key
    from named_orders
    where message_buyer_id is null and own_buyer_id is null and rating_buyer_id is null and mask_key is not null
),

buyer_masks as (
    select b.platform, b.shop_id, b.buyer_id, k.mask_key
    from buyers b
    join (select distinct platform, shop_id from masked_orders) as s on s.platform = b.platform and s.shop_id = b.shop_id
    cross join unnest(list_items(b.mask_keys)) as k (mask_key)
    where strpos(b.buyer_id, '*') = 0
),

fitting_buyers as (
    select distinct b.platform, b.shop_id, b.buyer_id, b.mask_key
    from buyer_masks b
    join masked_orders o on o.platform = b.platform and o.shop_id = b.shop_id and o.mask_key = b.mask_key
),

-- Without a cut the business day is the calendar date that stands in the row.
fitting_days as (
    select distinct m.platform, m.shop_id, m.buyer_id,
        case when r.cut_minutes = 0 then m.event_date
            else cast(plus_seconds(local_time(m.sent_at, s.timezone), -60 * r.cut_minutes) as date) end as dt
    from chat_messages m
    join shops s on s.platform = m.platform and s.shop_id = m.shop_id
    join rule_day r on r.platform = m.platform and r.shop_id = m.shop_id and r.dt = m.event_date
    where exists (
        select 1 from fitting_buyers f
        where f.platform = m.platform and f.shop_id = m.shop_id and f.buyer_id = m.buyer_id
    )
),

-- Masks that exactly one buyer of the day fits.
mask_matches as (
    select f.platform, f.shop_id, f.mask_key, d.dt, min(d.buyer_id) as buyer_id
    from fitting_buyers f
    join fitting_days d on d.platform = f.platform and d.shop_id = f.shop_id and d.buyer_id = f.buyer_id
    group by f.platform, f.shop_id, f.mask_key, d.dt
    having count(*) = 1
),

resolved as (
    select o.platform, o.shop_id, o.order_id, o.created_dt, o.buyer_id as given_buyer_id,
        coalesce(o.message_buyer_id, o.own_buyer_id, o.rating_buyer_id, k.buyer_id) as linked_buyer_id,
        case when o.message_buyer_id is not null then 'message'
            when o.own_buyer_id is not null then 'own'
            when o.rating_buyer_id is not null then 'rating'
            when k.buyer_id is not null then 'mask'
            else 'none' end as link_method
    from named_orders o
    left join mask_matches k
        on k.platform = o.platform and k.shop_id = o.shop_id and k.mask_key = o.mask_key and k.dt = o.created_dt
)

select platform, shop_id, order_id,
    coalesce(linked_buyer_id, given_buyer_id) as buyer_id,
    coalesce(linked_buyer_id, 'order:' || order_id) as buyer_key,
    linked_buyer_id is not null as is_linked,
    link_method, created_dt
from resolved
