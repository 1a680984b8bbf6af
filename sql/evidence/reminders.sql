/* evidence
row: reminder
description: Buyers of silent, unpaid orders to whom an agent wrote first.
shows: [agent_id, buyer_id, reminded_at, order_id, reason]
splits: [agent_id]
rules: [remind_within_hours, inquiry_validity_days, order_agent_by, order_agent_needs_buyer_message]
*/
select
    r.platform, r.shop_id, g.grain,
    case g.grain when 'agent' then r.agent_id when 'group' then r.agent_group else '' end as entity,
    r.dt, r.agent_id, r.buyer_id, r.reminded_at, r.order_id, r.paid_same_day,
    case when r.paid_same_day then 'paid after it, on the day' else 'not paid on the day' end as reason
from reminders as r
cross join (values ('agent'), ('group'), ('shop')) as g (grain)
