package reference

import (
	"kefu/transform/transformtest/world"
)

// writeWindows writes a row for every entity, as-of day and window in which any
// day of the entity has a row.
func (c *calc) writeWindows() {
	first := map[string]world.Date{}
	for k := range c.days {
		if d, ok := first[k.entity]; !ok || k.dt < d {
			first[k.entity] = k.dt
		}
	}
	for entity, from := range first {
		for asOf := from; asOf <= c.lastDt; asOf++ {
			for _, window := range []world.Date{7, 28, 30, 180} {
				c.writeWindow(entity, asOf, window)
			}
		}
	}
}

func (c *calc) writeWindow(entity string, asOf, window world.Date) {
	var days []*tally
	for d := asOf - window + 1; d <= asOf; d++ {
		if t := c.days[entityDay{entity, d}]; t != nil {
			days = append(days, t)
		}
	}
	if len(days) == 0 {
		return
	}
	var turns []int64
	for _, t := range days {
		turns = append(turns, t.turns...)
	}
	r := c.kpiRow(entity, asOf)
	r["window_days"] = int64(window)
	values := sumOf(days...)
	fillKPIs(r, entity, values, turns, window != 180)
	for column, set := range windowDistinct {
		r[column] = int64(len(buyersOfDays(days, set)))
	}
	r["repeat_buyers"] = int64(0)
	for _, n := range buyersOfDays(days, "sales_buyers") {
		if n >= 2 {
			r["repeat_buyers"] = r["repeat_buyers"].(int64) + 1
		}
	}
	c.fillCare(r, entity, asOf, window, values)
	c.fillRepurchase(r, entity, asOf, window)
	if entity == shopEntity {
		c.fillDSR(r, asOf, window)
	}
	c.add(tableOf(entity, "window"), r)
}

// buyersOfDays counts for every buyer on how many of the days he stands.
func buyersOfDays(days []*tally, set string) map[string]int {
	out := map[string]int{}
	for _, t := range days {
		for b := range t.buyers[set] {
			out[b]++
		}
	}
	return out
}

// fillDSR writes the means of the ratings of orders created in the window; only
// the window of 180 days has them.
func (c *calc) fillDSR(r Row, asOf, window world.Date) {
	for _, kind := range []string{"service", "item", "logistics"} {
		name := "dsr_" + kind
		r[name], r[name+"_sum"], r[name+"_count"] = nil, nil, nil
		if window != 180 {
			continue
		}
		var sum, n int64
		for _, rating := range c.ratings {
			score := map[string]int64{
				"service": rating.ServiceScore, "item": rating.ItemScore, "logistics": rating.LogisticsScore,
			}[kind]
			if score != 0 && rating.createdDt > asOf-window && rating.createdDt <= asOf {
				sum, n = sum+score, n+1
			}
		}
		r[name], r[name+"_sum"], r[name+"_count"] = ratio(whole(sum), whole(n)), sum, n
	}
}
