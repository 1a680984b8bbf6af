/* model
description: >
  One row per shop, topic and business day on which received buyers asked about it (买家咨询聚类): a reception's topic is
  that of its earliest buyer message with one.
grain: [platform, shop_id, topic, dt]
scope: day
stored: true
partition: dt
publish: true
columns:
  topic: by the rule topics, decided when a message is normalised
  buyers: received buyers whose reception has the topic
  share: of all received buyers of the day with a topic
  rated: their evaluations of the day with a score, in rating_hours and of rating_sources
  good: of these, scores 4 and 5
  inquiry_buyers: of the buyers, those with an inquiry
  paid_buyers_final: of these, those who paid
checks:
  good_is_rated: good <= rated
  inquired_is_received: paid_buyers_final <= inquiry_buyers and inquiry_buyers <= buyers
*/
with

receptions as (
    select r.platform, r.shop_id, r.topic, r.dt, r.buyer_id, r.response_turns, r.response_sum_s
    from int_pooled_receptions as r
    join days as d on d.platform = r.platform and d.shop_id = r.shop_id and d.dt = r.dt
    where r.grain = 'shop' and r.is_received and r.topic is not null
),

evaluations as (
    select
        e.platform, e.shop_id, e.buyer_id, e.dt,
        count(e.score) as rated,
        count(*) filter (where e.is_good) as good
    from int_evaluations as e
    join days as d on d.platform = e.platform and d.shop_id = e.shop_id and d.dt = e.dt
    where e.is_invited and e.buyer_id is not null
    group by e.platform, e.shop_id, e.buyer_id, e.dt
),

inquiries as (
    select i.platform, i.shop_id, i.buyer_id, i.dt, i.paid_final
    from inquiries as i
    join days as d on d.platform = i.platform and d.shop_id = i.shop_id and d.dt = i.dt
    where i.grain = 'shop' and i.excluded_reason is null
),

topics as (
    select
        r.platform, r.shop_id, r.topic, r.dt,
        count(*) as buyers,
        cast(coalesce(sum(e.rated), 0) as bigint) as rated,
        cast(coalesce(sum(e.good), 0) as bigint) as good,
        count(i.buyer_id) as inquiry_buyers,
        count(*) filter (where i.paid_final) as paid_buyers_final,
        cast(sum(r.response_turns) as bigint) as response_turns,
        cast(sum(r.response_sum_s) as bigint) as response_sum_s
    from receptions as r
    left join evaluations as e
        on e.platform = r.platform and e.shop_id = r.shop_id and e.buyer_id = r.buyer_id and e.dt = r.dt
    left join inquiries as i
        on i.platform = r.platform and i.shop_id = r.shop_id and i.buyer_id = r.buyer_id and i.dt = r.dt
    group by r.platform, r.shop_id, r.topic, r.dt
)

select
    platform, shop_id, topic, dt, buyers,
    safe_ratio(buyers, sum(buyers) over (partition by platform, shop_id, dt)) as share,
    rated, good,
    safe_ratio(good, rated) as good_rate,
    inquiry_buyers, paid_buyers_final,
    safe_ratio(paid_buyers_final, inquiry_buyers) as inquiry_to_pay_rate,
    response_turns, response_sum_s,
    safe_ratio(response_sum_s, response_turns) as response_avg_s
from topics
