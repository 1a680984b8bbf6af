package why

import (
	"context"
	"fmt"
	"strings"
	"time"

	"kefu/extract/sqltext"
)

// OrderModels are the steps that Order reads, of the order's buyer alone.
func OrderModels() []string { return []string{"stg_orders", "int_order_agents", "int_contacts"} }

// OrderAnswer is the account of an order: what became of it and why.
type OrderAnswer struct {
	Platform string `json:"platform"`
	Shop     string `json:"shop"`
	OrderID  string `json:"order_id"`
	Outcome  string `json:"outcome"` // in one sentence
	Facts    Table  `json:"-"`       // one row
	Agents   Table  `json:"-"`       // in contact with the buyer, with what they are to the order
	Credits  Table  `json:"-"`       // by judgement
	Refunds  Table  `json:"-"`
	Rules    []Rule `json:"rules"` // of the created and of the paid day
}

// Buyer returns the key of the buyer whose order it is; "" = there is no such
// order.
func Buyer(ctx context.Context, tables Tables, platform, shop, order string) (string, error) {
	t, err := Read(ctx, tables, fmt.Sprintf("select buyer_key from int_orders__identified where platform = %s and shop_id = %s and order_id = %s", sqltext.Literal(platform), sqltext.Literal(shop), sqltext.Literal(order)))
	if err != nil || len(t.Cells) == 0 {
		return "", err
	}
	key, _ := t.Cells[0][0].(string)
	return key, nil
}

const orderFacts = `select o.order_id, o.status, o.created_at, o.created_dt, o.paid_at, o.paid_dt, o.paid_amount, o.quantity, o.is_valid, o.invalid_reason,
    o.buyer_id, case i.link_method
        when 'message' then 'a message of the chats names the order'
        when 'own' then 'the order names its buyer'
        when 'rating' then 'a rating of the order names the buyer'
        when 'mask' then 'the only buyer of the day who fits the masked id'
        else 'nobody: no chat, rating or id tells the buyer' end as identified_by,
    a.kind, a.order_agent_id, a.pay_agent_id, a.follow_up_agent_id, a.assisting_agent_ids, a.credit_rule, r.order_agent_by,
    case
        when not o.is_valid then 'not valid (' || o.invalid_reason || '): it counts for nobody'
        when a.kind = 'unlinked' then 'no buyer that chats know: it is nobody''s, and counts for the shop alone'
        when a.kind = 'assisted' and o.paid_at is null then 'ordered with ' || a.order_agent_id || ', not paid'
        when a.kind = 'assisted' and a.pay_agent_id = a.order_agent_id then 'ordered and paid with ' || a.order_agent_id
        when a.kind = 'assisted' then 'ordered with ' || a.order_agent_id || ', paid with ' || a.pay_agent_id
        when a.kind = 'silent_reminded' then 'ordered silently, paid with ' || a.pay_agent_id
        when a.kind = 'fully_silent_followed' then 'ordered and paid silently, followed up by ' || a.follow_up_agent_id
        when a.kind = 'silent_unpaid' then 'ordered silently, not paid'
        else 'ordered and paid silently'
    end as outcome
from stg_orders as o
join int_orders__identified as i on i.platform = o.platform and i.shop_id = o.shop_id and i.order_id = o.order_id
join rule_day as r on r.platform = o.platform and r.shop_id = o.shop_id and r.dt = o.created_dt
left join order_attribution as a on a.platform = o.platform and a.shop_id = o.shop_id and a.order_id = o.order_id
where o.platform = %[1]s and o.shop_id = %[2]s and o.order_id = %[3]s`

const orderAgents = `select a.agent_id, a.order_contacts as contacts, f.sent_at as first_contact_at, l.sent_at as last_contact_at, a.wrote_to as buyer_wrote_to_him,
    p.sent_at as last_before_payment_at, u.sent_at as after_payment_at,
    concat_ws(', ',
        case
            when a.agent_id = o.order_agent_id then 'order agent: ' || case r.order_agent_by when 'latest' then 'the latest contact before the order'
                when 'first' then 'the first contact of the window' else 'most messages in the window' end
            when a.order_contacts = 0 then 'no contact in the window before the order'
            when r.order_agent_needs_buyer_message and not a.wrote_to then 'not the order agent: the buyer did not write to him in the window'
            when o.order_agent_id is not null then 'not the order agent: ' || case r.order_agent_by when 'latest' then 'another''s contact was later'
                when 'first' then 'another''s contact was earlier' else 'another wrote more' end
        end,
        case when a.agent_id = o.pay_agent_id and a.last_pay_contact is not null then 'pay agent: the latest contact before the payment'
            when a.agent_id = o.pay_agent_id then 'pay agent: nobody else wrote before the payment'
            when a.last_pay_contact is not null and o.order_agent_id is null and a.last_remind_contact is null then 'not the pay agent: his contact was outside of the limits of reminders'
            when a.last_pay_contact is not null then 'not the pay agent: another''s contact was later' end,
        case when a.agent_id = o.follow_up_agent_id then 'followed it up: the first contact after the payment' end,
        case when in_list(o.assisting_agent_ids, a.agent_id) then 'assisted' end) as reason
from int_order_agents as a
join order_attribution as o on o.platform = a.platform and o.shop_id = a.shop_id and o.order_id = a.order_id
join rule_day as r on r.platform = o.platform and r.shop_id = o.shop_id and r.dt = o.created_dt
left join int_contacts as f on f.message_order = a.first_order_contact
left join int_contacts as l on l.message_order = a.last_order_contact
left join int_contacts as p on p.message_order = a.last_pay_contact
left join int_contacts as u on u.message_order = a.first_follow_up_contact
where a.platform = %[1]s and a.shop_id = %[2]s and a.order_id = %[3]s
order by coalesce(l.sent_at, p.sent_at, u.sent_at), a.agent_id`

