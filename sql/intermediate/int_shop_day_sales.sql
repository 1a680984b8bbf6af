/* model
description: One row per shop and paid day with anything that counts for sales, credited or not, valid or not.
grain: [platform, shop_id, dt]
scope: day
stored: false
columns:
  deals: items of valid orders
  uncredited_amount: what no agent has of valid orders
  excluded_amount: of orders that are not valid
  shop_paid_amount: of all orders
*/
with

days as (select * from days),

credits as (
    select c.* from order_credits c
    join days d on d.platform = c.platform and d.shop_id = c.shop_id and d.dt = c.paid_dt
),

orders as (
    select o.* from order_attribution o
    join days d on d.platform = o.platform and d.shop_id = o.shop_id and d.dt = o.paid_dt
),

all_orders as (
    select o.* from int_orders__dated o
    join days d on d.platform = o.platform and d.shop_id = o.shop_id and d.dt = o.paid_dt
),

credited as (
    select platform, shop_id, paid_dt as dt,
        sum(credited_amount) filter (where rule = 'in_force') as sales_amount,
        sum(credited_amount) filter (where rule = 'order_agent') as sales_amount_by_order,
        sum(credited_amount) filter (where rule = 'order_then_pay') as sales_amount_by_order_then_pay,
        sum(credited_amount) filter (where rule = 'pay_agent') as sales_amount_by_pay,
        count(distinct buyer_id) filter (where rule = 'order_agent') as sales_buyers_by_order,
        count(distinct buyer_id) filter (where rule = 'order_then_pay') as sales_buyers_by_order_then_pay,
        count(distinct buyer_id) filter (where rule = 'pay_agent') as sales_buyers_by_pay,
        count(distinct order_id) filter (where rule = 'in_force') as sales_orders,
        count(distinct buyer_id) filter (where rule = 'in_force') as sales_buyers,
        sum(credited_quantity) filter (where rule = 'in_force') as sales_items
    from credits
    group by platform, shop_id, paid_dt
),

order_shares as (
    select platform, shop_id, order_id, sum(share) as share
    from credits
    where rule = 'in_force'
    group by platform, shop_id, order_id
),

valid as (
    select o.platform, o.shop_id, o.paid_dt as dt,
        sum(o.paid_amount) filter (where o.pay_agent_id = o.order_agent_id) as own_paid_amount,
        sum(o.paid_amount) filter (where o.pay_agent_id <> o.order_agent_id) as own_order_others_pay_amount,
        sum(o.paid_amount) filter (where o.kind = 'silent_reminded') as silent_own_pay_amount,
        sum(o.paid_amount) filter (where o.kind = 'fully_silent_followed') as silent_follow_up_amount,
        count(o.assisting_agent_ids) as assisted_orders,
        sum(o.paid_amount) filter (where o.order_agent_id is not null) as inquiry_deal_amount,
        sum(o.quantity) filter (where o.order_agent_id is not null) as inquiry_deal_items,
        count(distinct o.buyer_id) filter (where o.order_agent_id is not null) as inquiry_deal_buyers,
        sum(o.paid_amount) as valid_paid_amount,
        sum(o.paid_amount * cast(1 - coalesce(s.share, 0) as decimal(18, 6))) as uncredited_amount,
        sum(o.paid_amount) filter (where o.kind = 'unlinked') as unlinked_amount,
        sum(o.paid_amount) filter (where o.kind in ('fully_silent', 'fully_silent_followed')) as silent_amount,
        sum(o.paid_amount) filter (where o.kind = 'assisted') as assisted_amount,
        sum(o.item_rows) as deals
    from orders o
    left join order_shares s on s.platform = o.platform and s.shop_id = o.shop_id and s.order_id = o.order_id
    group by o.platform, o.shop_id, o.paid_dt
),

paid as (
    select platform, shop_id, paid_dt as dt,
        sum(paid_amount) filter (where not is_valid) as excluded_amount,
        sum(paid_amount) as shop_paid_amount
    from all_orders
    group by platform, shop_id, paid_dt
)

select k.platform, k.shop_id, k.dt,
    cast(coalesce(c.sales_amount, 0) as decimal(18, 6)) as sales_amount,
    cast(coalesce(c.sales_amount_by_order, 0) as decimal(18, 6)) as sales_amount_by_order,
    cast(coalesce(c.sales_amount_by_order_then_pay, 0) as decimal(18, 6)) as sales_amount_by_order_then_pay,
    cast(coalesce(c.sales_amount_by_pay, 0) as decimal(18, 6)) as sales_amount_by_pay,
    coalesce(c.sales_buyers_by_order, 0) as sales_buyers_by_order,
    coalesce(c.sales_buyers_by_order_then_pay, 0) as sales_buyers_by_order_then_pay,
    coalesce(c.sales_buyers_by_pay, 0) as sales_buyers_by_pay,
    cast(coalesce(v.own_paid_amount, 0) as decimal(18, 2)) as own_paid_amount,
    cast(coalesce(v.own_order_others_pay_amount, 0) as decimal(18, 2)) as own_order_others_pay_amount,
    cast(coalesce(v.own_order_others_pay_amount, 0) as decimal(18, 2)) as others_order_own_pay_amount,
    cast(coalesce(v.silent_own_pay_amount, 0) as decimal(18, 2)) as silent_own_pay_amount,
    cast(coalesce(v.silent_follow_up_amount, 0) as decimal(18, 2)) as silent_follow_up_amount,
    coalesce(v.assisted_orders, 0) as assisted_orders,
    coalesce(c.sales_orders, 0) as sales_orders,
    coalesce(c.sales_buyers, 0) as sales_buyers,
    cast(coalesce(c.sales_items, 0) as decimal(18, 6)) as sales_items,
    cast(coalesce(v.inquiry_deal_amount, 0) as decimal(18, 2)) as inquiry_deal_amount,
    cast(coalesce(v.inquiry_deal_items, 0) as bigint) as inquiry_deal_items,
    coalesce(v.inquiry_deal_buyers, 0) as inquiry_deal_buyers,
    cast(coalesce(v.valid_paid_amount, 0) as decimal(18, 6)) as valid_paid_amount,
    cast(coalesce(v.uncredited_amount, 0) as decimal(18, 6)) as uncredited_amount,
    cast(coalesce(k.excluded_amount, 0) as decimal(18, 6)) as excluded_amount,
    cast(k.shop_paid_amount as decimal(18, 6)) as shop_paid_amount,
    cast(coalesce(v.unlinked_amount, 0) as decimal(18, 2)) as unlinked_amount,
    cast(coalesce(v.silent_amount, 0) as decimal(18, 2)) as silent_amount,
    cast(coalesce(v.assisted_amount, 0) as decimal(18, 2)) as assisted_amount,
    cast(coalesce(v.deals, 0) as decimal(18, 6)) as deals
from paid k
left join credited c on c.platform = k.platform and c.shop_id = k.shop_id and c.dt = k.dt
left join valid v on v.platform = k.platform and v.shop_id = k.shop_id and v.dt = k.dt
