package reference

import (
	"slices"
	"sort"
	"time"

	"kefu/transform/transformtest/world"
)

// inquiry is a row of inquiries, at the agent's or the shop's grain.
type inquiry struct {
	rec                            *reception
	firstAt                        time.Time // first buyer message
	windowEnd                      world.Date
	reason, status                 string
	sameDay, final                 bool
	paidNext, paidFinal            bool
	behind                         []*order // of ordered_final
	boughtOther, boughtSilent, any bool     // orders in the window: another agent's, nobody's, at all
}

// buildInquiries decides agents' rows first, then the shop's.
func (c *calc) buildInquiries() {
	byPair := map[pair][]*inquiry{}
	for _, r := range c.receptions {
		if r.contactOnly() {
			continue
		}
		q := c.describe(r)
		q.reason = c.reasonOf(q)
		c.inquiries = append(c.inquiries, q)
		byPair[pair{r.agent, r.buyer}] = append(byPair[pair{r.agent, r.buyer}], q)
	}
	for _, s := range c.shops {
		if !s.received() {
			continue
		}
		q := c.describe(s)
		q.reason = c.shopReason(s)
		c.inquiries = append(c.inquiries, q)
		byPair[pair{shopEntity, s.buyer}] = append(byPair[pair{shopEntity, s.buyer}], q)
	}
	for _, list := range byPair {
		for _, q := range list {
			q.status = c.statusOf(q)
		}
		c.mergeLost(list)
	}
}

// describe computes the window and what was bought in it.
func (c *calc) describe(r *reception) *inquiry {
	q := &inquiry{rec: r, firstAt: r.firstBuyerAt()}
	q.windowEnd = r.dt + world.Date(c.w.RulesAt(r.dt).InquiryValidityDays) - 1
	if q.firstAt.IsZero() {
		return q
	}
	for _, o := range c.validOrders(r.buyer) {
		if o.CreatedAt.Before(q.firstAt) || !o.CreatedAt.Before(c.w.End(q.windowEnd)) {
			continue
		}
		q.any = true
		switch {
		case r.agent == shopEntity || o.orderAgent == r.agent:
			q.behind = append(q.behind, o)
		case o.orderAgent != "":
			q.boughtOther = true
		default:
			q.boughtSilent = true
		}
	}
	q.final = len(q.behind) > 0
	for _, o := range q.behind {
		q.sameDay = q.sameDay || o.createdDt == r.dt
		q.paidFinal = q.paidFinal || !o.paidAt.IsZero()
		q.paidNext = q.paidNext || (!o.paidAt.IsZero() && o.paidAt.Before(c.w.End(r.dt+1)))
	}
	return q
}

// reasonOf tests the exclusions of an agent's row in their order.
func (c *calc) reasonOf(q *inquiry) string {
	r, rules := q.rec, c.w.RulesAt(q.rec.dt)
	role := "both"
	if a := c.w.AgentRow(r.agent, r.dt); a != nil && a.Role != "" {
		role = a.Role
	}
	switch {
	case r.filter != "":
		return r.filter
	case r.botOnly():
		return "bot_only"
	case !slices.Contains(rules.InquiryRoles, role):
		return "role"
	case !q.any && c.boughtBefore(q):
		return "after_sales"
	case !q.any && c.orderPending(q):
		return "pending_order"
	case !q.any && !rules.AgentInitiatedCounts && c.agentInitiated(r):
		return "agent_initiated"
	case !rules.HandoverCounts && handedOverForGood(r):
		return "handed_over"
	default:
		return ""
	}
}

// shopReason is that of the earliest unfiltered reception when all have one.
func (c *calc) shopReason(s *reception) string {
	var earliest *inquiry
	for _, q := range c.inquiries {
		r := q.rec
		if r.agent == shopEntity || r.buyer != s.buyer || r.dt != s.dt || r.filter != "" {
			continue
		}
		if q.reason == "" {
			return ""
		}
		if earliest == nil || r.buyers[0].rank < earliest.rec.buyers[0].rank {
			earliest = q
		}
	}
	return earliest.reason
}

func (c *calc) boughtBefore(q *inquiry) bool {
	days := c.w.RulesAt(q.rec.dt).AfterSalesDays
	for _, o := range c.validOrders(q.rec.buyer) {
		if days > 0 && !o.paidAt.IsZero() && o.paidAt.Before(q.firstAt) && int(q.rec.dt-o.paidDt) <= days {
			return true
		}
	}
	return false
}

func (c *calc) orderPending(q *inquiry) bool {
	validity := c.w.RulesAt(q.rec.dt).InquiryValidityDays
	for _, o := range c.validOrders(q.rec.buyer) {
		closed := (o.Status == "closed_unpaid" || o.Status == "closed_refunded") && !o.EndedAt.After(q.firstAt)
		unpaid := o.paidAt.IsZero() || o.paidAt.After(q.firstAt)
		if o.CreatedAt.Before(q.firstAt) && int(o.createdDt) > int(q.rec.dt)-validity && unpaid && !closed {
			return true
		}
	}
	return false
}

// agentInitiated: the agent wrote first, or wrote within the days before and
// the buyer only now answers; not when the first message answers an open turn
// or follows a handover to the agent.
func (c *calc) agentInitiated(r *reception) bool {
	first := r.first()
	for _, t := range c.pairAgents(r.buyer, c.botCloses) {
		if t.outcome == answered && t.answer == first {
			return false
		}
	}
	for _, m := range c.streams[r.buyer] {
		if m.part == isTransfer && m.ToAgentID == r.agent && m.dt == r.dt && m.rank < first.rank {
			return false
		}
	}
	if first.part == byAgent {
		return true
	}
	days := world.Date(c.w.RulesAt(r.dt).AgentInitiatedDays)
	for d := r.dt - 1; d >= r.dt-days; d-- {
		older := c.byKey[receptionKey{r.agent, r.buyer, d}]
		if older == nil {
			continue
		}
		if older.received() {
			return false
		}
		if older.contactOnly() {
			return true
		}
	}
	return false
}

// handedOverForGood: the agent handed over and wrote nothing after.
func handedOverForGood(r *reception) bool {
	if len(r.transfers) == 0 {
		return false
	}
	last := r.transfers[len(r.transfers)-1]
	return len(r.manual) == 0 || r.manual[len(r.manual)-1].rank < last.rank
}

func (c *calc) statusOf(q *inquiry) string {
	switch {
	case q.reason != "":
		return ""
	case q.final && q.paidFinal:
		return "converted"
	case q.final:
		return "ordered_unpaid"
	case q.boughtOther:
		return "other_agent"
	case q.boughtSilent:
		return "ordered_silent"
	case c.horizon == 0 || q.windowEnd > c.horizon:
		return "open"
	default:
		return "lost"
	}
}

// mergeLost turns lost rows into merged ones when the next lost row of the same
// pair lies within their window.
func (c *calc) mergeLost(list []*inquiry) {
	sort.Slice(list, func(i, j int) bool { return list[i].rec.dt < list[j].rec.dt })
	var previous *inquiry
	for _, q := range list {
		if q.status != "lost" {
			continue
		}
		if previous != nil && q.rec.dt <= previous.windowEnd && c.w.RulesAt(previous.rec.dt).MergeLostAcrossDays {
			previous.status = "merged"
		}
		previous = q
	}
}
