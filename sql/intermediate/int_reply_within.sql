/* model
description: >
  One row per agent, group of agents or shop, buyer and business day with units of reply_within, by the unit in force: person, turn or
  session. An answer is timed from the opening of its turn, exactly, with nothing taken away.
grain: [platform, shop_id, grain, entity, buyer_id, dt]
scope: buyer
stored: true
partition: dt
days: [dt]
publish: false
columns:
  grain: agent, group (its agents' turns and sessions, pooled) or shop (turns over all agents)
  entity: agent, his group on dt ('' = none), or empty at shop grain
  units: units within the hours
  units_ok: those answered in time
checks:
  ok_at_most_units: units_ok <= units
*/
with

counted as (
    select
        t.buyer_no, t.agent_no, f.agent_group, t.pairing, t.is_alone, t.opened_order, t.dt,
        r.reply_within_unit as unit, r.reply_within_first_only as first_only, r.reply_within_seconds as seconds,
        in_hours(t.opened_s, r.reply_within_from_s, r.reply_within_to_s) as in_time,
        micros_between(t.opened_at, t.closed_at) as reply_us
    from int_turn_pairs as t
    join rule_day as r on r.platform = t.platform and r.shop_id = t.shop_id and r.dt = t.dt
    left join int_receptions__filtered as f
        on f.buyer_no = t.buyer_no and f.agent_no = t.agent_no and f.dt = t.dt and f.excluded_reason is null
    where
        t.pairing <> 'human'
        and (t.opened_by = 'message' or f.agent_no is not null)
        and (
            t.closed_by is null or t.closed_by = 'agent'
            or (t.closed_by = 'bot' and (r.reply_within_bot_replies or r.served_by = 'human_and_bot'))
        )
),

-- An agent is a number here, a group its name: of the two, each row has one, or neither.
turns as (
    select
        buyer_no, case pairing when 'shop' then 'shop' else 'agent' end as grain, agent_no, '' as agent_group,
        opened_order, dt, unit, first_only, seconds, in_time, reply_us
    from counted
    union all
    select
        buyer_no, 'group' as grain, 0 as agent_no, agent_group, opened_order, dt, unit, first_only, seconds, in_time, reply_us
    from counted
    where pairing <> 'shop'
    union all
    select
        buyer_no, 'shop' as grain, 0 as agent_no, '' as agent_group, opened_order, dt, unit, first_only, seconds, in_time,
        reply_us
    from counted
    where is_alone
),

timed as (
    select
        buyer_no, grain, agent_no, agent_group, opened_order, dt, unit = 'person' as by_person, first_only,
        coalesce(reply_us <= cast(seconds as bigint) * 1000000, false) as is_ok
    from turns
    where in_time and unit in ('person', 'turn')
),

by_turn as (
    select
        buyer_no, grain, agent_no, agent_group, dt, by_person,
        case when first_only then 1 else count(*) end as turns,
        case
            when not first_only then count(*) filter (where is_ok)
            when min_by(is_ok, opened_order) then 1
            else 0
        end as turns_ok
    from timed
    group by buyer_no, grain, agent_no, agent_group, dt, by_person, first_only
),

sessions as (
    select s.*, r.reply_within_seconds as seconds
    from int_sessions as s
    join rule_day as r on r.platform = s.platform and r.shop_id = s.shop_id and r.dt = s.dt
    where r.reply_within_unit = 'session' and in_hours(s.start_s, r.reply_within_from_s, r.reply_within_to_s)
),

answered_sessions as (
    select
        s.buyer_no, s.grain, s.agent_no, s.dt, s.first_order,
        coalesce(min_by(coalesce(t.reply_us <= cast(s.seconds as bigint) * 1000000, false), t.opened_order), false) as is_ok
    from sessions as s
    join turns as t
        on t.buyer_no = s.buyer_no and t.grain = s.grain and t.agent_no = s.agent_no
        and t.opened_order between s.first_order and s.last_order
    group by s.buyer_no, s.grain, s.agent_no, s.dt, s.first_order
),

by_session as (
    select buyer_no, grain, agent_no, '' as agent_group, dt, is_ok from answered_sessions
    union all
    select s.buyer_no, 'group' as grain, 0 as agent_no, coalesce(a.agent_group, '') as agent_group, s.dt, s.is_ok
    from answered_sessions as s
    join int_agents as n on n.agent_no = s.agent_no
    left join stg_agents as a
        on a.platform = n.platform and a.shop_id = n.shop_id and a.agent_id = n.agent_id
        and s.dt between a.from_dt and a.to_dt
    where s.grain = 'agent'
),

units as (
    select
        buyer_no, grain, agent_no, agent_group, dt,
        case when by_person then 1 else turns end as units,
        case when not by_person then turns_ok when turns_ok = turns then 1 else 0 end as units_ok
    from by_turn
    union all
    select
        buyer_no, grain, agent_no, agent_group, dt,
        count(*) as units,
        count(*) filter (where is_ok) as units_ok
    from by_session
    group by buyer_no, grain, agent_no, agent_group, dt
)

select
    b.platform, b.shop_id, b.buyer_key, u.grain, coalesce(n.agent_id, u.agent_group) as entity, b.buyer_id, u.dt, u.units,
    u.units_ok
from units as u
join int_buyers as b on b.buyer_no = u.buyer_no
left join int_agents as n on n.agent_no = u.agent_no
