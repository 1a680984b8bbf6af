/* model
description: >
  One row per message of a conversation that exists: of buyers and by hand, of robots (no auto-replies), and transfers.
  Messages of excluded buyers and agents and of filtered receptions are gone; of a robot's account only transfers stay.
grain: [buyer_no, message_order]
scope: buyer
publish: false
columns:
  buyer_no: that of int_buyers
  agent_no: that of int_agents
  to_agent_no: that of the agent who takes over, of transfers
  message_order: rank in the buyer's stream by the order of messages
  local_s: wall clock second of the day
  role: buyer, agent, bot or transfer
*/
with

kept as (
    select m.*
    from stg_chat_messages as m
    left join int_receptions__filtered as f
        on f.buyer_no = m.buyer_no and f.agent_no = m.agent_no and f.dt = m.dt and f.excluded_reason is not null
    where
        m.role is not null and not m.is_excluded and f.agent_no is null
        and (m.role = 'transfer' or not m.is_bot_account)
)

select
    buyer_no, agent_no, message_id, sent_at, local_s, dt, role, to_agent_no, is_leave_message, is_recommendation,
    topic, product_id,
    cast(row_number() over (
        partition by buyer_no order by sent_at, seq, sender_rank, message_id
    ) as integer) as message_order
from kept
