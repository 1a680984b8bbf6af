package world

import (
	"fmt"
	"time"
)

// cases draws cases: late and never answered, of nobody, of others' orders,
// repeated at exactly the limit.
func (g *generator) cases() {
	for i := range g.between(0, 8) {
		c := Case{
			ID: fmt.Sprintf("case%d", i), BuyerID: pick(g, append(g.buyers, "", "silent1")...), Status: "open",
			AgentID: pick(g, append(g.agents, "")...), Type: pick(g, "", "物流", "质量"), Transferred: g.chance(25),
			OpenedAt: g.caseTime(),
		}
		if len(g.w.Orders) > 0 && g.chance(60) {
			o := pick(g, g.w.Orders...)
			c.OrderID = o.ID
			if g.chance(70) {
				c.BuyerID = pick(g, o.BuyerID, o.BuyerID, "")
			}
			if g.chance(40) {
				c.OpenedAt = o.CreatedAt.Add(time.Duration(g.between(0, 500000)) * time.Second)
			}
		}
		if g.chance(10) {
			c.OrderID = "unknown"
		}
		g.follow(&c)
		g.settle(&c)
		g.w.Cases = append(g.w.Cases, c)
	}
}

// follow opens the case a limit after another one of the same buyer, or before
// one of his payments, now and then.
func (g *generator) follow(c *Case) {
	if n := len(g.w.Cases); n > 0 && g.chance(35) {
		before := g.w.Cases[n-1]
		days := g.w.RulesAt(g.w.Dt(before.OpenedAt)).RepeatContactDays
		c.BuyerID, c.Type = before.BuyerID, before.Type
		c.OpenedAt = before.OpenedAt.Add(time.Duration(days)*24*time.Hour + pick(g, 0, 0, -time.Microsecond, time.Microsecond))
		return
	}
	if len(g.w.Orders) == 0 || g.chance(60) {
		return
	}
	o := pick(g, g.w.Orders...)
	if o.PaidAt.IsZero() {
		return
	}
	days := time.Duration(g.w.RulesAt(g.w.Dt(o.PaidAt)).RetentionDays) * 24 * time.Hour
	c.BuyerID = o.BuyerID
	c.OpenedAt = o.PaidAt.Add(pick(g, 0, -time.Microsecond, -days, -days-time.Microsecond, -time.Hour))
}

func (g *generator) caseTime() time.Time {
	if len(g.w.Messages) > 0 && g.chance(50) {
		return pick(g, g.w.Messages...).SentAt
	}
	return g.moment()
}

// settle draws the reply, the resolution and the score, beside the limits.
func (g *generator) settle(c *Case) {
	rules := g.w.RulesAt(g.w.Dt(c.OpenedAt))
	edge := pick(g, 0, 0, time.Microsecond, -time.Second, time.Hour)
	if g.chance(75) {
		c.FirstReplyAt = c.OpenedAt.Add(time.Duration(rules.SLAFirstReplyMinutes)*time.Minute + edge)
		if c.FirstReplyAt.Before(c.OpenedAt) || g.chance(40) {
			c.FirstReplyAt = c.OpenedAt.Add(time.Duration(g.between(0, 100)) * time.Second)
		}
	}
	if g.chance(60) {
		c.Status = pick(g, "resolved", "closed")
		c.ResolvedAt = c.OpenedAt.Add(time.Duration(g.between(0, 300000))*time.Second + 3*time.Microsecond)
		if g.chance(40) {
			c.ResolvedAt = c.OpenedAt.Add(time.Duration(rules.SLAResolveHours)*time.Hour + pick(g, 0, time.Microsecond))
		}
	}
	if g.chance(50) {
		c.NPS = number(int64(pick(g, 0, 6, 7, 8, 9, 10)))
	}
}

// events draws look-ups and trainings; more than one agent is trained at times,
// exactly training_days apart or not.
func (g *generator) events() {
	for i := range g.between(0, 10) {
		e := AgentEvent{ID: fmt.Sprintf("ev%d", i), AgentID: pick(g, g.agents...), Kind: pick(g, "kb_lookup", "kb_lookup", "training"), At: g.moment()}
		if len(g.w.Cases) > 0 && g.chance(50) {
			e.CaseID = pick(g, g.w.Cases...).ID
		}
		if n := len(g.w.Events); n > 0 && g.chance(30) {
			days := g.w.RulesAt(g.w.Dt(g.w.Events[n-1].At)).TrainingDays
			e.Kind, e.At = "training", g.w.Events[n-1].At.Add(time.Duration(days+g.between(-1, 1))*24*time.Hour)
		}
		g.w.Events = append(g.w.Events, e)
	}
}

// followAdvice lets buyers order what an agent recommended: at that very moment
// or after it, together with other things, paid on the day or not.
func (g *generator) followAdvice() {
	for i, m := range g.w.Messages {
		if m.Sender != "agent" || m.ProductID == "" || g.chance(40) {
			continue
		}
		o := Order{
			ID: fmt.Sprintf("r%d", i), BuyerID: m.BuyerID, Status: "paid", Amount: number(8000), PaidAmount: number(int64(g.between(0, 9999))),
			CreatedAt: m.SentAt.Add(pick(g, 0, time.Microsecond, time.Minute, time.Hour)),
		}
		o.PaidAt = o.CreatedAt.Add(time.Duration(g.between(0, 9000)) * time.Second)
		g.w.Orders = append(g.w.Orders, o)
		for j := range g.between(1, 4) {
			item := OrderItem{OrderID: o.ID, ItemID: fmt.Sprintf("i%d", g.between(1, 9)*10+j), ProductID: pick(g, m.ProductID, m.ProductID, "p2", "p4", "p9", "")}
			if g.chance(70) {
				item.Quantity = number(int64(g.between(0, 3)))
			}
			if g.chance(25) {
				item.Amount = number(int64(pick(g, 0, 100, 3333, 9999)))
			}
			g.w.Items = append(g.w.Items, item)
		}
	}
}
