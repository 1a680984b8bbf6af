package rule

import (
	"maps"
	"slices"
)

// Relation is a small table of rules that models read. Rows align with the
// columns; decimals are text, a day without limit is nil.
type Relation struct {
	Name    string
	Columns []Column
	Rows    [][]any
}

// Relations lists the tables without their rows.
func Relations() []Relation {
	shop := []Column{{"platform", "VARCHAR"}, {"shop_id", "VARCHAR"}}
	dated := append(slices.Clone(shop), Column{"valid_from", "DATE"}, Column{"valid_to", "DATE"})
	ofKPI := append(slices.Clone(dated), Column{"metric", "VARCHAR"})
	with := func(head []Column, more ...Column) []Column { return append(slices.Clone(head), more...) }
	return []Relation{
		{Name: "rule_intervals", Columns: TableColumns()},
		{Name: "grade_intervals", Columns: with(ofKPI, Column{"direction", "VARCHAR"}, Column{"warning", "DECIMAL(18,6)"},
			Column{"pass", "DECIMAL(18,6)"}, Column{"excellent", "DECIMAL(18,6)"})},
		{Name: "target_intervals", Columns: with(ofKPI, Column{"grain", "VARCHAR"}, Column{"entity", "VARCHAR"}, Column{"target", "DECIMAL(18,6)"})},
		{Name: "pay_intervals", Columns: with(ofKPI, Column{"weight", "DECIMAL(7,4)"}, Column{"threshold", "DECIMAL(9,4)"},
			Column{"floor", "DECIMAL(9,4)"}, Column{"cap", "DECIMAL(9,4)"}, Column{"missing", "VARCHAR"})},
		{Name: "base_intervals", Columns: with(dated, Column{"grain", "VARCHAR"}, Column{"entity", "VARCHAR"}, Column{"base", "DECIMAL(12,2)"})},
	}
}

// Everybody is the entity of a target or base that is of all of a grain.
const Everybody = "*"

// Relations fills the tables for the shops.
func (s *Set) Relations(shops []Shop) []Relation {
	out := Relations()
	for _, f := range s.Table(shops) {
		out[0].Rows = append(out[0].Rows, f.Values())
	}
	for _, shop := range sortedShops(shops) {
		t := s.timeline(shop.Platform, shop.ID)
		for i, fill := range []struct {
			rule string
			rows func(v *Values) [][]any
		}{{"grades", gradeRows}, {"targets", targetRows}, {"pay_plan", payRows}, {"pay_plan", baseRows}} {
			for _, p := range t.periods(index[fill.rule]) {
				for _, row := range fill.rows(p.segment.values) {
					head := []any{shop.Platform, shop.ID, dateOrNil(p.from), dateOrNil(p.to)}
					out[i+1].Rows = append(out[i+1].Rows, append(head, row...))
				}
			}
		}
	}
	return out
}

func gradeRows(v *Values) [][]any {
	var out [][]any
	for _, kpi := range slices.Sorted(maps.Keys(v.Grades)) {
		g := v.Grades[kpi]
		out = append(out, []any{kpi, g.Direction, fixed(g.Warning, 6), fixed(g.Pass, 6), fixed(g.Excellent, 6)})
	}
	return out
}

// targetRows leaves the grain of a plain number open: it follows from the KPI.
func targetRows(v *Values) [][]any {
	var out [][]any
	for _, kpi := range slices.Sorted(maps.Keys(v.Targets)) {
		t := v.Targets[kpi]
		for _, all := range []struct {
			grain  string
			target *Decimal
		}{{"", t.Every}, {"agent", t.Agent}, {"group", t.Group}, {"shop", t.Shop}} {
			if all.target != nil {
				out = append(out, []any{kpi, all.grain, Everybody, all.target.Fixed(6)})
			}
		}
		for _, row := range named(t.Agents, t.Groups, 6) {
			out = append(out, append([]any{kpi}, row...))
		}
	}
	return out
}

// named are grain, name and number of those who have one of their own.
func named(agents, groups map[string]Decimal, digits int) [][]any {
	var out [][]any
	for _, name := range slices.Sorted(maps.Keys(agents)) {
		out = append(out, []any{"agent", name, agents[name].Fixed(digits)})
	}
	for _, name := range slices.Sorted(maps.Keys(groups)) {
		out = append(out, []any{"group", name, groups[name].Fixed(digits)})
	}
	return out
}

func payRows(v *Values) [][]any {
	var out [][]any
	for _, kpi := range slices.Sorted(maps.Keys(v.PayPlan.Terms)) {
		t := v.PayPlan.Terms[kpi]
		out = append(out, []any{kpi, t.Weight.Fixed(4), fixed(t.Threshold, 4), fixed(t.Floor, 4), fixed(t.Cap, 4), t.Missing})
	}
	return out
}

func baseRows(v *Values) [][]any {
	if len(v.PayPlan.Terms) == 0 {
		return nil
	}
	base := v.PayPlan.Base
	return append([][]any{{"agent", Everybody, base.Everyone.Fixed(2)}}, named(base.Agents, base.Groups, 2)...)
}

func fixed(d *Decimal, digits int) any {
	if d == nil {
		return nil
	}
	return d.Fixed(digits)
}
