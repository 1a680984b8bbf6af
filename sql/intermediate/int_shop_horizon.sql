/* model
description: One row per shop with any chat message or order; how far its data reach.
grain: [platform, shop_id]
scope: shop
stored: true
publish: false
columns:
  horizon_dt: last business day to whose end both chats and orders are loaded, or stated to be complete; NULL while either is missing
  horizon_end_at: end of that day, excluded; what is known counts as known at this moment
  last_dt: last business day with a chat message or an order; day rows and as-of dates run to it
*/
with

chat_messages as (select platform, shop_id, sent_at from chat_messages),

orders as (select platform, shop_id, created_at from orders),

shops as (select * from shops),

rule_day as (select * from rule_day),

-- Wall clocks may go back an hour, so the last instant need not have the last
-- business day; the instants of the last two days certainly hold it.
chat_ends as (
    select platform, shop_id, max(sent_at) as end_at from chat_messages group by platform, shop_id
),

order_ends as (
    select platform, shop_id, max(created_at) as end_at from orders group by platform, shop_id
),

last_instants as (
    select m.platform, m.shop_id, m.sent_at as instant_at, true as is_chat
    from chat_messages m
    join chat_ends e on e.platform = m.platform and e.shop_id = m.shop_id
    where m.sent_at >= plus_seconds(e.end_at, -172800)
    union all
    select o.platform, o.shop_id, o.created_at as instant_at, false as is_chat
    from orders o
    join order_ends e on e.platform = o.platform and e.shop_id = o.shop_id
    where o.created_at >= plus_seconds(e.end_at, -172800)
),

local_instants as (
    select i.platform, i.shop_id, i.is_chat, local_time(i.instant_at, s.timezone) as local_at
    from last_instants i
    join shops s on s.platform = i.platform and s.shop_id = i.shop_id
),

business_days as (
    select i.platform, i.shop_id, i.is_chat, cast(plus_seconds(i.local_at, -60 * r.cut_minutes) as date) as dt
    from local_instants i
    join rule_day r on r.platform = i.platform and r.shop_id = i.shop_id and r.dt = cast(i.local_at as date)
),

lasts as (
    select platform, shop_id,
        max(dt) filter (where is_chat) as last_chat_dt,
        max(dt) filter (where not is_chat) as last_order_dt,
        max(dt) as last_dt
    from business_days
    group by platform, shop_id
),

-- A source may state that its data are complete beyond its last row.
reaches as (
    select l.platform, l.shop_id, l.last_dt,
        case when l.last_chat_dt >= s.chats_complete_until then l.last_chat_dt
            else coalesce(s.chats_complete_until, l.last_chat_dt) end as chats_until_dt,
        case when l.last_order_dt >= s.orders_complete_until then l.last_order_dt
            else coalesce(s.orders_complete_until, l.last_order_dt) end as orders_until_dt
    from lasts l
    join shops s on s.platform = l.platform and s.shop_id = l.shop_id
),

horizons as (
    select platform, shop_id, last_dt,
        case when chats_until_dt < orders_until_dt then chats_until_dt
            when chats_until_dt is not null then orders_until_dt end as horizon_dt
    from reaches
)

select z.platform, z.shop_id, z.horizon_dt, r.day_end_at as horizon_end_at, z.last_dt
from horizons z
left join rule_day r on r.platform = z.platform and r.shop_id = z.shop_id and r.dt = z.horizon_dt
