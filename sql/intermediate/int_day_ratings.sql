/* model
description: One row per agent, group of agents or shop and business day with evaluations, by the day of their invitation.
grain: [platform, shop_id, grain, entity, dt]
scope: day
publish: false
columns:
  grain: agent, group or shop (those of unknown agents, too)
  entity: agent, group of the day ('' = none), or empty at shop grain
  invited: evaluations within rating_hours, from a source in rating_sources
  rated: of those, with a score
  csat_rated: rated at all hours and from all sources
*/
with

entity_evaluations as (
    select e.*, g.grain,
        case g.grain when 'agent' then e.agent_id when 'group' then e.agent_group else '' end as entity
    from int_evaluations as e
    join days as d on d.platform = e.platform and d.shop_id = e.shop_id and d.dt = e.dt
    cross join (values ('agent'), ('group'), ('shop')) as g (grain)
    where (e.is_invited or e.score is not null) and (e.agent_id is not null or g.grain = 'shop')
)

select
    platform, shop_id, grain, entity, dt,
    count(*) filter (where is_invited) as invited,
    count(*) filter (where is_invited and score is not null) as rated,
    count(*) filter (where is_invited and is_good) as good,
    count(*) filter (where is_invited and is_neutral) as neutral,
    count(*) filter (where is_invited and is_bad) as bad,
    cast(coalesce(sum(score) filter (where is_invited), 0) as bigint) as score_sum,
    count(*) filter (where is_good) as csat_good,
    count(score) as csat_rated
from entity_evaluations
group by platform, shop_id, grain, entity, dt
