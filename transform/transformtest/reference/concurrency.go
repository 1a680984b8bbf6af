package reference

import (
	"time"
)

// countConcurrency finds how many buyers had an open turn at once: of each
// agent, and of a group or the shop the sum of its agents'.
func (c *calc) countConcurrency() {
	open := map[entityDay][]interval{}
	for p, turns := range c.human {
		for _, part := range union(c.openTimes(turns)) {
			for d := c.w.Dt(part.from); d <= c.w.Dt(part.to)+1; d++ {
				i := cut(part, c.w.Start(d), c.w.End(d))
				if i.empty() {
					continue
				}
				for _, entity := range c.entities(p.agent, d) {
					open[entityDay{entity, d}] = append(open[entityDay{entity, d}], i)
				}
			}
		}
	}
	for k, list := range open {
		c.day(k.entity, k.dt).open = list
	}
}

// openTimes are the times from opening to answer, without one to the end of the
// session; turns that robots or handovers took away are left out.
func (c *calc) openTimes(turns []*turn) []interval {
	var out []interval
	for _, t := range turns {
		i := interval{from: t.openedAt(), to: t.openedAt()}
		switch t.outcome {
		case answered:
			i.to = t.answer.SentAt
		case unanswered:
			i.to = c.sessionEnd(t)
		default:
		}
		if !i.empty() {
			out = append(out, i)
		}
	}
	return out
}

// sessionEnd is the last message of the session in which the turn opened; a
// turn that no session holds ends as it opens.
func (c *calc) sessionEnd(t *turn) time.Time {
	for _, s := range c.sessions {
		if s.agent != t.agent || s.buyer != t.buyer {
			continue
		}
		first, last := s.messages[0], s.messages[len(s.messages)-1]
		if first.rank <= t.opening.rank && t.opening.rank <= last.rank {
			return last.SentAt
		}
	}
	return t.openedAt()
}

// fillConcurrency writes the most at any moment, and the mean over the time in
// which there was any.
func fillConcurrency(r Row, list []interval) {
	r["concurrency_max"], r["concurrency_avg"] = int64(0), nil
	var all time.Duration
	for _, i := range list {
		all += i.length()
		together := int64(0)
		for _, o := range list {
			if !o.from.After(i.from) && i.from.Before(o.to) {
				together++
			}
		}
		r["concurrency_max"] = max(r["concurrency_max"].(int64), together)
	}
	var busy time.Duration
	for _, i := range union(append([]interval(nil), list...)) {
		busy += i.length()
	}
	if busy > 0 {
		r["concurrency_avg"] = float64(all.Microseconds()) / float64(busy.Microseconds())
	}
}
