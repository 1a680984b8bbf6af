/* model
description: >
  One row per training, KPI of training_kpis and side of the comparison: the sums above and below the KPI's line, over the
  days before or after the training, of the agent trained or of his untrained colleagues.
grain: [platform, shop_id, event_id, metric, is_trained, is_after]
scope: full
stored: false
columns:
  numerator: sum above the line; hours and costs are in microseconds, on both sides
  denominator: sum below the line
*/
with

metrics_due as (
    select distinct t.platform, t.shop_id, t.event_id, k.metric
    from int_trainings as t
    join rule_day as r on r.platform = t.platform and r.shop_id = t.shop_id and r.dt = t.dt
    cross join unnest(list_items(r.training_kpis)) as k (metric)
),

-- Decimals are brought to one scale here: of different ones the branches would take the smallest that fits.
sides as (
    select
        d.platform, d.shop_id, d.event_id, m.metric, d.is_trained, d.is_after,
        case
            when m.metric = 'inquiry_to_order_same_day_rate' then k.ordered_buyers_same_day
            when m.metric = 'inquiry_to_order_rate' then k.ordered_buyers_final
            when m.metric = 'inquiry_to_pay_next_day_rate' then k.paid_buyers_next_day
            when m.metric = 'inquiry_to_pay_rate' then k.paid_buyers_final
            when m.metric = 'order_to_pay_same_day_rate' then k.order_paid_buyers_same_day
            when m.metric = 'order_to_pay_rate' then k.order_paid_buyers
            when m.metric = 'inquiry_to_shipped_rate' then k.shipped_buyers_final
            when m.metric = 'lost_rate' then k.lost_buyers
            when m.metric in ('amount_per_buyer', 'amount_per_item', 'inquiry_value')
                then cast(k.sales_amount as decimal(38, 6))
            when m.metric = 'items_per_buyer' then cast(k.sales_items as decimal(38, 6))
            when m.metric in ('inquiry_deal_amount_per_item', 'inquiry_deal_amount_per_buyer')
                then cast(k.inquiry_deal_amount as decimal(38, 6))
            when m.metric = 'inquiry_deal_items_per_buyer' then k.inquiry_deal_items
            when m.metric = 'remind_success_rate' then c.reminded_paid_buyers
            when m.metric = 'recommend_success_rate' then c.recommended_bought
            when m.metric = 'answer_ratio' then k.agent_messages
            when m.metric = 'reply_rate' then k.replied_buyers
            when m.metric = 'first_response_avg_s' then k.first_response_sum_s
            when m.metric = 'response_avg_s' then k.response_sum_s
            when m.metric = 'slow_rate' then k.slow_buyers
            when m.metric = 'reply_within_rate' then k.reply_within_ok
            when m.metric = 'quick_rate' then k.quick_turns
            when m.metric = 'chat_transfer_rate' then k.handed_over_receptions
            when m.metric = 'online_hours_avg' then k.online_us
            when m.metric = 'good_rate' then k.good
            when m.metric = 'participation_rate' then k.rated
            when m.metric = 'score_avg' then k.score_sum
            when m.metric = 'csat' then k.csat_good
            when m.metric = 'refund_rate' then cast(k.refunds as decimal(38, 6))
            when m.metric = 'dispute_rate' then cast(k.disputes as decimal(38, 6))
            when m.metric = 'self_completed_rate' then cast(k.self_completed as decimal(38, 6))
            when m.metric = 'refund_duration_avg_h' then cast(k.refund_us_sum as decimal(38, 6))
            when m.metric = 'complaint_rate' then cast(k.complaints as decimal(38, 6))
            when m.metric = 'resolution_rate' then c.cases_resolved
            when m.metric = 'resolution_avg_h' then cast(c.resolution_us_sum as decimal(38, 6))
            when m.metric = 'sla_met_rate' then c.sla_met_cases
            when m.metric = 'transfer_rate' then c.transferred_cases
            when m.metric = 'repeat_contact_rate' then c.repeat_cases
            when m.metric = 'kb_lookups_per_case' then c.kb_lookups
            when m.metric = 'retention_rate' then c.retained_buyers
            when m.metric = 'same_product_repurchase_rate' then c.same_product_buyers
            when m.metric = 'cost_per_case' then cast(c.labour_cost_us as decimal(38, 6))
            when m.metric = 'sales_per_cost' then cast(3600000000 * k.sales_amount as decimal(38, 6))
            when m.metric = 'nps' then 100 * (c.nps_promoters - c.nps_detractors)
            when m.metric = 'churn_rate' then c.served_buyers - c.retained_buyers
        end as numerator,
        case
            when m.metric in ('inquiry_to_order_same_day_rate', 'inquiry_to_order_rate', 'inquiry_to_pay_next_day_rate',
                'inquiry_to_pay_rate', 'inquiry_to_shipped_rate', 'lost_rate', 'inquiry_value')
                then k.inquiry_buyers
            when m.metric in ('order_to_pay_same_day_rate', 'order_to_pay_rate') then k.order_buyers
            when m.metric in ('amount_per_buyer', 'items_per_buyer') then k.sales_buyers
            when m.metric = 'amount_per_item' then cast(k.sales_items as decimal(38, 6))
            when m.metric = 'inquiry_deal_amount_per_item' then k.inquiry_deal_items
            when m.metric in ('inquiry_deal_amount_per_buyer', 'inquiry_deal_items_per_buyer') then k.inquiry_deal_buyers
            when m.metric = 'remind_success_rate' then c.reminded_buyers
            when m.metric = 'recommend_success_rate' then c.recommended_buyers
            when m.metric = 'answer_ratio' then k.buyer_messages
            when m.metric = 'reply_rate' then k.replied_buyers + k.unreplied_buyers
            when m.metric = 'first_response_avg_s' then k.first_response_turns
            when m.metric in ('response_avg_s', 'quick_rate') then k.response_turns
            when m.metric = 'slow_rate' then k.received_buyers
            when m.metric = 'reply_within_rate' then k.reply_within_units
            when m.metric = 'chat_transfer_rate' then k.receptions
            when m.metric = 'online_hours_avg' then 3600000000 * k.online_accounts
            when m.metric = 'good_rate' then k.good + k.neutral + k.bad
            when m.metric = 'participation_rate' then k.invited
            when m.metric = 'score_avg' then k.rated
            when m.metric = 'csat' then k.csat_rated
            when m.metric in ('refund_rate', 'dispute_rate', 'complaint_rate') then cast(k.deals as decimal(38, 6))
            when m.metric = 'self_completed_rate' then cast(k.refunds_completed as decimal(38, 6))
            when m.metric = 'refund_duration_avg_h' then cast(3600000000 * k.refunds_completed as decimal(38, 6))
            when m.metric in ('resolution_rate', 'transfer_rate', 'repeat_contact_rate', 'kb_lookups_per_case')
                then c.cases_opened
            when m.metric = 'resolution_avg_h' then 3600000000 * c.cases_resolved
            when m.metric = 'sla_met_rate' then c.sla_due_cases
            when m.metric in ('retention_rate', 'same_product_repurchase_rate', 'churn_rate') then c.served_buyers
            when m.metric = 'cost_per_case' then 3600000000 * c.cases_opened
            when m.metric = 'sales_per_cost' then cast(c.labour_cost_us as decimal(38, 6))
            when m.metric = 'nps' then c.nps_responses
        end as denominator
    from int_training_days as d
    join metrics_due as m on m.platform = d.platform and m.shop_id = d.shop_id and m.event_id = d.event_id
    join int_day_counts as k
        on k.platform = d.platform and k.shop_id = d.shop_id and k.grain = 'agent' and k.entity = d.agent_id and k.dt = d.dt
    left join int_day_care_counts as c
        on c.platform = d.platform and c.shop_id = d.shop_id and c.grain = 'agent' and c.entity = d.agent_id and c.dt = d.dt
)

select
    platform, shop_id, event_id, metric, is_trained, is_after,
    cast(sum(numerator) as decimal(38, 6)) as numerator,
    cast(sum(denominator) as decimal(38, 6)) as denominator
from sides
group by platform, shop_id, event_id, metric, is_trained, is_after
