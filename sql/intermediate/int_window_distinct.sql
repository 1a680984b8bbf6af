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
    select platform, shop_id, grain, entity, kind, dt,
        lag(dt) over same_buyer as previous_dt,
        coalesce(lead(dt) over same_buyer, date '9999-12-31') as next_dt
    from occurrences
    window same_buyer as (partition by platform, shop_id, grain, entity, kind, buyer_id order by dt)
),

-- An occurrence stands for its buyer until the buyer's next one or until the
-- window has passed it; together with the one before it makes him a repeater
-- until the window has passed that.
spells as (
    select n.platform, n.shop_id, n.grain, n.entity, n.kind, w.window_days, n.dt as from_dt,
        least(n.next_dt, plus_days(n.dt, w.window_days)) as to_dt
    from neighbours n
    cross join windows w
    union all
    select n.platform, n.shop_id, n.grain, n.entity, 'repeat' as kind, w.window_days, n.dt as from_dt,
        least(n.next_dt, plus_days(n.previous_dt, w.window_days)) as to_dt
    from neighbours n
    cross join windows w
    where n.kind = 'sales' and plus_days(n.previous_dt, w.window_days) > n.dt
),

steps as (
    select platform, shop_id, grain, entity, kind, window_days, from_dt as dt, 1 as step from spells
    union all
    select platform, shop_id, grain, entity, kind, window_days, to_dt as dt, -1 as step from spells
),

marks as (
    select platform, shop_id, grain, entity, dt, window_days,
        sum(step) filter (where kind = 'received') as received,
        sum(step) filter (where kind = 'inquiry') as inquiry,
        sum(step) filter (where kind = 'sales') as sales,
        sum(step) filter (where kind = 'refund') as refund,
        sum(step) filter (where kind = 'repeat') as repeaters,
        false as is_asof
    from steps
    group by platform, shop_id, grain, entity, dt, window_days
    union all
    select platform, shop_id, grain, entity, dt, window_days, 0, 0, 0, 0, 0, true as is_asof
    from asofs
),

running as (
    select platform, shop_id, grain, entity, dt, window_days, is_asof,
        sum(received) over w as received,
        sum(inquiry) over w as inquiry,
        sum(sales) over w as sales,
        sum(refund) over w as refund,
        sum(repeaters) over w as repeaters
    from marks
    window w as (partition by platform, shop_id, grain, entity, window_days order by dt)
)

select platform, shop_id, grain, entity, dt, window_days,
    cast(received as bigint) as distinct_received_buyers,
    cast(inquiry as bigint) as distinct_inquiry_buyers,
    cast(sales as bigint) as distinct_sales_buyers,
    cast(refund as bigint) as distinct_refund_buyers,
    cast(repeaters as bigint) as repeat_buyers
from running
where is_asof
