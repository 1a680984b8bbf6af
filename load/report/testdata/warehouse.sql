-- A warehouse of two shops and nine agents over 70 days, the same at every run.
create macro noise(a, b, c) as (hash(a || '/' || b || '/' || c) % 1000) / 1000.0;

create table dim_shop as select * from (values
    ('tmall', 'flagship', '示例旗舰店', 'Asia/Shanghai', date '2026-03-28'),
    ('jd', 'pop', '示例 <专营> & 店', 'Asia/Shanghai', date '2026-03-30')) t(platform, shop_id, name, timezone, horizon_dt);

create table dim_agent as
select 'tmall' as platform, 'flagship' as shop_id, '示例旗舰店:' || n as agent_id, n as name, null::date as valid_from
from (values ('小雨'), ('阿宁'), ('可乐'), ('木木'), ('晚晴'), ('南风'), ('七七')) t(n)
union all
select 'jd', 'pop', 'pop-' || i, 'Agent ' || i, null from range(1, 3) r(i);

create table base as
select a.platform, a.shop_id, a.agent_id, cast(d as date) as dt,
    cast(20 + 25 * noise(a.agent_id, d, 'r') + 8 * sin(epoch(d) / 86400 / 7 * 6.283) as bigint) as received_buyers
from dim_agent a, range(timestamp '2026-01-21', timestamp '2026-04-01', interval 1 day) r(d)
where noise(a.agent_id, d, 'off') > 0.14;

create table kpi_agent_day as
with inquiry as (
    select *, cast(received_buyers * (0.62 + 0.1 * noise(agent_id, dt, 'i')) as bigint) as inquiry_buyers from base
), counts as (
    select *, cast(inquiry_buyers * (0.42 + 0.18 * noise(agent_id, 'x', 'skill') + 0.1 * noise(agent_id, dt, 'o')) as bigint) as ordered_buyers_final from inquiry
), sums as (
    select platform, shop_id, agent_id, dt, received_buyers, inquiry_buyers, ordered_buyers_final,
        cast(ordered_buyers_final * 0.86 as bigint) as paid_buyers_next_day,
        cast(ordered_buyers_final * 0.92 as bigint) as paid_buyers_final,
        case when dt > date '2026-03-28' then 0 else cast((inquiry_buyers - ordered_buyers_final) * 0.8 as bigint) end as lost_buyers,
        cast(ordered_buyers_final * (90 + 60 * noise(agent_id, dt, 'a')) + 0.35 as decimal(18, 6)) as sales_amount,
        cast(ordered_buyers_final * 0.9 as bigint) as sales_buyers,
        cast(received_buyers * (12 + 20 * noise(agent_id, 'x', 'speed') + 10 * noise(agent_id, dt, 's')) as bigint) as first_response_sum_s,
        cast(received_buyers * 0.96 as bigint) as first_response_turns,
        cast(received_buyers * 4 * (25 + 40 * noise(agent_id, 'x', 'speed') + 12 * noise(agent_id, dt, 's')) as bigint) as response_sum_s,
        received_buyers * 4 as response_turns,
        received_buyers - cast(2 * noise(agent_id, dt, 'u') as bigint) as replied_buyers,
        cast(2 * noise(agent_id, dt, 'u') as bigint) as unreplied_buyers,
        cast(received_buyers * 0.88 as bigint) as reply_within_ok, received_buyers - 1 as reply_within_units,
        cast(received_buyers * 0.3 as bigint) as good, cast(1.2 * noise(agent_id, dt, 'n') as bigint) as neutral, cast(1.4 * noise(agent_id, dt, 'b') as bigint) as bad,
        cast(2.2 * noise(agent_id, dt, 'f') as decimal(18, 6)) as refunds, cast(ordered_buyers_final * 1.3 as decimal(18, 6)) as deals
    from counts
)
select * from sums;

-- One agent wrote on one day only, and nobody rated or bought.
insert into kpi_agent_day (platform, shop_id, agent_id, dt, received_buyers, inquiry_buyers, paid_buyers_final, sales_amount, sales_buyers,
    first_response_sum_s, first_response_turns, response_sum_s, response_turns, replied_buyers, unreplied_buyers, good, neutral, bad, refunds, deals)
