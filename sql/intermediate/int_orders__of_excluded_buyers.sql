/* model
description: One row per order whose linked buyer is excluded on the day of its creation.
grain: [platform, shop_id, order_id]
scope: buyer
stored: false
*/
with

identified as (select * from int_orders__identified where is_linked),

exclusions as (select * from stg_buyer_exclusions),

rule_day as (select * from rule_day)

select distinct i.platform, i.shop_id, i.order_id
from identified i
join rule_day r on r.platform = i.platform and r.shop_id = i.shop_id and r.dt = i.created_dt
join exclusions x on x.platform = i.platform and x.shop_id = i.shop_id and x.buyer_id = i.buyer_id
where i.created_dt between x.from_dt and x.to_dt and in_list(r.exclude_flags, x.flag)
