/* model
description: >
  One row per turn of an agent with a buyer that belongs to a reception which no filter drops, as people answered it: what
  became of it and how long the answer took.
grain: [platform, shop_id, agent_no, message_id]
scope: buyer
publish: false
columns:
  buyer_no: that of int_buyers
  agent_no: that of int_agents
  opened_order: message_order of the opening
  outcome: answered, unanswered, bot_served or handed_over
  is_handed_out: handed over to an agent of another group (of that dt)
*/
with

turns as (
    select
        t.*, f.agent_group,
        case
            when t.closed_by is null then 'unanswered'
            when t.closed_by = 'agent' then 'answered'
            when t.closed_by = 'bot' then 'bot_served'
            else 'handed_over'
        end as outcome,
        case when r.response_from = 'last' then t.last_buyer_at else t.opened_at end as waiting_from_at
    from int_turn_pairs as t
    join int_receptions__filtered as f
        on f.buyer_no = t.buyer_no and f.agent_no = t.agent_no and f.dt = t.dt and f.excluded_reason is null
    join rule_day as r on r.platform = t.platform and r.shop_id = t.shop_id and r.dt = t.dt
    where t.pairing in ('both', 'human')
),

first_turns as (
    select agent_no, buyer_no, dt, min(opened_order) as opened_order
    from turns
    where outcome in ('answered', 'unanswered')
    group by agent_no, buyer_no, dt
),

handed_out as (
    select t.agent_no, t.buyer_no, t.opened_order
    from turns as t
    join int_messages as m on m.buyer_no = t.buyer_no and m.message_order = t.closed_order
    left join int_agents as n on n.agent_no = m.to_agent_no
    left join stg_agents as a
        on a.platform = n.platform and a.shop_id = n.shop_id and a.agent_id = n.agent_id
        and t.dt between a.from_dt and a.to_dt
    where t.outcome = 'handed_over' and coalesce(a.agent_group, '') <> t.agent_group
),

session_ends as (
    select t.agent_no, t.buyer_no, t.opened_order, s.ended_at
    from turns as t
    join int_sessions as s
        on s.buyer_no = t.buyer_no and s.agent_no = t.agent_no
        and t.opened_order between s.first_order and s.last_order and s.grain = 'agent'
    where t.outcome = 'unanswered'
)

select
    t.platform, t.shop_id, t.buyer_no, t.agent_no, t.agent_group, t.dt, t.message_id, t.opened_order, t.opened_at, t.opened_by,
    t.last_buyer_at,
    case when t.outcome = 'answered' then t.closed_at end as replied_at,
    case when t.outcome = 'answered' then
        whole_seconds(micros_between(t.waiting_from_at, t.closed_at) - coalesce(o.offline_us, 0))
    end as response_seconds,
    t.outcome,
    h.opened_order is not null as is_handed_out,
    f.opened_order is not null as is_first,
    case when t.outcome = 'unanswered' then coalesce(e.ended_at, t.opened_at) end as session_end_at
from turns as t
left join first_turns as f
    on f.agent_no = t.agent_no and f.buyer_no = t.buyer_no and f.opened_order = t.opened_order
left join handed_out as h
    on h.agent_no = t.agent_no and h.buyer_no = t.buyer_no and h.opened_order = t.opened_order
left join session_ends as e
    on e.agent_no = t.agent_no and e.buyer_no = t.buyer_no and e.opened_order = t.opened_order
left join int_turn_offline as o
    on o.agent_no = t.agent_no and o.buyer_no = t.buyer_no and o.opened_order = t.opened_order
