package reference

import (
	"math/big"
	"sort"
	"time"

	"kefu/transform/transformtest/world"
)

// interval is half-open.
type interval struct{ from, to time.Time }

func (i interval) empty() bool { return !i.from.Before(i.to) }

func (i interval) length() time.Duration {
	if i.empty() {
		return 0
	}
	return i.to.Sub(i.from)
}

func cut(i interval, from, to time.Time) interval {
	if i.from.Before(from) {
		i.from = from
	}
	if i.to.After(to) {
		i.to = to
	}
	return i
}

// union merges intervals that touch or overlap.
func union(list []interval) []interval {
	sort.Slice(list, func(i, j int) bool { return list[i].from.Before(list[j].from) })
	var out []interval
	for _, i := range list {
		if n := len(out); n > 0 && !i.from.After(out[n-1].to) {
			if i.to.After(out[n-1].to) {
				out[n-1].to = i.to
			}
			continue
		}
		out = append(out, i)
	}
	return out
}

// span is the whole time of a presence row. One without an end lasts until the
// agent's next row, at most to the end of its day.
func (c *calc) span(p *world.Presence) interval {
	if !p.ToAt.IsZero() {
		return interval{p.FromAt, p.ToAt}
	}
	end := c.w.End(c.w.Dt(p.FromAt))
	for _, o := range c.w.Presence {
		if o.AgentID == p.AgentID && o.FromAt.After(p.FromAt) && o.FromAt.Before(end) {
			end = o.FromAt
		}
	}
	return interval{p.FromAt, end}
}

// hasPresence tells whether any row of the agent overlaps the day.
func (c *calc) hasPresence(agent string, d world.Date) bool {
	for i := range c.w.Presence {
		p := &c.w.Presence[i]
		if p.AgentID == agent && !c.w.ExcludesAgent(agent, d) && !cut(c.span(p), c.w.Start(d), c.w.End(d)).empty() {
			return true
		}
	}
	return false
}

// online returns the agent's online rows cut to the day.
func (c *calc) online(agent string, d world.Date) []interval {
	var out []interval
	if c.w.ExcludesAgent(agent, d) {
		return nil
	}
	for i := range c.w.Presence {
		p := &c.w.Presence[i]
		if p.AgentID != agent || p.State != "online" {
			continue
		}
		if part := cut(c.span(p), c.w.Start(d), c.w.End(d)); !part.empty() {
			out = append(out, part)
		}
	}
	return out
}

// countPresence adds online time, logins and times of day.
func (c *calc) countPresence() {
	seen := map[entityDay]bool{}
	for i := range c.w.Presence {
		p := &c.w.Presence[i]
		s := c.span(p)
		for d := c.w.Dt(s.from); d <= c.w.Dt(s.to); d++ {
			if k := (entityDay{p.AgentID, d}); !seen[k] && c.hasPresence(p.AgentID, d) {
				seen[k] = true
				c.countOnline(p.AgentID, d)
			}
		}
	}
	all := map[world.Date][]interval{}
	for k := range seen {
		all[k.dt] = append(all[k.dt], c.online(k.entity, k.dt)...)
	}
	for d, list := range all {
		for _, i := range union(list) {
			c.day(shopEntity, d).amount("coverage_hours", hoursOf(i.length()))
		}
	}
}

func (c *calc) countOnline(agent string, d world.Date) {
	list := union(c.online(agent, d))
	hours := new(big.Rat)
	for _, i := range list {
		hours.Add(hours, hoursOf(i.length()))
	}
	c.countLabour(agent, d, hours)
	logins := int64(0)
	for _, p := range c.w.Presence {
		if p.AgentID == agent && p.State == "online" && c.w.Dt(p.FromAt) == d {
			logins++
		}
	}
	for _, day := range c.owners(agent, d) {
		day.count("online_accounts", 1)
		day.count("logins", logins)
		for _, i := range list {
			day.amount("online_hours", hoursOf(i.length()))
			if day.first.IsZero() || i.from.Before(day.first) {
				day.first = i.from
			}
			if i.to.After(day.last) {
				day.last = i.to
			}
		}
	}
}
