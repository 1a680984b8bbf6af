package reference

import "time"

// reminder is what an agent did on a day for one buyer's silent orders.
type reminder struct {
	receptionKey
	at     time.Time
	order  *order
	isPaid bool
}

// remindBuyers finds the contacts after a silent order while its buyer was
// silent and had not paid.
func (c *calc) remindBuyers() {
	byKey := map[receptionKey]*reminder{}
	for _, o := range c.orders { // by creation
		if !o.valid || !o.linked || o.orderAgent != "" {
			continue
		}
		for _, m := range c.contacts(o.buyer, func(m *message) bool { return c.reminds(o, m) }) {
			k := receptionKey{m.AgentID, o.buyer, m.dt}
			r := byKey[k]
			if r == nil {
				r = &reminder{receptionKey: k, at: m.SentAt, order: o}
				byKey[k] = r
			}
			if m.SentAt.Before(r.at) {
				r.at, r.order = m.SentAt, o
			}
			r.isPaid = r.isPaid || (!o.paidAt.IsZero() && o.paidDt == m.dt)
		}
	}
	for _, r := range byKey {
		c.reminders = append(c.reminders, r)
	}
}

// reminds tells whether a contact with the order's buyer reminds of it.
func (c *calc) reminds(o *order, contact *message) bool {
	at := contact.SentAt
	latest := o.CreatedAt.Add(time.Duration(c.w.RulesAt(o.createdDt).RemindWithinHours) * time.Hour)
	if !at.After(o.CreatedAt) || at.After(latest) {
		return false
	}
	if !o.paidAt.IsZero() && !o.paidAt.After(at) {
		return false
	}
	if (o.Status == "closed_unpaid" || o.Status == "closed_refunded") && !o.EndedAt.After(at) {
		return false
	}
	for _, m := range c.streams[o.buyer] {
		if m.part == byBuyer && m.SentAt.After(o.CreatedAt) && !m.SentAt.After(at) {
			return false
		}
	}
	return true
}

// countReminders counts the buyers of agents, groups and the shop, and lists
// the reminders.
func (c *calc) countReminders() {
	for _, r := range c.reminders {
		for _, day := range c.owners(r.agent, r.dt) {
			day.buyer("reminded_buyers", r.buyer)
			if r.isPaid {
				day.buyer("reminded_paid_buyers", r.buyer)
			}
		}
		row := c.row()
		row["agent_id"], row["buyer_id"], row["dt"] = r.agent, r.buyer, r.dt
		row["reminded_at"], row["order_id"], row["paid_same_day"] = r.at, r.order.ID, r.isPaid
		c.add("reminders", row)
	}
}
