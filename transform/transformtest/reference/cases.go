package reference

import (
	"math/big"
	"time"

	"kefu/transform/transformtest/world"
)

// caseBuyer is the case's own buyer unless masked, else its order's, as far as
// that one would be known again.
func (c *calc) caseBuyer(s *world.Case) string {
	if s.BuyerID != "" && !isMasked(s.BuyerID) {
		return s.BuyerID
	}
	if o := c.orderByID[s.OrderID]; o != nil && o.linked {
		return o.buyer
	}
	return ""
}

// countedCases are those whose agent counts on the day of the opening.
func (c *calc) countedCases() []*world.Case {
	var out []*world.Case
	for i := range c.w.Cases {
		if s := &c.w.Cases[i]; !c.w.ExcludesAgent(s.AgentID, c.w.Dt(s.OpenedAt)) {
			out = append(out, s)
		}
	}
	return out
}

// countCases adds cases to the days on which they were opened.
func (c *calc) countCases() {
	types := map[world.Date]map[string]int64{}
	for _, s := range c.countedCases() {
		dt := c.w.Dt(s.OpenedAt)
		for _, day := range c.owners(s.AgentID, dt) {
			c.countCase(day, s)
		}
		if types[dt] == nil {
			types[dt] = map[string]int64{}
		}
		types[dt][s.Type]++
	}
	for dt, numbers := range types {
		if dt > c.lastDt {
			continue
		}
		var all int64
		for _, n := range numbers {
			all += n
		}
		for kind, n := range numbers {
			row := c.row()
			row["dt"], row["type"], row["cases"], row["share"] = dt, kind, n, ratio(whole(n), whole(all))
			c.add("case_types", row)
		}
	}
}

func (c *calc) countCase(day *tally, s *world.Case) {
	day.count("cases_opened", 1)
	if !s.ResolvedAt.IsZero() {
		day.count("cases_resolved", 1)
		day.amount("resolution_hours_sum", hoursOf(s.ResolvedAt.Sub(s.OpenedAt)))
	}
	met, due := c.slaOf(s)
	day.when(met, "sla_met_cases")
	day.when(due, "sla_due_cases")
	day.when(s.Transferred, "transferred_cases")
	day.when(c.isRepeated(s), "repeat_cases")
	if s.NPS != nil {
		day.count("nps_responses", 1)
		day.when(*s.NPS >= 9, "nps_promoters")
		day.when(*s.NPS <= 6, "nps_detractors")
	}
}

// slaOf: met when reply and resolution came within their limits; due when met,
// or when a limit that was missed lies before the end of the horizon.
func (c *calc) slaOf(s *world.Case) (met, due bool) {
	rules := c.w.RulesAt(c.w.Dt(s.OpenedAt))
	replyBy := s.OpenedAt.Add(time.Duration(rules.SLAFirstReplyMinutes) * time.Minute)
	resolveBy := s.OpenedAt.Add(time.Duration(rules.SLAResolveHours) * time.Hour)
	replied := !s.FirstReplyAt.IsZero() && !s.FirstReplyAt.After(replyBy)
	resolved := !s.ResolvedAt.IsZero() && !s.ResolvedAt.After(resolveBy)
	if replied && resolved {
		return true, true
	}
	if c.horizon == 0 {
		return false, false
	}
	now := c.w.End(c.horizon)
	return false, (!replied && replyBy.Before(now)) || (!resolved && resolveBy.Before(now))
}

// isRepeated tells whether the buyer opened another case of the type later, in
// time.
func (c *calc) isRepeated(s *world.Case) bool {
	buyer := c.caseBuyer(s)
	until := s.OpenedAt.Add(time.Duration(c.w.RulesAt(c.w.Dt(s.OpenedAt)).RepeatContactDays) * 24 * time.Hour)
	for _, o := range c.countedCases() {
		if buyer != "" && c.caseBuyer(o) == buyer && o.Type == s.Type && o.OpenedAt.After(s.OpenedAt) && !o.OpenedAt.After(until) {
			return true
		}
	}
	return false
}

// npsOf runs from -100 to 100.
func npsOf(values sums) any {
	balance := new(big.Rat).Sub(values.get("nps_promoters"), values.get("nps_detractors"))
	return ratio(balance.Mul(balance, whole(100)), values.get("nps_responses"))
}
