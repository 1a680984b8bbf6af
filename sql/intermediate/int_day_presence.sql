/* model
description: One row per agent, group of agents or shop and business day with any presence row.
grain: [platform, shop_id, grain, entity, dt]
scope: day
publish: false
columns:
  grain: agent, group or shop
  entity: agent, group of the day ('' = none), or empty at shop grain
  online_us: microseconds, sum of all its accounts' online time
  coverage_us: microseconds in which at least one of its accounts was online
  earliest_online_at: start of the first online interval, cut to the day
  latest_online_at: end of the last one
  logins: online rows that start on the day
  online_accounts: accounts with any presence row
*/
with

intervals as (
    select i.platform, i.shop_id, i.dt, i.from_at, i.to_at, g.grain,
        case g.grain when 'agent' then i.agent_id when 'group' then i.agent_group else '' end as entity
    from int_online_intervals as i
    join days as d on d.platform = i.platform and d.shop_id = i.shop_id and d.dt = i.dt
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

online as (
    select
        platform, shop_id, grain, entity, dt,
        sum(micros_between(from_at, to_at)) as online_us,
        sum(case
            when covered_to_at is null or covered_to_at <= from_at then micros_between(from_at, to_at)
            when covered_to_at < to_at then micros_between(covered_to_at, to_at)
            else 0
        end) as covered_us,
        min(from_at) as earliest_online_at,
        max(to_at) as latest_online_at
    from looking_back
    group by platform, shop_id, grain, entity, dt
),

present as (
    select p.platform, p.shop_id, p.dt, p.logins, g.grain,
        case g.grain when 'agent' then p.agent_id when 'group' then p.agent_group else '' end as entity
    from int_presence_days as p
    join days as d on d.platform = p.platform and d.shop_id = p.shop_id and d.dt = p.dt
    cross join (values ('agent'), ('group'), ('shop')) as g (grain)
),

accounts as (
    select platform, shop_id, grain, entity, dt, cast(sum(logins) as bigint) as logins, count(*) as online_accounts
    from present
    group by platform, shop_id, grain, entity, dt
)

select
    a.platform, a.shop_id, a.grain, a.entity, a.dt,
    cast(coalesce(o.online_us, 0) as bigint) as online_us,
    cast(coalesce(o.covered_us, 0) as bigint) as coverage_us,
    o.earliest_online_at, o.latest_online_at, a.logins, a.online_accounts
from accounts as a
left join online as o
    on o.platform = a.platform and o.shop_id = a.shop_id and o.grain = a.grain and o.entity = a.entity and o.dt = a.dt