values ('tmall', 'flagship', 'guest', '2026-03-30', 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0);

create table kpi_shop_day as
select platform, shop_id, dt, columns(c -> c not in ('platform', 'shop_id', 'agent_id', 'dt')),
    cast(1.7 * sales_amount as decimal(18, 6)) as valid_paid_amount, cast(0.02 * sales_amount as decimal(18, 6)) as unlinked_amount,
    cast(0.7 * sales_amount as decimal(18, 6)) as uncredited_amount
from (
    select platform, shop_id, dt, sum(columns(c -> c not in ('platform', 'shop_id', 'agent_id', 'dt')))
    from kpi_agent_day group by platform, shop_id, dt
);

create table kpi_shop_window as
select platform, shop_id, cast(d as date) as dt, w as window_days,
    cast(round(40 + 30 * noise(shop_id, d, 'rf')) as decimal(18, 6)) as refunds, cast(1200 as decimal(18, 6)) as deals,
    round(40 + 30 * noise(shop_id, d, 'rf')) / 1200 as refund_rate, cast(3 as decimal(18, 6)) as disputes, 0.0025 as dispute_rate,
    cast(40 as decimal(18, 6)) as refunds_completed, 0.9 + 0.06 * noise(shop_id, d, 'sc') as self_completed_rate,
    case when shop_id = 'pop' then null else 30 + 14 * noise(shop_id, d, 'du') end as refund_duration_avg_h
from dim_shop, range(timestamp '2026-01-21', timestamp '2026-04-20', interval 1 day) r(d), (values (7), (28)) t(w);

create table inquiries as
select platform, shop_id, 'shop' as grain, null as agent_id, 'b' || n as buyer_id, cast(d as date) as dt,
    case when d > timestamp '2026-03-28' then 'open' else 'converted' end as status
from dim_shop, range(timestamp '2026-03-20', timestamp '2026-04-01', interval 1 day) r(d), range(5) s(n);

create table lost_inquiries as
select platform, shop_id, agent_id,
    case when n = 0 then 'j****23' when n = 1 then '买家张三丰' else md5(agent_id || dt || n) end as buyer_id, dt,
    case when n % 3 = 0 then 'ordered_unpaid' else 'lost' end as status,
    cast(dt as timestamp) + interval 3 hour as first_buyer_at, cast(dt as timestamp) + interval 4 hour as last_message_at,
    case when n % 2 = 0 then 'buyer' else 'agent' end as last_word_by, case n % 4 when 0 then '价格' when 1 then '尺码' when 2 then '发货' end as topic,
    'p' || (n % 5) as product_id, case when n % 5 > 0 then cast(n * 17 as bigint) end as first_response_seconds,
    n % 4 = 1 as slow, n % 5 = 0 as unreplied, case when n = 2 then dt + 9 end as bought_later_dt, case when n = 4 then '价格高于竞品' end as loss_reason
from base, range(7) s(n)
where dt <= date '2026-03-28' and n < 7 * noise(agent_id, dt, 'lost');

create table etl_publication as select 'etl_publication' as table_name, '20260401-0230-7f3a' as publication_id, timestamp '2026-03-31 18:41:00' as loaded_at;

create table etl_quality as select * from (values
    ('r1', 'quarantine', 'orders', 'tmall', 'flagship', 'info', 'failed', 999, null, timestamp '2026-03-30 18:40:00'),
    ('r2', 'quarantine', 'orders', 'tmall', 'flagship', 'info', 'failed', 12, null, timestamp '2026-03-31 18:40:00'),
    ('r1', 'quarantine', 'orders', 'tmall', 'flagship', 'info', 'failed', 5, null, timestamp '2026-03-31 18:40:00'),
    ('r2', 'quarantine', 'refunds', 'tmall', 'flagship', 'info', 'failed', 3, null, timestamp '2026-03-31 18:40:00'),
    ('r2', 'check', 'replied_at_most_received', null, null, 'blocking', 'passed', 0, null, timestamp '2026-03-31 18:40:00'),
    ('r2', 'check', 'unlinked_orders_below_5_percent', null, null, 'warning', 'failed', 41, null, timestamp '2026-03-31 18:40:00')
    ) t(run_id, kind, name, platform, shop_id, severity, status, rows, detail, checked_at);
