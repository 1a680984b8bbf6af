package reference

import (
	"math/big"

	"kefu/transform/transformtest/world"
)

// countEvents adds look-ups and trainings to their days.
func (c *calc) countEvents() {
	for _, e := range c.w.Events {
		dt := c.w.Dt(e.At)
		if c.w.ExcludesAgent(e.AgentID, dt) {
			continue
		}
		for _, day := range c.owners(e.AgentID, dt) {
			day.when(e.Kind == "kb_lookup", "kb_lookups")
			day.when(e.Kind == "training", "trainings")
		}
	}
}

// countLabour adds what the time online cost; called for each agent's day with
// presence.
func (c *calc) countLabour(agent string, d world.Date, hours *big.Rat) {
	a := c.w.AgentRow(agent, d)
	if a == nil || a.HourlyCost == nil {
		return
	}
	for _, day := range c.owners(agent, d) {
		day.amount("labour_cost", times(hours, yuan(a.HourlyCost)))
	}
}

// fillTurnover writes the people of the roster over the days, and those whose
// last row ends on one of them. Robots are no people.
func (c *calc) fillTurnover(r Row, from, to world.Date) {
	employed, left := map[string]bool{}, map[string]bool{}
	for d := from; d <= to; d++ {
		for _, a := range c.w.Agents {
			row := c.w.AgentRow(a.ID, d)
			if row == nil || row.IsBot || c.w.ExcludesAgent(a.ID, d) {
				continue
			}
			employed[a.ID] = true
			if c.lastRow(a.ID).ValidTo == d {
				left[a.ID] = true
			}
		}
	}
	r["agents_employed"], r["agents_left"] = int64(len(employed)), int64(len(left))
	r["agent_turnover_rate"] = ratio(whole(int64(len(left))), whole(int64(len(employed))))
}

// lastRow is the agent's row with the latest valid_from.
func (c *calc) lastRow(agent string) *world.Agent {
	var last *world.Agent
	for i := range c.w.Agents {
		if a := &c.w.Agents[i]; a.ID == agent && (last == nil || a.ValidFrom > last.ValidFrom) {
			last = a
		}
	}
	return last
}
