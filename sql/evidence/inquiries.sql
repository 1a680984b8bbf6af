/* evidence
row: inquiry
description: Receptions of the day that are inquiries, with what became of them, and those that are none, with the reason.
shows: [agent_id, buyer_id, first_buyer_at, window_end_dt, first_order_id, status, reason]
splits: [topic]
rules:
  - inquiry_validity_days
  - after_sales_days
  - inquiry_roles
  - agent_initiated_counts
  - agent_initiated_reply_days
  - handover_counts
  - exclude_flags
  - exclude_orders
  - order_agent_by
  - order_agent_needs_buyer_message
  - filter_monologue_buyer_messages
  - filter_single_sentence_agent_messages
  - filter_watchword
  - handover_max_agent_messages
*/
with

ranks as (
    select r.status, r.place
    from (
        values ('converted', 1), ('ordered_unpaid', 2), ('other_agent', 3), ('ordered_silent', 4), ('open', 5), ('lost', 6),
            ('merged', 7)
    ) as r (status, place)
),

-- Of a group one row per buyer, as good as the best of its agents'.
best as (
    select i.platform, i.shop_id, i.agent_group, i.buyer_id, i.dt, min(i.first_buyer_at) as first_buyer_at,
        max(i.window_end_dt) as window_end_dt, bool_or(i.ordered_same_day) as ordered_same_day,
        bool_or(i.ordered_final) as ordered_final, bool_or(i.paid_next_day) as paid_next_day,
        bool_or(i.paid_final) as paid_final, bool_or(i.is_shipped) as is_shipped, min_by(i.status, r.place) as status,
        min_by(i.first_order_id, r.place) as first_order_id
    from inquiries as i
    join ranks as r on r.status = i.status
    where i.grain = 'agent' and i.excluded_reason is null
    group by i.platform, i.shop_id, i.agent_group, i.buyer_id, i.dt
),

topics as (
    select platform, shop_id, 'agent' as grain, agent_id as entity, buyer_id, dt, topic
    from int_receptions
    where topic is not null
    union all
    select platform, shop_id, grain, entity, buyer_id, dt, topic
    from int_pooled_receptions
    where topic is not null
),

rows_of_all as (
    select platform, shop_id, grain, agent_id as entity, dt, nullif(agent_id, '') as agent_id, buyer_id, first_buyer_at,
        window_end_dt, ordered_same_day, ordered_final, paid_next_day, paid_final, is_shipped, status, first_order_id,
        excluded_reason
    from inquiries
    union all
    select platform, shop_id, 'group' as grain, agent_group as entity, dt, null as agent_id, buyer_id, first_buyer_at,
        window_end_dt, ordered_same_day, ordered_final, paid_next_day, paid_final, is_shipped, status, first_order_id,
        null as excluded_reason
    from best
    union all
    select platform, shop_id, 'group' as grain, agent_group as entity, dt, agent_id, buyer_id, first_buyer_at,
        window_end_dt, ordered_same_day, ordered_final, paid_next_day, paid_final, is_shipped, status, first_order_id,
        excluded_reason
    from inquiries
    where grain = 'agent' and excluded_reason is not null
)

select
    r.platform, r.shop_id, r.grain, r.entity, r.dt, r.agent_id, r.buyer_id, r.first_buyer_at, r.window_end_dt,
    r.first_order_id, t.topic, r.ordered_same_day, r.ordered_final, r.paid_next_day, r.paid_final, r.is_shipped, r.status,
    r.excluded_reason,
    case
        when r.excluded_reason is not null then 'no inquiry: ' || r.excluded_reason
        when r.status = 'converted' then 'ordered in the window and paid'
        when r.status = 'ordered_unpaid' then 'ordered in the window, not paid'
        when r.status = 'other_agent' then 'ordered with another agent'
        when r.status = 'ordered_silent' then 'ordered, due to no agent'
        when r.status = 'open' then 'the window is still open'
        when r.status = 'merged' then 'lost, counted with a later inquiry of the buyer'
        else 'lost: no order in the window'
    end as reason
from rows_of_all as r
left join topics as t
    on t.platform = r.platform and t.shop_id = r.shop_id and t.grain = r.grain and t.entity = r.entity
    and t.buyer_id = r.buyer_id and t.dt = r.dt
