package reconcile

import (
	"context"
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"
	"time"

	"kefu/transform/catalogue"
)

// addsOver tells whether a total is the sum of its agents, as it is of amounts,
// orders and messages; a buyer whom two agents served may count once in it.
func addsOver(m catalogue.Metric) bool {
	return amounts(m) && !strings.Contains(m.Name, "buyers")
}

// absent finds agents of ours whom the report lacks, and tells whether its
// rows are cut short.
func (c *comparison) absent(context.Context) error {
	if c.scope.grain != "agent" {
		return nil
	}
	proof := c.cutShort()
	type days struct{ from, to time.Time }
	there := map[days]map[string]bool{}
	unknown := map[days]bool{}
	for _, cell := range c.cells {
		at := days{cell.From, cell.To}
		if there[at] == nil {
			there[at] = map[string]bool{}
		}
		there[at][cell.Entity] = true
		unknown[at] = unknown[at] || cell.Entity == ""
	}
	lacking := map[string]bool{}
	for at, have := range there {
		for _, id := range slices.Sorted(maps.Keys(c.agents)) {
			if have[id] {
				continue
			}
			for _, metric := range c.metrics() {
				m, _ := c.Catalogue.Metric(metric)
				ours, told := c.ours.value(c.Catalogue, metric, id, at.from, at.to)
				if !told || !amounts(m) || ours == nil || ours.Sign() == 0 {
					continue
				}
				lacking[id] = true
				if c.complete() || proof == "" && unknown[at] {
					continue // a choice of agents, or an account that we know by another name
				}
				cell := &Cell{Entity: id, Named: id, From: at.from, To: at.to, Metric: metric, Ours: ours, Status: Different, Column: "–"}
				if proof != "" {
					cell.explain(TruncatedExport, "the report has no row of the agent; "+proof)
				}
				c.cells = append(c.cells, cell)
			}
		}
	}
	if len(lacking) > 0 && (c.complete() || proof == "") {
		c.notes = append(c.notes, "agents that the report has no row of: "+strings.Join(slices.Sorted(maps.Keys(lacking)), ", "))
	}
	if proof != "" {
		c.notes = append(c.notes, "the report is cut short: "+proof)
	}
	return nil
}

// complete tells whether the report sums up to its own total, so that it lacks
// no row, whomever it is of.
func (c *comparison) complete() bool { return len(c.report.Totals) > 0 && c.cutShort() == "" }

// cutShort is why rows must be missing at the report's end; "" where nothing
// says so.
func (c *comparison) cutShort() string {
	r := c.report
	if limit := r.Layout.Limit; limit > 0 && len(r.Rows) >= limit {
		return fmt.Sprintf("it has %d rows, as many as are exported at most", len(r.Rows))
	}
	for _, total := range r.Totals {
		for _, p := range total.Cells {
			m, _ := c.Catalogue.Metric(p.Metric)
			if p.Number == nil || !amounts(m) {
				continue
			}
			sum := new(big.Rat)
			for _, row := range r.Rows {
				for _, q := range row.Cells {
					if q.Metric == p.Metric && q.Number != nil {
						sum.Add(sum, q.Number.Value)
					}
				}
			}
			if over := p.Number.Value.Cmp(sum); over > 0 || over != 0 && addsOver(m) {
				return fmt.Sprintf("%s of line %d says %s, its rows sum to %s", p.Column, total.Line, Text(p.Number.Value), Text(sum))
			}
		}
	}
	if r.CutOff > 0 {
		return fmt.Sprintf("line %d, the last, ends before the last column", r.CutOff)
	}
	return ""
}

// Text spells a number with as many digits as it has, at most six after the
// point.
func Text(x *big.Rat) string {
	if x == nil {
		return "–"
	}
	if x.IsInt() {
		return x.Num().String()
	}
	return strings.TrimRight(strings.TrimRight(x.FloatString(6), "0"), ".")
}
