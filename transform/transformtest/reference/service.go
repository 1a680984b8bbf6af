package reference

import (
	"slices"
	"time"
	"unicode/utf8"

	"kefu/transform/transformtest/world"
)

// replied: a person wrote on the day or a turn of the day was answered; a robot
// does where it serves too.
func (c *calc) replied(r *reception) bool {
	for _, t := range r.turns {
		if t.outcome == answered {
			return true
		}
	}
	return len(r.manual) > 0 || (c.w.RulesAt(r.dt).ServedBy == "human_and_bot" && len(r.bots) > 0)
}

// leavesReplyRate: unreplied, but what was open was handed over, to another group
// where it is a group's. For the shop the buyer stays without a reply.
func (c *calc) leavesReplyRate(r *reception) bool {
	handed := false
	for _, t := range r.turns {
		switch t.outcome {
		case unanswered:
			return false
		case handedOver:
			handed = handed || !isGroup(r.agent) || c.groupOf(t.handedTo, t.dt) != r.agent
		default:
		}
	}
	return handed && !c.replied(r) && r.agent != shopEntity
}

func (c *calc) unreplied(r *reception) bool {
	return r.received() && !c.replied(r) && !c.leavesReplyRate(r)
}

// firstTurn skips turns that robots or handovers took away.
func (r *reception) firstTurn() *turn {
	for _, t := range r.turns {
		if t.counts() {
			return t
		}
	}
	return nil
}

func overLimit(t *turn, rules *world.Rules) bool {
	return t.outcome == unanswered || (t.outcome == answered && t.seconds > rules.SlowSeconds)
}

// slow judges the turns of a received reception by slow_response.
func (c *calc) slow(r *reception) bool {
	rules := c.w.RulesAt(r.dt)
	var over, open, n, sum int64
	for _, t := range r.turns {
		if overLimit(t, rules) {
			over++
		}
		switch t.outcome {
		case unanswered:
			open++
		case answered:
			n, sum = n+1, sum+t.seconds
		default:
		}
	}
	if !r.received() || n+open == 0 {
		return false
	}
	switch rules.SlowScope {
	case "first":
		return overLimit(r.firstTurn(), rules)
	case "average":
		return open > 0 || sum > rules.SlowSeconds*n
	default:
		return over >= int64(rules.SlowTimes)
	}
}

// countService adds consultations, receptions, turns and reply_within.
func (c *calc) countService() {
	for _, m := range c.messages {
		if m.part != byBuyer {
			continue
		}
		days := []*tally{c.day(shopEntity, m.dt)}
		if !m.botAccount {
			days = c.owners(m.AgentID, m.dt)
		}
		for _, day := range days {
			day.buyer("consulted_buyers", m.BuyerID)
		}
	}
	for _, r := range slices.Concat(c.receptions, c.groups, c.shops) {
		if r.filter == "" {
			c.countReception(c.day(r.agent, r.dt), r)
		}
	}
	for _, s := range c.sessions {
		units, ok := c.sessionUnit(s)
		if units == 0 {
			continue
		}
		days := []*tally{c.day(s.agent, s.dt)}
		if s.agent != shopEntity {
			days = append(days, c.day(c.groupOf(s.agent, s.dt), s.dt))
		}
		for _, day := range days {
			day.count("reply_within_units", units)
			day.count("reply_within_ok", ok)
		}
	}
}

func (c *calc) countReception(day *tally, r *reception) {
	rules := c.w.RulesAt(r.dt)
	day.count("receptions", 1)
	day.when(len(r.transfers) > 0, "handed_over_receptions")
	day.count("buyer_messages", int64(len(r.buyers)))
	day.count("agent_messages", int64(len(r.manual)))
	for _, m := range r.manual {
		if m.TextLen != nil {
			day.count("agent_chars", *m.TextLen)
		} else {
			day.count("agent_chars", int64(utf8.RuneCountInString(m.Text)))
		}
	}
	lasted := r.last().SentAt.Sub(r.first().SentAt)
	day.when(lasted > time.Duration(rules.LongReceptionMinutes)*time.Minute, "long_receptions")
	for _, t := range r.turns {
		if t.outcome == answered {
			day.count("response_turns", 1)
			day.count("response_sum_s", t.seconds)
			day.when(t.seconds <= 10, "quick_turns")
			day.turns = append(day.turns, t.seconds)
		}
	}
	if t := r.firstTurn(); t != nil && t.outcome == answered {
		day.count("first_response_turns", 1)
		day.count("first_response_sum_s", t.seconds)
	}
	units, ok := c.replyWithin(r)
	day.count("reply_within_units", units)
	day.count("reply_within_ok", ok)
	if !r.received() {
		return
	}
	day.buyer("received_buyers", r.buyer)
	day.when(c.replied(r), "replied_buyers")
	day.when(c.unreplied(r), "unreplied_buyers")
	day.when(c.slow(r), "slow_buyers")
}

// writeServiceLists writes slow_responses and unreplied.
func (c *calc) writeServiceLists() {
	for _, r := range c.receptions {
		if r.filter != "" || !r.received() {
			continue
		}
		if c.unreplied(r) {
			row := c.pairRow(r)
			row["buyer_messages"] = int64(len(r.buyers))
			row["first_buyer_at"], row["last_buyer_at"] = r.buyers[0].SentAt, r.buyers[len(r.buyers)-1].SentAt
			c.add("unreplied", row)
		}
		if !c.slow(r) {
			continue
		}
		for _, t := range r.turns {
			if !overLimit(t, c.w.RulesAt(r.dt)) {
				continue
			}
			row := c.pairRow(r)
			row["opened_at"], row["message_id"] = t.openedAt(), t.opening.ID
			row["replied_at"], row["response_seconds"] = nil, nil
			if t.outcome == answered {
				row["replied_at"], row["response_seconds"] = t.answer.SentAt, t.seconds
			}
			c.add("slow_responses", row)
		}
	}
}

func (c *calc) pairRow(r *reception) Row {
	row := c.row()
	row["agent_id"], row["buyer_id"], row["dt"] = r.agent, r.buyer, r.dt
	return row
}
