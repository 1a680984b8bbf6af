/* evidence
row: order
description: Valid orders paid on the day with their items; of agents and groups by share.
shows: [order_id, agent_id, items, reason]
splits: [agent_id]
rules: [credit, split_order_share, exclude_orders, exclude_flags]
*/
select
    c.platform, c.shop_id, g.grain, case g.grain when 'agent' then c.agent_id else c.agent_group end as entity,
    c.paid_dt as dt, c.order_id, c.agent_id, c.credited_items as items, 'items × share' as reason
from order_credits as c
cross join (values ('agent'), ('group')) as g (grain)
where c.rule = 'in_force'
union all
select
    platform, shop_id, 'shop' as grain, '' as entity, paid_dt as dt, order_id, null as agent_id, item_rows as items,
    'items of the order' as reason
from order_attribution
where paid_dt is not null
