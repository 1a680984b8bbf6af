package why

import (
	"context"
	"fmt"

	"kefu/extract/sqltext"
)

// ReceptionModels are the steps that Reception reads, of the buyer alone.
func ReceptionModels() []string {
	return []string{"int_agents", "stg_chat_messages", "int_messages", "int_turn_pairs", "int_receptions__filtered"}
}

// Reception lists the messages of one buyer of the days of a question, of the
// agent, or of all agents of a group or the shop, in their order: what each
// counts as, which turn it opens and which it answers. Texts are listed where
// withText says that they are kept. Turns are those between an agent and the
// buyer. The models of ReceptionModels stand in the session.
func Reception(ctx context.Context, tables Tables, q Question, buyer string, withText bool) (Table, error) {
	who := ""
	switch q.Grain {
	case "agent":
		who = " and n.agent_id = " + sqltext.Literal(q.Entity)
	case "group":
		who = " and exists (select 1 from int_receptions__filtered g where g.agent_no = m.agent_no and g.dt = m.dt and g.agent_group = " + sqltext.Literal(q.Entity) + ")"
	}
	text := ""
	if withText {
		text = ", c.text"
	}
	return Read(ctx, tables, fmt.Sprintf(`with
turns as (
    select agent_no, message_id, opened_order, closed_order, closed_by, micros_between(opened_at, closed_at) // 1000000 as seconds,
        row_number() over (order by opened_order, agent_id) as turn
    from int_turn_pairs join int_agents using (platform, shop_id, agent_no)
    where pairing in ('both', 'human') and dt between date '%[1]s' and date '%[2]s'
),
answered as (
    select t.agent_no, t.closed_order, string_agg(case t.closed_by when 'agent' then 'answers turn ' || t.turn || ' after ' || t.seconds || ' s'
        when 'bot' then 'a robot serves turn ' || t.turn else 'hands turn ' || t.turn || ' over' end, ', ' order by t.turn) as marks
    from turns t where t.closed_order is not null group by t.agent_no, t.closed_order
)
select m.sent_at, case m.sender_rank when 0 then 'buyer' when 1 then 'agent' when 2 then 'bot' else 'system' end as sender, n.agent_id, c.kind, m.text_len as length%[3]s,
    concat_ws(', ',
        case when o.turn is not null then 'opens turn ' || o.turn || case when o.closed_order is null then ' (never answered)' else '' end end,
        a.marks) as turn,
    case
        when m.is_excluded then 'no: buyer or agent excluded'
        when m.role is null and coalesce(c.is_auto, false) then 'no: automatic'
        when m.role is null then 'no: no message of the conversation'
        when f.excluded_reason is not null then 'no: dropped by ' || f.excluded_reason
        when i.message_id is null then 'no: of a robot''s account'
        when m.role = 'bot' then 'a robot''s'
        when m.role = 'transfer' then 'handover to ' || t.agent_id
        else 'yes'
    end as counts
from stg_chat_messages as m
join int_agents as n on n.agent_no = m.agent_no
left join int_agents as t on t.agent_no = m.to_agent_no
join chat_messages as c on c.message_id = m.message_id
left join int_messages as i on i.message_id = m.message_id
left join int_receptions__filtered as f on f.agent_no = m.agent_no and f.dt = m.dt and f.excluded_reason is not null
left join turns as o on o.message_id = m.message_id
left join answered as a on a.closed_order = i.message_order
where c.buyer_id = %[4]s and m.dt between date '%[1]s' and date '%[2]s'%[5]s
order by m.sent_at, m.seq, m.sender_rank, m.message_id`, q.From().Format("2006-01-02"), q.Date.Format("2006-01-02"), text, sqltext.Literal(buyer), who))
}
