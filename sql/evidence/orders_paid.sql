/* evidence
row: order
description: Orders paid on the day, with the share that agents are credited with.
shows: [order_id, buyer_id, paid_amount, credited_share, kind, reason]
splits: [kind]
rules: [credit, split_order_share, credit_silent_follow_up, exclude_orders, exclude_flags, inquiry_validity_days, order_agent_needs_buyer_message]
*/
with

shares as (
    select platform, shop_id, order_id, sum(share) as share
    from order_credits
    where rule = 'in_force'
    group by platform, shop_id, order_id
)

select
    o.platform, o.shop_id, 'shop' as grain, '' as entity, o.paid_dt as dt, o.order_id, a.buyer_id, o.paid_amount,
    cast(coalesce(s.share, 0) as decimal(18, 6)) as credited_share, a.kind, o.is_valid,
    case
        when not o.is_valid then 'not valid: ' || o.invalid_reason
        when a.kind = 'unlinked' then 'no buyer that chats know: nobody is credited'
        when s.share is null then 'credited to nobody under ' || a.credit_rule
        else 'credited under ' || a.credit_rule
    end as reason
from int_orders__dated as o
left join order_attribution as a on a.platform = o.platform and a.shop_id = o.shop_id and a.order_id = o.order_id
left join shares as s on s.platform = o.platform and s.shop_id = o.shop_id and s.order_id = o.order_id
where o.paid_dt is not null
