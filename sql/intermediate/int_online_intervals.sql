/* model
description: >
  One row per interval in which an agent was online without a break, within one business day (the union of his online
  rows).
grain: [platform, shop_id, agent_id, dt, from_at]
scope: shop
stored: true
partition: dt
days: [dt]
publish: false
columns:
  agent_group: group of the agent on dt, '' = none
  from_at: start, cut to the day
  to_at: end, cut to the day
*/
with

looking_back as (
    select
        platform, shop_id, agent_id, agent_group, dt, from_at, to_at,
        max(to_at) over (
            partition by platform, shop_id, agent_id, dt order by from_at, to_at
            rows between unbounded preceding and 1 preceding
        ) as earlier_to_at
    from int_presence__cut
    where state = 'online'
),

numbered as (
    select
        *,
        sum(case when from_at <= earlier_to_at then 0 else 1 end) over (
            partition by platform, shop_id, agent_id, dt order by from_at, to_at
            rows between unbounded preceding and current row
        ) as interval_no
    from looking_back
)

select platform, shop_id, agent_id, agent_group, dt, min(from_at) as from_at, max(to_at) as to_at
from numbered
group by platform, shop_id, agent_id, agent_group, dt, interval_no
