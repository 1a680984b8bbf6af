/* model
description: One row per agent and business day with any presence row.
grain: [platform, shop_id, agent_id, dt]
scope: day
publish: false
columns:
  online_hours: union of online time
  earliest_online_at: start of the first online interval, cut to the day
  latest_online_at: end of the last one
  logins: online rows that start on the day
  online_accounts: accounts with any presence row; 1
*/
with

online as (
    select
        i.platform, i.shop_id, i.agent_id, i.dt,
        sum(micros_between(i.from_at, i.to_at)) as online_us,
        min(i.from_at) as earliest_online_at,
        max(i.to_at) as latest_online_at
    from int_online_intervals as i
    join days as d on d.platform = i.platform and d.shop_id = i.shop_id and d.dt = i.dt
    group by i.platform, i.shop_id, i.agent_id, i.dt
)

select
    p.platform, p.shop_id, p.agent_id, p.dt,
    cast(coalesce(o.online_us, 0) as double) / 3600000000 as online_hours,
    o.earliest_online_at, o.latest_online_at, p.logins,
    cast(1 as bigint) as online_accounts
from int_presence_days as p
join days as d on d.platform = p.platform and d.shop_id = p.shop_id and d.dt = p.dt
left join online as o
    on o.platform = p.platform and o.shop_id = p.shop_id and o.agent_id = p.agent_id and o.dt = p.dt
