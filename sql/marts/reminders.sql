/* model
description: >
  One row per agent, buyer and business day on which the agent wrote to the buyer of a silent, unpaid order (静默催付):
  after its creation, within remind_within_hours, while the buyer had written nothing since.
grain: [platform, shop_id, agent_id, buyer_id, dt]
scope: buyer
stored: true
partition: dt
days: [dt]
publish: true
hidden: [buyer_key, agent_group]
columns:
  dt: business day of the contact
  agent_group: group of the agent on dt, '' = none
  reminded_at: first such contact of the day
  order_id: the order it reminded of; of several the earliest created
  paid_same_day: an order that he reminded of on the day was paid after it on that day
*/
with

silent_orders as (
    select * from int_orders__judged where is_linked and order_agent_id is null
),

contacts as (select * from int_contacts),

buyer_writes as (select * from int_buyer_writes),

rule_day as (select * from rule_day),

-- Nobody is reminded who is in no conversation. The first thing that the buyer writes after the order, to whomever, ends the silence.
silences as (
    select
        o.platform, o.shop_id, o.buyer_key, o.buyer_no, o.order_id, o.buyer_id, o.status, o.created_at, o.paid_at, o.paid_dt,
        o.ended_at,
        plus_seconds(o.created_at, r.remind_within_hours * 3600) as remind_to_at,
        min(w.sent_at) as written_at
    from silent_orders as o
    join rule_day as r on r.platform = o.platform and r.shop_id = o.shop_id and r.dt = o.created_dt
    left join buyer_writes as w on w.buyer_no = o.buyer_no and w.sent_at > o.created_at
    where o.buyer_no is not null
    group by
        o.platform, o.shop_id, o.buyer_key, o.buyer_no, o.order_id, o.buyer_id, o.status, o.created_at, o.paid_at, o.paid_dt,
        o.ended_at, r.remind_within_hours
),

reminded as (
    select
        o.platform, o.shop_id, o.buyer_key, n.agent_id, o.buyer_id, c.dt, c.sent_at, o.order_id,
        coalesce(o.paid_dt = c.dt, false) as is_paid_same_day,
        row_number() over (
            partition by o.platform, o.shop_id, n.agent_id, o.buyer_id, c.dt
            order by c.message_order, o.created_at, o.order_id
        ) as place
    from silences as o
    join contacts as c
        on c.buyer_no = o.buyer_no and c.sent_at > o.created_at and c.sent_at <= o.remind_to_at
    join int_agents as n on n.agent_no = c.agent_no
    where
        (o.written_at is null or o.written_at > c.sent_at)
        and (o.paid_at is null or o.paid_at > c.sent_at)
        and not (
            o.status in ('closed_unpaid', 'closed_refunded') and (o.ended_at is null or o.ended_at <= c.sent_at)
        )
),

pairs as (
    select
        platform, shop_id, buyer_key, agent_id, buyer_id, dt,
        min(sent_at) as reminded_at,
        min(order_id) filter (where place = 1) as order_id,
        bool_or(is_paid_same_day) as paid_same_day
    from reminded
    group by platform, shop_id, buyer_key, agent_id, buyer_id, dt
)

select
    p.platform, p.shop_id, p.buyer_key, p.agent_id, coalesce(a.agent_group, '') as agent_group, p.buyer_id, p.dt,
    p.reminded_at, p.order_id, p.paid_same_day
from pairs as p
left join stg_agents as a
    on a.platform = p.platform and a.shop_id = p.shop_id and a.agent_id = p.agent_id
    and p.dt between a.from_dt and a.to_dt