const orderCredits = `select j.rule as judgement, j.rule = o.credit_rule or j.rule = 'in_force' as in_force, c.agent_id, c.share, c.credited_amount as amount,
    case when c.agent_id is null then 'nobody is credited' end as reason
from (values ('in_force', 0), ('order_agent', 1), ('order_then_pay', 2), ('pay_agent', 3)) as j (rule, place)
join order_attribution as o on o.platform = %[1]s and o.shop_id = %[2]s and o.order_id = %[3]s and o.paid_at is not null
left join order_credits as c on c.platform = o.platform and c.shop_id = o.shop_id and c.order_id = o.order_id and c.rule = j.rule
order by j.place, c.agent_id`

const orderRefunds = `select f.refund_id, f.type, f.status, f.requested_at, f.completed_at, f.amount, f.closed_by,
    case
        when f.type = 'exchange' then 'an exchange is no refund'
        when not o.is_valid then 'the order is not valid: counts for nobody'
        when f.status = 'succeeded' and f.completed_at is not null then 'counts on its days; its amount × share is taken off sales'
        else 'counts on its days'
    end as reason
from refunds as f
join stg_orders as o on o.platform = f.platform and o.shop_id = f.shop_id and o.order_id = f.order_id
where f.platform = %[1]s and f.shop_id = %[2]s and f.order_id = %[3]s
order by f.requested_at, f.refund_id`

// Order gives the account of an order. The models of OrderModels stand in the
// session of the tables, of its buyer.
func (r *Reader) Order(ctx context.Context, platform, shop, order string) (*OrderAnswer, error) {
	a := &OrderAnswer{Platform: platform, Shop: shop, OrderID: order}
	for _, part := range []struct {
		what, query string
		into        *Table
	}{{"order", orderFacts, &a.Facts}, {"agents", orderAgents, &a.Agents}, {"credits", orderCredits, &a.Credits}, {"refunds", orderRefunds, &a.Refunds}} {
		t, err := r.read(ctx, fmt.Sprintf(part.query, sqltext.Literal(platform), sqltext.Literal(shop), sqltext.Literal(order)))
		if err != nil {
			return nil, fmt.Errorf("read %s of the order: %w", part.what, err)
		}
		*part.into = t
	}
	if len(a.Facts.Cells) == 0 {
		return nil, fmt.Errorf("the order %s has no row", order)
	}
	cell := func(name string) any {
		for i, c := range a.Facts.Columns {
			if c.Name == name {
				return a.Facts.Cells[0][i]
			}
		}
		return nil
	}
	a.Outcome, _ = cell("outcome").(string)
	if credited := a.credited(); credited != "" {
		a.Outcome += "; " + credited
	}
	created, _ := cell("created_dt").(time.Time)
	q := Question{Platform: platform, Shop: shop, Date: created}
	names, err := r.book.Rules("sales_amount")
	if err != nil {
		return nil, err
	}
	if a.Rules, err = r.rules(ctx, q, names); err != nil {
		return nil, err
	}
	return a, r.paidRules(ctx, a, q, cell("paid_dt"))
}

// credited says in words who has the order under the rule in force.
func (a *OrderAnswer) credited() string {
	if len(a.Credits.Cells) == 0 {
		return "" // not valid, or not paid
	}
	var who []string
	for _, row := range a.Credits.Cells {
		if row[0] == "in_force" && row[2] != nil {
			who = append(who, fmt.Sprintf("%v (share %v)", row[2], row[3]))
		}
	}
	if len(who) == 0 {
		return "nobody is credited"
	}
	return "credited to " + strings.Join(who, " and ")
}

// paidRules puts the rules that go by the paid day to their value on it.
func (r *Reader) paidRules(ctx context.Context, a *OrderAnswer, q Question, paid any) error {
	day, ok := paid.(time.Time)
	if !ok || day.Equal(q.Date) {
		return nil
	}
	q.Date = day
	later, err := r.rules(ctx, q, []string{"credit", "split_order_share", "credit_silent_follow_up", "follow_up_minutes"})
	if err != nil {
		return err
	}
	for _, rule := range later {
		for i := range a.Rules {
			if a.Rules[i].Rule == rule.Rule {
				a.Rules[i] = rule
			}
		}
	}
	return nil
}
