/* evidence
row: order
description: Paid orders whose buyer would be known again; of agents and groups those credited to them.
shows: [order_id, agent_id, buyer_id, reason]
rules: [credit, exclude_orders, exclude_flags]
*/
select
    c.platform, c.shop_id, g.grain, case g.grain when 'agent' then c.agent_id else c.agent_group end as entity,
    c.paid_dt as dt, c.order_id, c.agent_id, c.buyer_id, 'paid and credited' as reason
from order_credits as c
cross join (values ('agent'), ('group')) as g (grain)
where c.rule = 'in_force'
union all
select
    platform, shop_id, 'shop' as grain, '' as entity, paid_dt as dt, order_id, null as agent_id, buyer_id,
    'paid, of a known buyer' as reason
from order_attribution
where paid_dt is not null and kind <> 'unlinked'
