/* model
description: One row per case with its business day and the buyer that chats and orders know.
grain: [platform, shop_id, case_id]
scope: buyer
publish: false
columns:
  buyer_key: the buyer; 'order:' or 'case:' and the id where nobody can be named
  buyer_id: the case's own when not masked, else the buyer of its order when linked; NULL otherwise
  type: empty when missing
*/
with

cases as (select * from cases),

identified as (select * from int_orders__identified),

shops as (select * from shops),

rule_day as (select * from rule_day),

local_cases as (
    select
        c.platform, c.shop_id, c.case_id, c.order_id, c.agent_id, coalesce(c.type, '') as type, c.opened_at,
        c.first_reply_at, c.resolved_at, coalesce(c.transferred, false) as is_transferred, c.nps,
        case
            when strpos(c.buyer_id, '*') = 0 then c.buyer_id
            when c.order_id is not null then coalesce(i.buyer_key, 'order:' || c.order_id)
            else 'case:' || c.case_id
        end as buyer_key,
        case when strpos(c.buyer_id, '*') = 0 then c.buyer_id when i.is_linked then i.buyer_id end as buyer_id,
        local_time(c.opened_at, s.timezone) as local_at
    from cases as c
    join shops as s on s.platform = c.platform and s.shop_id = c.shop_id
    left join identified as i on i.platform = c.platform and i.shop_id = c.shop_id and i.order_id = c.order_id
)

select
    c.platform, c.shop_id, c.buyer_key, c.case_id, c.buyer_id, c.order_id, c.agent_id, c.type, c.opened_at,
    cast(plus_seconds(c.local_at, -60 * r.cut_minutes) as date) as dt,
    c.first_reply_at, c.resolved_at, c.is_transferred, c.nps
from local_cases as c
join rule_day as r on r.platform = c.platform and r.shop_id = c.shop_id and r.dt = cast(c.local_at as date)
