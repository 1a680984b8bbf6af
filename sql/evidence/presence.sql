/* evidence
row: interval
description: Intervals in which agents were online without a break, cut to the day.
shows: [agent_id, from_at, to_at, online_hours, covered_hours, reason]
splits: [agent_id]
rules: [exclude_agents, day_starts_at]
*/
with

intervals as (
    select i.platform, i.shop_id, i.dt, i.agent_id, i.from_at, i.to_at, g.grain,
        case g.grain when 'agent' then i.agent_id when 'group' then i.agent_group else '' end as entity
    from int_online_intervals as i
    cross join (values ('agent'), ('group'), ('shop')) as g (grain)
),

looking_back as (
    select
        *,
        max(to_at) over (
            partition by platform, shop_id, grain, entity, dt order by from_at, to_at
            rows between unbounded preceding and 1 preceding
        ) as covered_to_at
    from intervals
),

measured as (
    select
        platform, shop_id, grain, entity, dt, agent_id, from_at, to_at,
        micros_between(from_at, to_at) as online_us,
        case
            when covered_to_at is null or covered_to_at <= from_at then micros_between(from_at, to_at)
            when covered_to_at < to_at then micros_between(covered_to_at, to_at)
            else 0
        end as covered_us
    from looking_back
)

select
    platform, shop_id, grain, entity, dt, agent_id, from_at, to_at, online_us, covered_us,
    cast(online_us as double) / 3600000000 as online_hours, cast(covered_us as double) / 3600000000 as covered_hours,
    case when covered_us = online_us then 'online' when covered_us = 0 then 'online while another was'
        else 'online, partly while another was' end as reason
from measured
