package world

import (
	"fmt"
	"strings"
	"time"
)

// orders draws orders beside messages and at the edges of days and limits.
func (g *generator) orders() {
	for i := range g.between(3, 16) {
		o := Order{ID: fmt.Sprintf("o%d", i+1), BuyerID: g.orderBuyer(), PayType: pick(g, "online", "online", "online", "cod", "staged", "other", "")}
		o.CreatedAt = g.orderTime(o.BuyerID)
		o.Amount = number(int64(pick(g, 0, 1, 4999, 5000, 10000, 12345)))
		if g.chance(85) {
			o.PaidAmount = number(int64(pick(g, 0, 1, 100, 9999, 10001, 123456)))
		}
		if g.chance(75) {
			o.Quantity = number(int64(g.between(0, 3)))
		}
		if g.chance(20) {
			o.Tags = pick(g, []string{"red"}, []string{"blue", "red"}, []string{"redish"})
		}
		g.pay(&o)
		g.remind(&o)
		g.w.Orders = append(g.w.Orders, o)
		for j := range g.between(0, 3) {
			item := OrderItem{OrderID: o.ID, ItemID: fmt.Sprintf("i%d", j+1), ProductID: pick(g, "p1", "p2", "p3", "")}
			if g.chance(80) {
				item.Quantity = number(int64(g.between(0, 3)))
			}
			if g.chance(35) {
				item.Amount = number(int64(pick(g, 0, 100, 3333, 9999)))
			}
			g.w.Items = append(g.w.Items, item)
		}
	}
}

// orderBuyer returns a buyer's id, a masked one, or none.
func (g *generator) orderBuyer() string {
	id := pick(g, g.buyers...)
	switch n := g.r.IntN(100); {
	case n < 65:
		return id
	case n < 66:
		return "nobody-in-chat"
	case n < 76:
		return pick(g, "silent1", "silent2")
	case n < 79:
		return ""
	case n < 82:
		return pick(g, "z****99", "j****23", "小***88")
	default:
		runes := []rune(id)
		p, s := min(g.between(1, 2), len(runes)), g.between(0, 2)
		s = min(s, len(runes)-p)
		return string(runes[:p]) + strings.Repeat("*", g.between(1, 4)) + string(runes[len(runes)-s:])
	}
}

// orderTime returns a time at, just beside or some time after a message.
func (g *generator) orderTime(buyer string) time.Time {
	if len(g.w.Messages) == 0 || g.chance(25) {
		return g.moment()
	}
	at := g.talkOf(buyer)
	dt := g.w.Dt(at)
	rules := g.w.RulesAt(dt)
	switch g.r.IntN(9) {
	case 0:
		return at
	case 1:
		return at.Add(pick(g, time.Microsecond, -time.Microsecond, time.Second))
	case 2: // ends of the inquiry's window
		return g.w.End(dt + Date(rules.InquiryValidityDays) - 1).Add(pick(g, 0, -time.Microsecond))
	case 3:
		return at.Add(-time.Duration(rules.RemindAfterMinutes) * time.Minute)
	case 4:
		return at.Add(-time.Duration(rules.RemindWithinHours) * time.Hour)
	case 5: // before the message, for it to meet an open or a paid order
		return at.Add(-time.Duration(g.between(1, 200000)) * time.Second)
	default:
		return at.Add(time.Duration(g.between(-7200, 36000)) * time.Second)
	}
}

// pendings draws orders of the days before a buyer's message that are paid,
// closed or still open at exactly that message.
func (g *generator) pendings() {
	for i := range g.between(0, 3) {
		if len(g.w.Messages) == 0 {
			return
		}
		m := pick(g, g.w.Messages...)
		o := Order{
			ID: fmt.Sprintf("q%d", i), BuyerID: m.BuyerID, PayType: "online", Status: "closed_unpaid", Amount: number(6000),
			PaidAmount: number(6000), CreatedAt: m.SentAt.Add(-time.Duration(g.between(1, 30)) * time.Hour),
		}
		edge := m.SentAt.Add(pick(g, 0, 0, -time.Microsecond, time.Microsecond))
		switch g.r.IntN(4) {
		case 0:
			o.Status = "created"
		case 1:
			o.Status, o.PaidAt = "paid", edge
		default:
			o.EndedAt = edge
		}
		g.w.Orders = append(g.w.Orders, o)
	}
}

// talkOf returns the time of a message of the buyer, of anyone's where he wrote
// none.
func (g *generator) talkOf(buyer string) time.Time {
	var own []time.Time
	for _, m := range g.w.Messages {
		if m.BuyerID == buyer && m.Sender == "buyer" {
			own = append(own, m.SentAt)
		}
	}
	if len(own) == 0 {
		return pick(g, g.w.Messages...).SentAt
	}
	return pick(g, own...)
}

// remind lets an agent write to the buyer of a silent order, beside the limits
// of reminders and follow-ups.
func (g *generator) remind(o *Order) {
	if !strings.HasPrefix(o.BuyerID, "silent") || g.chance(20) {
		return
	}
	rules := g.w.RulesAt(g.w.Dt(o.CreatedAt))
	at := o.CreatedAt.Add(pick(g, time.Duration(rules.RemindAfterMinutes)*time.Minute, time.Duration(rules.RemindWithinHours)*time.Hour))
	if o.PaidAt.Equal(o.CreatedAt) || (!o.PaidAt.IsZero() && g.chance(50)) {
		rules = g.w.RulesAt(g.w.Dt(o.PaidAt))
		at = o.PaidAt.Add(pick(g, time.Second, time.Duration(rules.FollowUpMinutes)*time.Minute))
	}
	at = at.Add(pick(g, 0, 0, -time.Microsecond, time.Microsecond))
	g.add(ChatMessage{SentAt: at, BuyerID: o.BuyerID, AgentID: pick(g, g.agents...), Sender: "agent", Kind: "text", Text: "在吗"})
}

