package reference

import (
	"math/big"
	"slices"
	"strings"
	"time"
)

// attributeOrders names the agents of every valid order and shares its credit.
func (c *calc) attributeOrders() {
	for _, o := range c.orders {
		if !o.valid {
			continue
		}
		if !o.paidAt.IsZero() {
			o.creditRule = c.w.RulesAt(o.paidDt).Credit
		}
		o.credits = map[string]map[string]*big.Rat{}
		if !o.linked {
			o.kind = "unlinked"
			continue
		}
		window := c.orderWindow(o)
		o.orderAgent = c.orderAgentOf(o, window)
		o.payAgent = c.payAgentOf(o)
		o.followUp = c.followUpOf(o)
		o.assisting = c.assistingOf(o, window)
		o.kind = kindOf(o)
		if !o.paidAt.IsZero() {
			c.shareCredit(o)
		}
	}
}

// contacts lists the manual messages to the buyer for which keep holds.
func (c *calc) contacts(buyer string, keep func(*message) bool) []*message {
	var out []*message
	for _, m := range c.streams[buyer] {
		if m.part == byAgent && keep(m) {
			out = append(out, m)
		}
	}
	return out
}

// orderWindow lists the contacts at or before the creation, within the validity.
func (c *calc) orderWindow(o *order) []*message {
	return c.contacts(o.buyer, func(m *message) bool { return c.inOrderWindow(o, m) })
}

func (c *calc) inOrderWindow(o *order, m *message) bool {
	return !m.SentAt.After(o.CreatedAt) && int(m.dt) > int(o.createdDt)-c.w.RulesAt(o.createdDt).InquiryValidityDays
}

func (c *calc) orderAgentOf(o *order, window []*message) string {
	rules := c.w.RulesAt(o.createdDt)
	if rules.NeedsBuyerMessage {
		wroteTo := map[string]bool{}
		for _, m := range c.streams[o.buyer] {
			if m.part == byBuyer && c.inOrderWindow(o, m) {
				wroteTo[m.AgentID] = true
			}
		}
		window = slices.DeleteFunc(slices.Clone(window), func(m *message) bool { return !wroteTo[m.AgentID] })
	}
	if len(window) == 0 {
		return ""
	}
	switch rules.OrderAgentBy {
	case "first":
		return window[0].AgentID
	case "most_messages":
		written := map[string]int{}
		for _, m := range window {
			written[m.AgentID]++
		}
		best := ""
		for _, m := range window { // a later contact wins a tie
			if best == "" || written[m.AgentID] >= written[best] {
				best = m.AgentID
			}
		}
		return best
	default:
		return window[len(window)-1].AgentID
	}
}

func (c *calc) payAgentOf(o *order) string {
	if o.paidAt.IsZero() {
		return ""
	}
	rules := c.w.RulesAt(o.createdDt)
	earliest := o.CreatedAt.Add(time.Duration(rules.RemindAfterMinutes) * time.Minute)
	latest := o.CreatedAt.Add(time.Duration(rules.RemindWithinHours) * time.Hour)
	between := c.contacts(o.buyer, func(m *message) bool {
		if !m.SentAt.After(o.CreatedAt) || m.SentAt.After(o.paidAt) {
			return false
		}
		return o.orderAgent != "" || (!m.SentAt.Before(earliest) && !m.SentAt.After(latest))
	})
	if len(between) == 0 {
		return o.orderAgent
	}
	return between[len(between)-1].AgentID
}

func (c *calc) followUpOf(o *order) string {
	if o.paidAt.IsZero() || o.orderAgent != "" || o.payAgent != "" {
		return ""
	}
	rules := c.w.RulesAt(o.paidDt)
	if !rules.CreditSilentFollowUp {
		return ""
	}
	latest := o.paidAt.Add(time.Duration(rules.FollowUpMinutes) * time.Minute)
	after := c.contacts(o.buyer, func(m *message) bool { return m.SentAt.After(o.paidAt) && !m.SentAt.After(latest) })
	if len(after) == 0 {
		return ""
	}
	return after[0].AgentID
}

func (c *calc) assistingOf(o *order, window []*message) []string {
	all := slices.Clone(window)
	if !o.paidAt.IsZero() {
		all = append(all, c.contacts(o.buyer, func(m *message) bool {
			return m.SentAt.After(o.CreatedAt) && !m.SentAt.After(o.paidAt)
		})...)
	}
	var out []string
	for _, m := range all {
		a := m.AgentID
		if a != o.orderAgent && a != o.payAgent && a != o.followUp && !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	slices.Sort(out)
	return out
}

func kindOf(o *order) string {
	switch {
	case o.orderAgent != "":
		return "assisted"
	case o.paidAt.IsZero():
		return "silent_unpaid"
	case o.payAgent != "":
		return "silent_reminded"
	case o.followUp != "":
		return "fully_silent_followed"
	default:
		return "fully_silent"
	}
}

// shareCredit fills the credit of a paid order under the three judgements and
// the rule in force on its paid day.
func (c *calc) shareCredit(o *order) {
	one := whole(1)
	give := func(rule string, agents ...string) {
		o.credits[rule] = map[string]*big.Rat{}
		for _, a := range agents {
			if a != "" {
				o.credits[rule][a] = one
				return
			}
		}
	}
	give("order_agent", o.orderAgent)
	give("pay_agent", o.payAgent)
	give("order_then_pay", o.orderAgent, o.payAgent, o.followUp)
	if o.creditRule != "split" {
		o.credits["in_force"] = o.credits[o.creditRule]
		return
	}
	if o.orderAgent == "" || o.payAgent == "" || o.orderAgent == o.payAgent {
		give("in_force", o.orderAgent, o.payAgent)
		return
	}
	share, _ := new(big.Rat).SetString(c.w.RulesAt(o.paidDt).SplitOrderShare)
	o.credits["in_force"] = map[string]*big.Rat{}
	for agent, s := range map[string]*big.Rat{o.orderAgent: share, o.payAgent: new(big.Rat).Sub(one, share)} {
		if s.Sign() > 0 {
			o.credits["in_force"][agent] = s
		}
	}
}

// writeOrders writes order_attribution and order_credits.
func (c *calc) writeOrders() {
	for _, o := range c.orders {
		if !o.valid {
			continue
		}
		r := c.row()
		r["order_id"], r["buyer_id"] = o.ID, text(o.buyer)
		r["created_at"], r["created_dt"] = o.CreatedAt, o.createdDt
		r["paid_at"], r["paid_dt"] = nil, nil
		if !o.paidAt.IsZero() {
			r["paid_at"], r["paid_dt"] = o.paidAt, o.paidDt
		}
		r["paid_amount"], r["quantity"] = o.paid, o.quantity
		r["order_agent_id"], r["pay_agent_id"], r["follow_up_agent_id"] = text(o.orderAgent), text(o.payAgent), text(o.followUp)
		r["assisting_agent_ids"] = text(strings.Join(o.assisting, "|"))
		r["kind"], r["credit_rule"] = o.kind, text(o.creditRule)
		c.add("order_attribution", r)
		for rule, shares := range o.credits {
			for agent, share := range shares {
				r := c.row()
				r["order_id"], r["rule"], r["agent_id"], r["share"] = o.ID, rule, agent, share
				c.add("order_credits", r)
			}
		}
	}
}

// text is nil for an empty string.
func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}
