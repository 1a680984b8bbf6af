package reference

import (
	"time"

	"kefu/transform/transformtest/world"
)

// session is a stretch of conversation without a long silence.
type session struct {
	pair
	dt       world.Date
	messages []*message
}

// splitSessions cuts the streams of every (agent, buyer), and of every buyer
// for the shop, into sessions.
func (c *calc) splitSessions() {
	lists := map[pair][]*message{}
	for _, m := range c.messages {
		if c.exists(m) && c.inSession(m) {
			lists[pair{m.AgentID, m.BuyerID}] = append(lists[pair{m.AgentID, m.BuyerID}], m)
			lists[pair{shopEntity, m.BuyerID}] = append(lists[pair{shopEntity, m.BuyerID}], m)
		}
	}
	for p, list := range lists {
		for _, s := range c.sessionsOf(list) {
			s.pair = p
			c.sessions = append(c.sessions, s)
		}
	}
}

// inSession: buyers' and manual messages, robots' where they count on that day.
func (c *calc) inSession(m *message) bool {
	return m.part == byBuyer || m.part == byAgent || (m.part == byBot && c.w.RulesAt(m.dt).BotsAnswer())
}

func (c *calc) sessionsOf(list []*message) []*session {
	var out []*session
	var current *session
	for _, m := range list {
		if current != nil {
			silence := m.SentAt.Sub(current.messages[len(current.messages)-1].SentAt)
			if silence > time.Duration(c.w.RulesAt(current.dt).SessionGapMinutes)*time.Minute {
				current = nil
			}
		}
		if current == nil {
			current = &session{dt: m.dt}
			out = append(out, current)
		}
		current.messages = append(current.messages, m)
	}
	return out
}

// firstTurn returns the earliest of the turns that opened in the session,
// or nil.
func (s *session) firstTurn(turns []*turn) *turn {
	first, last := s.messages[0], s.messages[len(s.messages)-1]
	for _, t := range turns {
		if first.rank <= t.opening.rank && t.opening.rank <= last.rank {
			return t
		}
	}
	return nil
}
