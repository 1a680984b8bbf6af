package reference

import (
	"math/big"

	"kefu/transform/transformtest/world"
)

// writeTrainings compares, for every training and KPI, the days before and after
// it of the agent trained with those of his untrained colleagues.
func (c *calc) writeTrainings() {
	for _, e := range c.trainings() {
		dt := c.w.Dt(e.At)
		rules := c.w.RulesAt(dt)
		length := world.Date(rules.TrainingDays)
		colleagues := c.untrainedColleagues(e, dt, length)
		for _, metric := range rules.TrainingKPIs {
			row := c.row()
			row["event_id"], row["agent_id"], row["dt"], row["metric"] = e.ID, e.AgentID, dt, metric
			trained := []string{e.AgentID}
			row["before"] = c.ratioOver(metric, trained, dt-length, dt-1)
			row["after"] = c.ratioOver(metric, trained, dt+1, dt+length)
			row["control_before"] = c.ratioOver(metric, colleagues, dt-length, dt-1)
			row["control_after"] = c.ratioOver(metric, colleagues, dt+1, dt+length)
			row["effect"] = effectOf(row)
			c.add("training_effects", row)
		}
	}
}

// trainings are those of agents who count on their days.
func (c *calc) trainings() []*world.AgentEvent {
	var out []*world.AgentEvent
	for i := range c.w.Events {
		if e := &c.w.Events[i]; e.Kind == "training" && !c.w.ExcludesAgent(e.AgentID, c.w.Dt(e.At)) {
			out = append(out, e)
		}
	}
	return out
}

// untrainedColleagues are the agents with data who belong to the trained one's
// group on that day and had no training within so many days of it.
func (c *calc) untrainedColleagues(e *world.AgentEvent, dt, length world.Date) []string {
	agents := map[string]bool{}
	for k := range c.days {
		if !isPooled(k.entity) && k.entity != e.AgentID && c.groupOf(k.entity, dt) == c.groupOf(e.AgentID, dt) {
			agents[k.entity] = true
		}
	}
	for _, o := range c.trainings() {
		if d := c.w.Dt(o.At); d >= dt-length && d <= dt+length {
			delete(agents, o.AgentID)
		}
	}
	var out []string
	for a := range agents {
		out = append(out, a)
	}
	return out
}

// ratioOver is the KPI over the days of the agents that have rows.
func (c *calc) ratioOver(metric string, agents []string, from, to world.Date) any {
	values := sums{}
	for _, agent := range agents {
		for d := from; d <= min(to, c.lastDt); d++ {
			if t := c.days[entityDay{agent, d}]; t != nil {
				for name, v := range sumOf(t) {
					values.add(name, v)
				}
			}
		}
	}
	return ratioKPI(metric, values)
}

// ratioKPI is a KPI from the sums above and below its line; nil for what is no
// ratio.
func ratioKPI(metric string, values sums) any {
	plus := func(names ...string) *big.Rat {
		sum := new(big.Rat)
		for _, name := range names {
			sum.Add(sum, values.get(name))
		}
		return sum
	}
	switch metric {
	case "reply_rate":
		return ratio(plus("replied_buyers"), plus("replied_buyers", "unreplied_buyers"))
	case "good_rate":
		return ratio(plus("good"), plus("good", "neutral", "bad"))
	case "nps":
		return npsOf(values)
	case "retention_rate":
		return ratio(plus("retained_buyers"), plus("served_buyers"))
	case "same_product_repurchase_rate":
		return ratio(plus("same_product_buyers"), plus("served_buyers"))
	case "churn_rate":
		return ratio(new(big.Rat).Sub(plus("served_buyers"), plus("retained_buyers")), plus("served_buyers"))
	}
	for _, rate := range rates {
		if rate.name == metric {
			return ratio(plus(rate.numerator), plus(rate.denominator))
		}
	}
	return nil
}

func effectOf(row Row) any {
	var parts [4]float64
	for i, name := range []string{"after", "before", "control_after", "control_before"} {
		v, ok := row[name].(float64)
		if !ok {
			return nil
		}
		parts[i] = v
	}
	return (parts[0] - parts[1]) - (parts[2] - parts[3])
}
