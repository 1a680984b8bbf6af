/* model
description: >
  One row per buyer, flag and period for which the flag stands. Whether a flag excludes on a day is decided by the rule
  exclude_flags of that day. Own accounts that appear as buyers are internal without limit.
grain: [platform, shop_id, buyer_id, flag, from_dt, to_dt]
scope: buyer
publish: false
columns:
  flag: advertiser, malicious or internal
  from_dt: first business day
  to_dt: last business day
*/
select
    platform, shop_id, buyer_id as buyer_key, buyer_id, flag,
    coalesce(valid_from, date '1900-01-01') as from_dt,
    coalesce(valid_to, date '2999-12-31') as to_dt
from buyer_flags
where not coalesce(removed, false)
union
select
    platform, shop_id, buyer_id as buyer_key, buyer_id, 'internal' as flag,
    date '1900-01-01' as from_dt,
    date '2999-12-31' as to_dt
from int_own_accounts
