/* model
description: One row per case (工单) that counts, with what became of it.
grain: [platform, shop_id, case_id]
scope: buyer
stored: true
partition: dt
days: [dt]
publish: false
columns:
  dt: business day of the opening
  agent_id: agent of the case; NULL when unknown
  agent_group: group of the agent on dt, '' = none
  type: empty when missing
  resolution_us: microseconds from opening to resolution; NULL while unresolved
  is_sla_met: first reply within sla_first_reply_minutes and resolved within sla_resolve_hours
  sla_failed_at: the earlier of the limits that it did not meet; NULL when it met both
  is_repeated: the buyer opened another of the same type within repeat_contact_days
  nps: 0 to 10; NULL when not asked or not answered
checks:
  met_or_failed: is_sla_met = (sla_failed_at is null)
  nps_in_range: nps is null or nps between 0 and 10
*/
with

cases as (
    select c.*, r.repeat_contact_days,
        plus_seconds(c.opened_at, cast(r.sla_first_reply_minutes as bigint) * 60) as reply_due_at,
        plus_seconds(c.opened_at, cast(r.sla_resolve_hours as bigint) * 3600) as resolve_due_at
    from stg_cases as c
    join rule_day as r on r.platform = c.platform and r.shop_id = c.shop_id and r.dt = c.dt
    where not in_list(r.exclude_agents, c.agent_id)
),

judged as (
    select
        *,
        coalesce(first_reply_at <= reply_due_at, false) as is_replied,
        coalesce(resolved_at <= resolve_due_at, false) as is_resolved
    from cases
),

moments as (
    select platform, shop_id, case_id, buyer_id, type, micros_between(timestamp '1970-01-01', opened_at) as opened_us
    from cases
    where buyer_id is not null
),

followed as (
    select
        platform, shop_id, case_id, opened_us,
        min(opened_us) over (
            partition by platform, shop_id, buyer_id, type order by opened_us
            range between 1 following and unbounded following
        ) as next_us
    from moments
)

select
    c.platform, c.shop_id, c.buyer_key, c.case_id, c.buyer_id, c.agent_id, coalesce(a.agent_group, '') as agent_group,
    c.type, c.dt, c.opened_at,
    micros_between(c.opened_at, c.resolved_at) as resolution_us,
    c.is_replied and c.is_resolved as is_sla_met,
    case
        when c.is_replied and c.is_resolved then null
        when c.is_replied then c.resolve_due_at
        when c.is_resolved or c.reply_due_at <= c.resolve_due_at then c.reply_due_at
        else c.resolve_due_at
    end as sla_failed_at,
    c.is_transferred,
    coalesce(f.next_us - f.opened_us <= cast(c.repeat_contact_days as bigint) * 86400000000, false) as is_repeated,
    c.nps
from judged as c
left join followed as f on f.platform = c.platform and f.shop_id = c.shop_id and f.case_id = c.case_id
left join stg_agents as a
    on a.platform = c.platform and a.shop_id = c.shop_id and a.agent_id = c.agent_id
    and c.dt between a.from_dt and a.to_dt
