/* model
description: One row per shop and business day with evaluations, by the day of their invitation.
grain: [platform, shop_id, dt]
scope: day
publish: false
columns:
  invited: evaluations within rating_hours, from a source in rating_sources
  rated: of those, with a score
  csat_rated: rated at all hours and from all sources
*/
select
    e.platform, e.shop_id, e.dt,
    count(*) filter (where e.is_invited) as invited,
    count(*) filter (where e.is_invited and e.score is not null) as rated,
    count(*) filter (where e.is_invited and e.is_good) as good,
    count(*) filter (where e.is_invited and e.is_neutral) as neutral,
    count(*) filter (where e.is_invited and e.is_bad) as bad,
    cast(coalesce(sum(e.score) filter (where e.is_invited), 0) as bigint) as score_sum,
    count(*) filter (where e.is_good) as csat_good,
    count(e.score) as csat_rated
from int_evaluations as e
join days as d on d.platform = e.platform and d.shop_id = e.shop_id and d.dt = e.dt
where e.is_invited or e.score is not null
group by e.platform, e.shop_id, e.dt
