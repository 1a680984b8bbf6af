/* model
description: >
  One row per turn that an agent answered under subtract_offline: the part of the waiting in which he was not online. A day
  without any presence row of his takes nothing away.
grain: [buyer_no, agent_no, opened_order]
scope: buyer
publish: false
columns:
  buyer_no: that of int_buyers
  agent_no: that of int_agents
  offline_us: microseconds to take away
*/
with

waits as (
    select
        t.platform, t.shop_id, t.buyer_no, t.agent_no, n.agent_id, t.opened_order, t.dt,
        case when r.response_from = 'last' then t.last_buyer_at else t.opened_at end as from_at,
        t.closed_at as to_at
    from int_turn_pairs as t
    join int_agents as n on n.agent_no = t.agent_no
    join rule_day as r
        on r.platform = t.platform and r.shop_id = t.shop_id and r.dt = t.dt and r.subtract_offline
    where t.pairing in ('both', 'human') and t.closed_by = 'agent'
),

spread as (
    select w.platform, w.shop_id, w.buyer_no, w.agent_no, w.agent_id, w.opened_order, w.from_at, w.to_at, u.dt
    from waits as w
    cross join unnest(date_series(w.dt, plus_days(cast(w.to_at as date), 1))) as u (dt)
),

parts as (
    select
        w.platform, w.shop_id, w.buyer_no, w.agent_no, w.agent_id, w.opened_order, w.dt,
        case when w.from_at > r.day_start_at then w.from_at else r.day_start_at end as from_at,
        case when w.to_at < r.day_end_at then w.to_at else r.day_end_at end as to_at
    from spread as w
    join rule_day as r on r.platform = w.platform and r.shop_id = w.shop_id and r.dt = w.dt
    join int_presence_days as p
        on p.platform = w.platform and p.shop_id = w.shop_id and p.agent_id = w.agent_id and p.dt = w.dt
    where w.from_at < r.day_end_at and w.to_at > r.day_start_at
),

online as (
    select
        p.buyer_no, p.agent_no, p.opened_order, p.dt,
        sum(micros_between(
            case when i.from_at > p.from_at then i.from_at else p.from_at end,
            case when i.to_at < p.to_at then i.to_at else p.to_at end
        )) as online_us
    from parts as p
    join int_online_intervals as i
        on i.platform = p.platform and i.shop_id = p.shop_id and i.agent_id = p.agent_id and i.dt = p.dt
        and i.from_at < p.to_at and i.to_at > p.from_at
    group by p.buyer_no, p.agent_no, p.opened_order, p.dt
)

select
    p.buyer_no, p.agent_no, p.opened_order,
    sum(micros_between(p.from_at, p.to_at) - coalesce(o.online_us, 0)) as offline_us
from parts as p
left join online as o
    on o.buyer_no = p.buyer_no and o.agent_no = p.agent_no and o.opened_order = p.opened_order and o.dt = p.dt
group by p.buyer_no, p.agent_no, p.opened_order
