package reference

import (
	"slices"
	"time"
)

// countConversion adds inquiries and what was ordered and shipped.
func (c *calc) countConversion() {
	for _, q := range c.inquiries {
		if q.reason == "" {
			c.countInquiry(q.rec.receptionKey, q)
		}
	}
	for k, q := range c.groupInquiries() {
		c.countInquiry(k, q)
	}
	shipped := map[string]map[string]bool{} // entity, order: each order once
	for _, q := range c.inquiries {
		if q.reason != "" {
			continue
		}
		entities := []string{q.rec.agent}
		if q.rec.agent != shopEntity {
			entities = append(entities, c.groupOf(q.rec.agent, q.rec.dt))
		}
		for _, o := range q.behind {
			if !c.shippedInTime(o) {
				continue
			}
			for _, entity := range entities {
				c.day(entity, q.rec.dt).buyer("shipped_buyers_final", q.rec.buyer)
				if shipped[entity] == nil {
					shipped[entity] = map[string]bool{}
				}
				if !shipped[entity][o.ID] {
					shipped[entity][o.ID] = true
					c.day(entity, c.w.Dt(o.ShippedAt)).amount("shipped_amount", o.paid)
				}
			}
		}
	}
	for _, o := range c.orders {
		if o.valid {
			c.countPlaced(o)
		}
	}
}

// statuses are those of an inquiry, the best first.
var statuses = []string{"converted", "ordered_unpaid", "other_agent", "ordered_silent", "open", "lost", "merged"}

// groupInquiries makes of the agents' inquiries of a buyer's day one of their
// group: it has what any of them has, and the best status.
func (c *calc) groupInquiries() map[receptionKey]*inquiry {
	out := map[receptionKey]*inquiry{}
	for _, q := range c.inquiries {
		if q.reason != "" || q.rec.agent == shopEntity {
			continue
		}
		k := receptionKey{c.groupOf(q.rec.agent, q.rec.dt), q.rec.buyer, q.rec.dt}
		g := out[k]
		if g == nil {
			g = &inquiry{status: q.status}
			out[k] = g
		}
		g.sameDay, g.final = g.sameDay || q.sameDay, g.final || q.final
		g.paidNext, g.paidFinal = g.paidNext || q.paidNext, g.paidFinal || q.paidFinal
		if slices.Index(statuses, q.status) < slices.Index(statuses, g.status) {
			g.status = q.status
		}
	}
	return out
}

func (c *calc) countInquiry(k receptionKey, q *inquiry) {
	day := c.day(k.agent, k.dt)
	day.buyer("inquiry_buyers", k.buyer)
	day.when(q.sameDay, "ordered_buyers_same_day")
	day.when(q.final, "ordered_buyers_final")
	day.when(q.paidNext, "paid_buyers_next_day")
	day.when(q.paidFinal, "paid_buyers_final")
	day.when(q.status == "ordered_unpaid", "ordered_unpaid_buyers")
	day.when(q.status == "other_agent", "other_agent_buyers")
	day.when(q.status == "lost", "lost_buyers")
}

// shippedInTime: within outbound_days of payment, of creation for cash on
// delivery.
func (c *calc) shippedInTime(o *order) bool {
	from := o.paidAt
	if o.PayType == "cod" {
		from = o.CreatedAt
	}
	if o.ShippedAt.IsZero() || from.IsZero() {
		return false
	}
	return !o.ShippedAt.After(from.Add(time.Duration(c.w.RulesAt(o.createdDt).OutboundDays) * 24 * time.Hour))
}

// countPlaced adds an order to its created day.
func (c *calc) countPlaced(o *order) {
	shop := c.day(shopEntity, o.createdDt)
	shop.count("placed_orders", 1)
	shop.when(!o.paidAt.IsZero(), "placed_orders_paid")
	if o.orderAgent == "" {
		return
	}
	for _, day := range c.owners(o.orderAgent, o.createdDt) {
		day.buyer("order_buyers", o.buyer)
		if !o.paidAt.IsZero() {
			day.buyer("order_paid_buyers", o.buyer)
			if o.paidDt == o.createdDt {
				day.buyer("order_paid_buyers_same_day", o.buyer)
			}
		}
	}
}
