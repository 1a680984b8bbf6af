/* model
description: One row per valid order and agent in contact with its buyer within the order's window, between creation and payment, or soon after it.
grain: [platform, shop_id, order_id, agent_id]
scope: buyer
stored: false
columns:
  first_order_contact: the agent's first contact of the order agent's window, by the order of messages
  last_order_contact: his last one
  order_contacts: his contacts there
  wrote_to: whether the buyer wrote to him in that window
  last_pay_contact: his last contact in (created_at, paid_at]
  last_remind_contact: the same within the limits of reminders
  first_follow_up_contact: his first contact in (paid_at, paid_at + follow_up_minutes], where such contacts earn credit
*/
with

orders as (select * from stg_orders),

contacts as (select * from int_contacts),

buyer_writes as (select * from int_buyer_writes),

agents as (select * from int_agents),

rule_day as (select * from rule_day),

limits as (
    select o.platform, o.shop_id, o.order_id, o.buyer_key, o.buyer_no, o.created_at, o.paid_at,
        plus_days(o.created_dt, 1 - c.inquiry_validity_days) as window_from_dt,
        plus_seconds(o.created_at, c.remind_after_minutes * 60) as remind_from_at,
        plus_seconds(o.created_at, c.remind_within_hours * 3600) as remind_to_at,
        case when p.credit_silent_follow_up then plus_seconds(o.paid_at, p.follow_up_minutes * 60) end as follow_up_to_at
    from orders o
    join rule_day c on c.platform = o.platform and c.shop_id = o.shop_id and c.dt = o.created_dt
    left join rule_day p on p.platform = o.platform and p.shop_id = o.shop_id and p.dt = o.paid_dt
    where o.is_valid and o.is_linked and o.buyer_no is not null
),

written_to as (
    select distinct o.platform, o.shop_id, o.order_id, w.agent_no
    from limits o
    join buyer_writes w on w.buyer_no = o.buyer_no
    where w.sent_at <= o.created_at and w.dt >= o.window_from_dt
),

placed_contacts as (
    select o.platform, o.shop_id, o.order_id, o.buyer_key, c.agent_no, c.message_order,
        c.sent_at <= o.created_at and c.dt >= o.window_from_dt as is_order,
        c.sent_at > o.created_at and c.sent_at <= o.paid_at as is_pay,
        c.sent_at >= o.remind_from_at and c.sent_at <= o.remind_to_at as is_remind,
        c.sent_at > o.paid_at and c.sent_at <= o.follow_up_to_at as is_follow_up
    from limits o
    join contacts c on c.buyer_no = o.buyer_no
    where (c.sent_at <= o.created_at and c.dt >= o.window_from_dt)
        or (c.sent_at > o.created_at and c.sent_at <= o.paid_at)
        or (c.sent_at > o.paid_at and c.sent_at <= o.follow_up_to_at)
),

in_contact as (
    select platform, shop_id, order_id, buyer_key, agent_no,
        min(message_order) filter (where is_order) as first_order_contact,
        max(message_order) filter (where is_order) as last_order_contact,
        count(*) filter (where is_order) as order_contacts,
        max(message_order) filter (where is_pay) as last_pay_contact,
        max(message_order) filter (where is_pay and is_remind) as last_remind_contact,
        min(message_order) filter (where is_follow_up) as first_follow_up_contact
    from placed_contacts
    group by platform, shop_id, order_id, buyer_key, agent_no
)

select a.platform, a.shop_id, a.order_id, a.buyer_key, n.agent_id,
    a.first_order_contact, a.last_order_contact, a.order_contacts, w.agent_no is not null as wrote_to,
    a.last_pay_contact, a.last_remind_contact, a.first_follow_up_contact
from in_contact a
join agents n on n.agent_no = a.agent_no
left join written_to w
    on w.platform = a.platform and w.shop_id = a.shop_id and w.order_id = a.order_id and w.agent_no = a.agent_no
