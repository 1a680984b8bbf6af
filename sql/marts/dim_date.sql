/* model
description: One row per calendar date that a business day of any shop falls on.
grain: [dt]
scope: full
stored: true
publish: true
columns:
  week_start_dt: Monday of the week
  month_start_dt: first day of the month
  day_of_week: 1 Monday to 7 Sunday
*/
with

dates as (
    select distinct dt from rule_day
),

placed as (
    select
        dt,
        month_of(dt) as month_start_dt,
        -- 2018-01-01 was a Monday.
        (days_between(date '2018-01-01', dt) % 7 + 7) % 7 as days_since_monday
    from dates
)

select
    dt,
    cast(extract(year from dt) as integer) as year,
    cast(extract(month from dt) as integer) as month,
    cast(extract(day from dt) as integer) as day,
    cast(days_since_monday + 1 as integer) as day_of_week,
    plus_days(dt, -days_since_monday) as week_start_dt,
    month_start_dt,
    days_since_monday >= 5 as is_weekend
from placed