// pay draws payment, shipping and closing.
func (g *generator) pay(o *Order) {
	dt := g.w.Dt(o.CreatedAt)
	rules := g.w.RulesAt(dt)
	o.Status = "created"
	if g.chance(75) {
		switch g.r.IntN(8) {
		case 0:
			o.PaidAt = o.CreatedAt
		case 1:
			o.PaidAt = g.w.End(dt + 1).Add(pick(g, 0, -time.Microsecond))
		case 2:
			o.PaidAt = o.CreatedAt.Add(60 * 24 * time.Hour)
		case 3:
			o.PaidAt = o.CreatedAt.Add(time.Duration(g.between(1, 10*86400)) * time.Second)
		default:
			o.PaidAt = o.CreatedAt.Add(time.Duration(g.between(1, 40000)) * time.Second)
		}
		o.Status = "paid"
		if len(g.w.Messages) > 0 && g.chance(25) {
			if at := g.talkOf(o.BuyerID); at.After(o.CreatedAt) {
				o.PaidAt = at
			}
		}
	}
	base := o.PaidAt
	if o.PayType == "cod" {
		base = o.CreatedAt
		if g.chance(70) {
			o.PaidAt = time.Time{}
		}
	}
	if !base.IsZero() && g.chance(65) {
		outbound := time.Duration(rules.OutboundDays) * 24 * time.Hour
		o.ShippedAt = base.Add(pick(g, 0, outbound, outbound+time.Microsecond, 5*time.Hour, 30*time.Hour))
		o.Status = "shipped"
	}
	if g.chance(15) {
		o.Status = pick(g, "closed_unpaid", "closed_refunded")
		if g.chance(70) {
			o.EndedAt = o.CreatedAt.Add(time.Duration(g.between(0, 200000)) * time.Second)
			if len(g.w.Messages) > 0 && g.chance(50) {
				if at := g.talkOf(o.BuyerID); at.After(o.CreatedAt) {
					o.EndedAt = at
				}
			}
		}
	}
}

// nameOrders lets some messages name orders, now and then another buyer's.
func (g *generator) nameOrders() {
	if len(g.w.Messages) == 0 {
		return
	}
	for range g.between(0, 3) {
		m, o := &g.w.Messages[g.r.IntN(len(g.w.Messages))], pick(g, g.w.Orders...)
		if m.Kind == "text" && (m.BuyerID == o.BuyerID || g.chance(40)) {
			m.Kind, m.OrderID = "order", o.ID
		}
	}
}

// afterSales draws refunds and complaints: partial, late, disputed, exchanged,
// of unknown orders.
func (g *generator) afterSales() {
	for i := range g.between(0, 7) {
		o := pick(g, g.w.Orders...)
		r := Refund{ID: fmt.Sprintf("r%d", i), OrderID: o.ID, ItemID: "i1", BuyerID: o.BuyerID, Status: "open"}
		if g.chance(12) {
			r.OrderID, r.BuyerID = "unknown", pick(g, g.buyers...)
		}
		r.Type = pick(g, "refund_only", "return_refund", "exchange", "other", "")
		r.RequestedAt = o.CreatedAt.Add(time.Duration(g.between(0, pick(g, 100000, 1000000, 4000000))) * time.Second)
		if g.chance(90) {
			r.Amount = number(int64(pick(g, 1, 333, 5000, 10001)))
		}
		if g.chance(70) {
			r.Status = pick(g, "succeeded", "succeeded", "closed", "open")
			r.CompletedAt = r.RequestedAt.Add(time.Duration(g.between(0, 900000))*time.Second + 7*time.Microsecond)
			r.ClosedBy = pick(g, "merchant", "platform", "buyer", "system", "")
		} else if g.chance(20) {
			r.Status = "succeeded"
		}
		if g.chance(20) {
			r.DisputedAt = r.RequestedAt.Add(time.Duration(g.between(0, 300000)) * time.Second)
		}
		g.w.Refunds = append(g.w.Refunds, r)
	}
	for i := range g.between(0, 5) {
		o := pick(g, g.w.Orders...)
		c := Complaint{ID: fmt.Sprintf("c%d", i), OrderID: o.ID, ItemID: pick(g, "i1", "i2", ""), BuyerID: o.BuyerID}
		if g.chance(25) {
			c.OrderID, c.ItemID = "", ""
		}
		c.CreatedAt = o.CreatedAt.Add(time.Duration(g.between(0, 1000000)) * time.Second)
		g.w.Complaints = append(g.w.Complaints, c)
	}
}

// ratings draws order ratings of few buyers in few months.
func (g *generator) ratings() {
	seen := map[string]bool{}
	for range g.between(0, 9) {
		o := pick(g, g.w.Orders...)
		r := OrderRating{OrderID: o.ID, ItemID: pick(g, "i1", "i2", "i3"), BuyerID: pick(g, o.BuyerID, pick(g, g.buyers...), "")}
		if seen[r.OrderID+r.ItemID] {
			continue
		}
		seen[r.OrderID+r.ItemID] = true
		r.RatedAt = o.CreatedAt.Add(time.Duration(g.between(0, pick(g, 86400, 30*86400))) * time.Second)
		if g.chance(20) {
			r.RatedAt = g.w.Start(g.w.Dt(r.RatedAt).Month())
		}
		r.ServiceScore, r.ItemScore, r.LogisticsScore = int64(g.between(0, 5)), int64(g.between(0, 5)), int64(g.between(1, 5))
		g.w.Ratings = append(g.w.Ratings, r)
	}
}
