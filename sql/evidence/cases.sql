/* evidence
row: case
description: Cases by the day of their opening.
shows: [case_id, agent_id, buyer_id, type, opened_at, resolution_hours, nps, reason]
splits: [agent_id, type]
rules: [sla_first_reply_minutes, sla_resolve_hours, repeat_contact_days, exclude_agents]
*/
select
    c.platform, c.shop_id, g.grain,
    case g.grain when 'agent' then c.agent_id when 'group' then c.agent_group else '' end as entity,
    c.dt, c.case_id, c.agent_id, c.buyer_id, c.type, c.opened_at, cast(c.resolution_us as double) / 3600000000 as resolution_hours,
    c.is_sla_met, coalesce(c.sla_failed_at < h.horizon_end_at, false) as is_sla_failed, c.is_transferred, c.is_repeated,
    c.nps,
    concat_ws(
        ', ',
        case when c.resolution_us is null then 'not resolved' else 'resolved' end,
        case when c.is_sla_met then 'SLA met' when c.sla_failed_at < h.horizon_end_at then 'SLA failed'
            else 'SLA not due yet' end,
        case when c.is_transferred then 'transferred' end,
        case when c.is_repeated then 'came again' end
    ) as reason
from int_cases as c
cross join (values ('agent'), ('group'), ('shop')) as g (grain)
left join int_shop_horizon as h on h.platform = c.platform and h.shop_id = c.shop_id
where g.grain = 'shop' or c.agent_id is not null
