package reference

import (
	"time"

	"kefu/transform/transformtest/world"
)

type receptionKey struct {
	agent, buyer string
	dt           world.Date
}

// pair names the stream of an agent, or of the shop, with a buyer.
type pair struct{ agent, buyer string }

// reception is (agent, buyer, day), or (buyer, day) for a group or the shop, whose
// agent is the entity and whose parts are its agents' unfiltered receptions.
type reception struct {
	receptionKey
	buyers, manual, bots, transfers []*message // each in the order of messages
	filter                          string     // the rule that drops it
	parts                           []*reception

	turns       []*turn // human turns that opened on the day, in order
	anyReceived bool    // pooled: some agent's reception is received
}

// buildReceptions groups counted messages into receptions, applies the filters
// and keeps per buyer the stream of what still exists.
func (c *calc) buildReceptions() {
	for _, m := range c.messages {
		if m.botAccount || (m.part != byBuyer && m.part != byAgent) {
			continue
		}
		k := receptionKey{m.AgentID, m.BuyerID, m.dt}
		r := c.byKey[k]
		if r == nil {
			r = &reception{receptionKey: k}
			c.byKey[k] = r
			c.receptions = append(c.receptions, r)
		}
		if m.part == byBuyer {
			r.buyers = append(r.buyers, m)
		} else {
			r.manual = append(r.manual, m)
		}
	}
	for _, m := range c.messages {
		r := c.byKey[receptionKey{m.AgentID, m.BuyerID, m.dt}]
		if r == nil || m.botAccount {
			continue
		}
		switch m.part {
		case isTransfer:
			r.transfers = append(r.transfers, m)
		case byBot:
			r.bots = append(r.bots, m)
		default:
		}
	}
	for _, r := range c.receptions {
		r.filter = c.filterOf(r)
	}
	for _, m := range c.messages {
		if c.exists(m) {
			c.streams[m.BuyerID] = append(c.streams[m.BuyerID], m)
		}
	}
}

// filterOf returns the first reception filter that drops the reception.
func (c *calc) filterOf(r *reception) string {
	rules := c.w.RulesAt(r.dt)
	words := 0
	for _, m := range r.manual {
		if c.w.HasWatchword(m.ChatMessage) {
			words++
		}
	}
	said := len(r.buyers)
	switch {
	case rules.FilterMonologue > 0 && said > 0 && said <= rules.FilterMonologue:
		return "filter_monologue_buyer_messages"
	case rules.FilterSingleSentence > 0 && said == 1 && len(r.manual) >= rules.FilterSingleSentence:
		return "filter_single_sentence_agent_messages"
	case rules.FilterWatchword != "" && rules.FilterWatchwordTimes > 0 && words >= rules.FilterWatchwordTimes:
		return "filter_watchword"
	case rules.HandoverMax > 0 && len(r.transfers) > 0 && len(r.manual) <= rules.HandoverMax:
		return "handover_max_agent_messages"
	default:
		return ""
	}
}

// exists tells whether the message takes part in the streams: a message of a
// filtered reception or of a robot's own account does not, but the handover of
// a robot's account does.
func (c *calc) exists(m *message) bool {
	if m.part == isNothing || (m.botAccount && m.part != isTransfer) {
		return false
	}
	r := c.byKey[receptionKey{m.AgentID, m.BuyerID, m.dt}]
	return r == nil || r.filter == "" || m.botAccount
}

// buildPooledReceptions unites the unfiltered receptions of a buyer's day, for
// each group of the day and for the shop.
func (c *calc) buildPooledReceptions() {
	byKey := map[receptionKey]*reception{}
	for _, r := range c.receptions {
		if r.filter != "" {
			continue
		}
		for _, entity := range []string{c.groupOf(r.agent, r.dt), shopEntity} {
			k := receptionKey{entity, r.buyer, r.dt}
			p := byKey[k]
			if p == nil {
				p = &reception{receptionKey: k}
				byKey[k] = p
				if entity == shopEntity {
					c.shops = append(c.shops, p)
				} else {
					c.groups = append(c.groups, p)
				}
			}
			p.pool(r)
		}
	}
	for buyer := range c.streams {
		for _, t := range c.pairShop(buyer) {
			if byKey[receptionKey{shopEntity, buyer, t.dt}] != nil {
				c.own[pair{shopEntity, buyer}] = append(c.own[pair{shopEntity, buyer}], t)
			}
		}
	}
}

// pool adds what an agent's reception holds to that of his group or shop.
func (r *reception) pool(part *reception) {
	r.parts = append(r.parts, part)
	r.buyers = inOrder(r.buyers, part.buyers)
	r.manual = inOrder(r.manual, part.manual)
	r.bots = inOrder(r.bots, part.bots)
	r.transfers = inOrder(r.transfers, part.transfers)
	r.turns = turnsInOrder(r.turns, part.turns)
	r.anyReceived = r.anyReceived || part.received()
}

// received tells whether the reception has a buyer's message and people, not
// only robots, had to serve it.
func (r *reception) received() bool {
	if isPooled(r.agent) {
		return r.anyReceived
	}
	return r.filter == "" && len(r.buyers) > 0 && !r.botOnly()
}

// contactOnly tells whether only the agent wrote.
func (r *reception) contactOnly() bool { return r.filter == "" && len(r.buyers) == 0 }

// botOnly tells whether a robot served every turn and no person wrote.
func (r *reception) botOnly() bool {
	if len(r.manual) > 0 || len(r.turns) == 0 {
		return false
	}
	for _, t := range r.turns {
		if t.outcome != botServed {
			return false
		}
	}
	return true
}

// first and last return the ends of the counted buyer and manual messages.
func (r *reception) first() *message { return inOrder(r.buyers, r.manual)[0] }
func (r *reception) last() *message {
	all := inOrder(r.buyers, r.manual)
	return all[len(all)-1]
}

// firstBuyerAt is zero when the buyer wrote nothing.
func (r *reception) firstBuyerAt() time.Time {
	if len(r.buyers) == 0 {
		return time.Time{}
	}
	return r.buyers[0].SentAt
}

// inOrder merges two lists by the order of messages.
func inOrder(a, b []*message) []*message {
	out := make([]*message, 0, len(a)+len(b))
	for len(a) > 0 && len(b) > 0 {
		if a[0].rank < b[0].rank {
			out, a = append(out, a[0]), a[1:]
		} else {
			out, b = append(out, b[0]), b[1:]
		}
	}
	return append(append(out, a...), b...)
}
