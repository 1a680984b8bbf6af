/* model
description: One row per shop and business day with any presence row.
grain: [platform, shop_id, dt]
scope: day
publish: false
columns:
  online_hours: sum of all accounts' online time
  coverage_hours: time in which at least one account was online
  earliest_online_at: start of the first online interval, cut to the day
  latest_online_at: end of the last one
  logins: online rows that start on the day
  online_accounts: accounts with any presence row
*/
with

intervals as (
    select i.platform, i.shop_id, i.agent_id, i.dt, i.from_at, i.to_at
    from int_online_intervals as i
    join days as d on d.platform = i.platform and d.shop_id = i.shop_id and d.dt = i.dt
),

looking_back as (
    select
        *,
        max(to_at) over (
            partition by platform, shop_id, dt order by from_at, to_at rows between unbounded preceding and 1 preceding
        ) as covered_to_at
    from intervals
),

online as (
    select
        platform, shop_id, dt,
        sum(micros_between(from_at, to_at)) as online_us,
        sum(case
            when covered_to_at is null or covered_to_at <= from_at then micros_between(from_at, to_at)
            when covered_to_at < to_at then micros_between(covered_to_at, to_at)
            else 0
        end) as covered_us,
        min(from_at) as earliest_online_at,
        max(to_at) as latest_online_at
    from looking_back
    group by platform, shop_id, dt
),

accounts as (
    select p.platform, p.shop_id, p.dt, cast(sum(p.logins) as bigint) as logins, count(*) as online_accounts
    from int_presence_days as p
    join days as d on d.platform = p.platform and d.shop_id = p.shop_id and d.dt = p.dt
    group by p.platform, p.shop_id, p.dt
)

select
    a.platform, a.shop_id, a.dt,
    cast(coalesce(o.online_us, 0) as double) / 3600000000 as online_hours,
    cast(coalesce(o.covered_us, 0) as double) / 3600000000 as coverage_hours,
    o.earliest_online_at, o.latest_online_at, a.logins, a.online_accounts
from accounts as a
left join online as o on o.platform = a.platform and o.shop_id = a.shop_id and o.dt = a.dt
