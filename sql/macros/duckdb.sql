-- What DuckDB and the scale-out engine spell differently. Models use these names and nothing engine-specific.

-- local_time: the wall clock TIMESTAMP of a UTC instant (TIMESTAMP without zone) in an IANA time zone.
create or replace macro local_time(ts, tz) as timezone(tz, timezone('UTC', ts));

-- micros_between: exact microseconds from a to b (BIGINT, negative when b is earlier).
create or replace macro micros_between(a, b) as epoch_us(b) - epoch_us(a);

-- plus_seconds: instant moved by a number of seconds.
create or replace macro plus_seconds(ts, s) as ts + to_seconds(s);

-- days_between: calendar days from date a to date b (BIGINT).
create or replace macro days_between(a, b) as date_diff('day', cast(a as date), cast(b as date));

-- plus_days: date moved by a number of days (DATE).
create or replace macro plus_days(d, n) as cast(d as date) + cast(n as integer);

-- seconds_of_day: whole seconds since midnight of a wall clock TIMESTAMP.
create or replace macro seconds_of_day(ts) as extract(hour from ts) * 3600 + extract(minute from ts) * 60 + cast(floor(extract(second from ts)) as integer);

-- in_list: whether x stands in a '|'-joined list (NULL or '' = empty list).
-- Most lists are empty, and then no text is put together.
create or replace macro in_list(list, x) as
    case when list = '' then false else coalesce(contains('|' || list || '|', '|' || x || '|'), false) end;

-- list_items: the items of a '|'-joined list, for unnest.
create or replace macro list_items(list) as string_split(list, '|');

-- safe_ratio: n / d as DOUBLE, NULL when d is 0 or NULL.
create or replace macro safe_ratio(n, d) as cast(n as double) / nullif(cast(d as double), 0);

-- month_of: first day of the month of a date (DATE).
create or replace macro month_of(d) as cast(date_trunc('month', d) as date);

-- join_list: a '|'-joined list of an array's texts, NULL for NULL.
create or replace macro join_list(items) as array_to_string(items, '|');

-- whole_seconds: microseconds (not negative) cut to whole seconds (BIGINT).
create or replace macro whole_seconds(us) as cast(us // 1000000 as bigint);

-- whole_share: the part total × weight / weights of a whole number, cut to a whole number (BIGINT); none is negative.
create or replace macro whole_share(total, weight, weights) as
    cast(cast(total as hugeint) * weight // weights as bigint);

-- share_rest: what whole_share cuts off, in parts of weights (BIGINT).
create or replace macro share_rest(total, weight, weights) as
    cast(cast(total as hugeint) * weight % weights as bigint);

-- in_hours: whether a second of the day lies in [from_s, to_s); a range whose end comes first wraps past midnight.
create or replace macro in_hours(s, from_s, to_s) as
    case when from_s <= to_s then s >= from_s and s < to_s else s >= from_s or s < to_s end;

-- date_series: the dates from a to b, both included, for unnest.
create or replace macro date_series(a, b) as
    list_transform(range(0, date_diff('day', a, b) + 1), lambda n: cast(a as date) + cast(n as integer));

-- quarter_hour: start of the quarter of an hour in which an instant lies. Offsets of time zones change only there.
create or replace macro quarter_hour(ts) as time_bucket(interval '15 minutes', ts);
