/* model
description: >
  One row per evaluation that counts for satisfaction: of a buyer and an agent who are not excluded on the day of the
  invitation, served as served_by demands.
grain: [platform, shop_id, evaluation_id]
scope: buyer
stored: true
partition: dt
days: [dt]
publish: false
columns:
  dt: business day of the invitation
  agent_id: agent evaluated; NULL when unknown
  agent_group: group of the agent on dt, '' = none
  is_invited: invited within rating_hours, from a source in rating_sources
  score: 1 to 5; NULL when not rated
  is_good: rated 4 or 5
  is_neutral: rated 3
  is_bad: rated 1 or 2
*/
with

localised as (
    select e.*, local_time(e.invited_at, s.timezone) as local_at
    from evaluations as e
    join shops as s on s.platform = e.platform and s.shop_id = e.shop_id
),

dated as (
    select
        e.*,
        case when seconds_of_day(e.local_at) >= r.cut_minutes * 60 then r.dt else plus_days(r.dt, -1) end as dt
    from localised as e
    join rule_day as r on r.platform = e.platform and r.shop_id = e.shop_id and r.dt = cast(e.local_at as date)
),

of_excluded_buyers as (
    select distinct e.platform, e.shop_id, e.evaluation_id
    from dated as e
    join rule_day as r on r.platform = e.platform and r.shop_id = e.shop_id and r.dt = e.dt
    join stg_buyer_exclusions as x
        on x.platform = e.platform and x.shop_id = e.shop_id and x.buyer_id = e.buyer_id
        and e.dt between x.from_dt and x.to_dt and in_list(r.exclude_flags, x.flag)
)

select
    e.platform, e.shop_id,
    coalesce(e.buyer_id, 'evaluation:' || e.evaluation_id) as buyer_key,
    e.evaluation_id, e.agent_id, coalesce(a.agent_group, '') as agent_group, e.buyer_id, e.dt, e.invited_at, e.score,
    in_hours(seconds_of_day(e.local_at), r.rating_from_s, r.rating_to_s)
        and in_list(r.rating_sources, coalesce(e.source, 'buyer')) as is_invited,
    coalesce(e.score >= 4, false) as is_good,
    coalesce(e.score = 3, false) as is_neutral,
    coalesce(e.score <= 2, false) as is_bad
from dated as e
join rule_day as r on r.platform = e.platform and r.shop_id = e.shop_id and r.dt = e.dt
left join stg_agents as a
    on a.platform = e.platform and a.shop_id = e.shop_id and a.agent_id = e.agent_id
    and e.dt between a.from_dt and a.to_dt
left join of_excluded_buyers as x
    on x.platform = e.platform and x.shop_id = e.shop_id and x.evaluation_id = e.evaluation_id
where
    x.evaluation_id is null
    and not in_list(r.exclude_agents, e.agent_id)
    and (r.served_by = 'human_and_bot' or coalesce(e.served_by, 'human') = 'human')
