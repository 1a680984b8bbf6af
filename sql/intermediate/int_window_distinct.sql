/* model
description: One row per agent, group of agents or shop, as-of day and window with its exact numbers of different buyers.
grain: [platform, shop_id, grain, entity, dt, window_days]
scope: window
stored: false
columns:
  grain: agent, group or shop
  entity: agent, group of the day ('' = none), or empty at shop grain
  repeat_buyers: buyers with credited orders paid on at least two days
*/
with

occurrences as (select * from int_window_occurrences),

asofs as (select * from int_window_asofs),

windows as (select distinct window_days from asofs),

neighbours as (
    select entity_no, kind, dt,
        case when kind = 'sales' then lag(dt) over same_buyer end as previous_dt,
        coalesce(lead(dt) over same_buyer, date '9999-12-31') as next_dt
    from occurrences
    window same_buyer as (partition by entity_no, kind, buyer_no order by dt)
),

-- Buyers with the same days go together from here on.
gaps as (
    select entity_no, kind, dt, previous_dt, next_dt, count(*) as buyers
    from neighbours
    group by entity_no, kind, dt, previous_dt, next_dt
),

-- An occurrence stands for its buyer until the buyer's next one or until the
-- window has passed it; together with the one before it makes him a repeater
-- until the window has passed that.
spells as (
    select g.entity_no, g.kind, w.window_days, g.buyers, g.dt as from_dt,
        least(g.next_dt, plus_days(g.dt, w.window_days)) as to_dt
    from gaps g
    cross join windows w
    union all
    select g.entity_no, 'repeat' as kind, w.window_days, g.buyers, g.dt as from_dt,
        least(g.next_dt, plus_days(g.previous_dt, w.window_days)) as to_dt
    from gaps g
    cross join windows w
    where plus_days(g.previous_dt, w.window_days) > g.dt
),

steps as (
    select entity_no, kind, window_days, from_dt as dt, buyers as step from spells
    union all
    select entity_no, kind, window_days, to_dt as dt, -buyers as step from spells
),

marks as (
    select entity_no, dt, window_days,
        sum(step) filter (where kind = 'received') as received,
        sum(step) filter (where kind = 'inquiry') as inquiry,
        sum(step) filter (where kind = 'sales') as sales,
        sum(step) filter (where kind = 'refund') as refund,
        sum(step) filter (where kind = 'repeat') as repeaters,
        false as is_asof
    from steps
    group by entity_no, dt, window_days
    union all
    select entity_no, dt, window_days, 0, 0, 0, 0, 0, true as is_asof
    from asofs
),

running as (
    select entity_no, dt, window_days, is_asof,
        sum(received) over w as received,
        sum(inquiry) over w as inquiry,
        sum(sales) over w as sales,
        sum(refund) over w as refund,
        sum(repeaters) over w as repeaters
    from marks
    window w as (partition by entity_no, window_days order by dt)
)

select a.platform, a.shop_id, a.grain, a.entity, a.dt, a.window_days,
    cast(r.received as bigint) as distinct_received_buyers,
    cast(r.inquiry as bigint) as distinct_inquiry_buyers,
    cast(r.sales as bigint) as distinct_sales_buyers,
    cast(r.refund as bigint) as distinct_refund_buyers,
    cast(r.repeaters as bigint) as repeat_buyers
from running r
join asofs a on a.entity_no = r.entity_no and a.dt = r.dt and a.window_days = r.window_days
where r.is_asof
