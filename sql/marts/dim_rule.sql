/* model
description: >
  One row per shop, rule and period in which one value of it is in force: what the days of the shop are computed by,
  and where the value comes from.
grain: [platform, shop_id, rule, valid_from]
scope: full
stored: true
publish: true
columns:
  rule: name of the rule in the configuration
  valid_from: first business day of the period; 1900-01-01 means without limit
  valid_to: last business day of the period; 2999-12-31 means without limit
  value: plain, or JSON for lists and mappings; off where it does nothing
  origin: "where the value comes from: file and line of the configuration, or what ships"
  level: "how particular the entry is: shop, platform or general"
  rule_group: "general, filters, response, attribution or after_sales"
  label_zh: what users call it; empty where they have no word
  meaning: what it changes
checks: {period_is_a_day_or_more: valid_from <= valid_to}
*/
select
    i.platform, i.shop_id, rule,
    coalesce(valid_from, date '1900-01-01') as valid_from, coalesce(valid_to, date '2999-12-31') as valid_to,
    value, origin, level, rule_group, label_zh, meaning
from rule_intervals as i
join shops as s on s.platform = i.platform and s.shop_id = i.shop_id
