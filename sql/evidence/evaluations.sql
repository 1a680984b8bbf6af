/* evidence
row: evaluation
description: Evaluations by the day of their invitation, of buyers and agents who are not excluded.
shows: [evaluation_id, agent_id, buyer_id, invited_at, score, reason]
splits: [agent_id, score]
rules: [rating_hours, rating_sources, served_by, exclude_flags, exclude_agents, day_starts_at]
*/
select
    e.platform, e.shop_id, g.grain,
    case g.grain when 'agent' then e.agent_id when 'group' then e.agent_group else '' end as entity,
    e.dt, e.evaluation_id, e.agent_id, e.buyer_id, e.invited_at, e.score, e.is_invited, e.is_good, e.is_neutral, e.is_bad,
    case when not e.is_invited then 'outside of rating_hours or rating_sources: counts for csat alone'
        when e.score is null then 'invited, not rated'
        when e.is_good then 'good'
        when e.is_bad then 'bad'
        else 'neutral' end as reason
from int_evaluations as e
cross join (values ('agent'), ('group'), ('shop')) as g (grain)
where g.grain = 'shop' or e.agent_id is not null
