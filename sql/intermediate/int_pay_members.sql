/* model
description: >
  One row per agent with data in a calendar month on whose last day a pay plan is in force, with the base that it gives him.
  Robots are paid nothing.
grain: [platform, shop_id, agent_id, month]
scope: full
stored: false
columns:
  month: first day of the month
  agent_group: group of the agent on his last day with data in the month, '' = none
  days: days of the month with data
  base: yuan at 100 %
*/
with

bases as (
    select platform, shop_id, grain, entity, base,
        coalesce(valid_from, date '1900-01-01') as valid_from, coalesce(valid_to, date '2999-12-31') as valid_to
    from base_intervals
),

agents as (select * from stg_agents),

months as (
    select s.platform, s.shop_id, s.entity as agent_id, s.month, s.month_end, s.days, coalesce(a.agent_group, '') as agent_group
    from int_month_sums as s
    left join agents as a
        on a.platform = s.platform and a.shop_id = s.shop_id and a.agent_id = s.entity
        and s.last_data_dt between a.from_dt and a.to_dt
    where s.grain = 'agent' and not coalesce(a.is_bot, false)
)

select
    m.platform, m.shop_id, m.agent_id, m.month, m.month_end, m.days, m.agent_group,
    coalesce(o.base, g.base, e.base) as base
from months as m
join bases as e
    on e.platform = m.platform and e.shop_id = m.shop_id and e.entity = '*'
    and m.month_end between e.valid_from and e.valid_to
left join bases as g
    on g.platform = m.platform and g.shop_id = m.shop_id and g.grain = 'group' and g.entity = m.agent_group
    and m.month_end between g.valid_from and g.valid_to
left join bases as o
    on o.platform = m.platform and o.shop_id = m.shop_id and o.grain = 'agent' and o.entity = m.agent_id
    and m.month_end between o.valid_from and o.valid_to
