package reference

import (
	"time"

	"kefu/transform/transformtest/world"
)

// withinTurns returns the turns that reply_within of that day judges: turns
// paired for it where robots count, and always for the shop; else the human ones.
func (c *calc) withinTurns(p pair, d world.Date) []*turn {
	list := c.human[p]
	if p.agent == shopEntity || c.w.RulesAt(d).BotsAnswer() {
		list = c.own[p]
	}
	var out []*turn
	for _, t := range list {
		if t.counts() {
			out = append(out, t)
		}
	}
	return out
}

// inTime tells whether the turn was answered within the seconds, exactly.
func inTime(t *turn, rules *world.Rules) bool {
	return t.outcome == answered && t.answer.SentAt.Sub(t.openedAt()) <= time.Duration(rules.Within.Seconds)*time.Second
}

// turnsJudged returns the turns of a reception: of a group, those of its agents.
func (c *calc) turnsJudged(r *reception) []*turn {
	if !isGroup(r.agent) {
		return c.withinTurns(pair{r.agent, r.buyer}, r.dt)
	}
	var out []*turn
	for _, part := range r.parts {
		out = turnsInOrder(out, c.withinTurns(pair{part.agent, part.buyer}, r.dt))
	}
	return out
}

// replyWithin counts the units of one reception, for units person and turn.
func (c *calc) replyWithin(r *reception) (units, ok int64) {
	rules := c.w.RulesAt(r.dt)
	if rules.Within.Unit == "session" {
		return 0, 0
	}
	var judged []*turn
	for _, t := range c.turnsJudged(r) {
		if t.dt == r.dt && world.InHours(c.w.Local(t.openedAt()), rules.Within.From, rules.Within.To) {
			judged = append(judged, t)
		}
	}
	if len(judged) > 1 && rules.Within.FirstOnly {
		judged = judged[:1]
	}
	for _, t := range judged {
		units++
		if inTime(t, rules) {
			ok++
		}
	}
	if rules.Within.Unit == "person" && units > 0 {
		if ok == units {
			return 1, 1
		}
		return 1, 0
	}
	return units, ok
}

// sessionUnit judges one session, for unit session.
func (c *calc) sessionUnit(s *session) (units, ok int64) {
	rules := c.w.RulesAt(s.dt)
	if rules.Within.Unit != "session" || !world.InHours(c.w.Local(s.messages[0].SentAt), rules.Within.From, rules.Within.To) {
		return 0, 0
	}
	t := s.firstTurn(c.withinTurns(s.pair, s.dt))
	switch {
	case t == nil:
		return 0, 0
	case inTime(t, rules):
		return 1, 1
	default:
		return 1, 0
	}
}
