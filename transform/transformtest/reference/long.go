package reference

import (
	"math/big"
	"time"

	"kefu/transform/transformtest/world"
)

// LongKeys names the key columns of kpi_long; kpi_compare has basis besides.
var LongKeys = []string{"grain", "platform", "shop_id", "entity", "dt", "window_days", "metric"}

// wide lists the KPI tables with their grain and the column of the entity.
var wide = []struct {
	table, grain, entity string
}{
	{"kpi_agent_day", "agent", "agent_id"}, {"kpi_group_day", "group", "agent_group"}, {"kpi_shop_day", "shop", ""},
	{"kpi_agent_window", "agent", "agent_id"}, {"kpi_group_window", "group", "agent_group"}, {"kpi_shop_window", "shop", ""},
}

// Sides tells the columns whose sums stand above and below the line of a rate,
// none of other columns.
type Sides func(metric string) (numerator, denominator []string)

// side adds the columns of one side up; it is nil where the first is missing.
func side(r Row, columns []string) any {
	var total *big.Rat
	for i, column := range columns {
		n, ok := number(r[column])
		switch {
		case !ok && i == 0:
			return nil
		case i == 0:
			total = new(big.Rat).Set(n)
		case ok:
			total.Add(total, n)
		}
	}
	return total
}

// numbers lists the columns of a wide row that are KPIs and no instants.
func numbers(table string, r Row) []string {
	keys := map[string]bool{}
	for _, k := range Keys[table] {
		keys[k] = true
	}
	var out []string
	for column, value := range r {
		if _, instant := value.(time.Time); !keys[column] && !instant {
			out = append(out, column)
		}
	}
	return out
}

// longRow starts a row of kpi_long or kpi_compare.
func longRow(grain, entity string, r Row, metric string) Row {
	row := Row{
		"grain": grain, "platform": r["platform"], "shop_id": r["shop_id"], "entity": nil, "dt": r["dt"],
		"window_days": int64(1), "metric": metric,
	}
	if entity != "" {
		row["entity"] = r[entity]
	}
	if days, ok := r["window_days"]; ok {
		row["window_days"] = days
	}
	return row
}

// Long turns the wide KPI tables of a world into the rows of kpi_long.
func Long(w *world.World, result Result, sides Sides) []Row {
	var out []Row
	for _, t := range wide {
		for _, r := range result[t.table] {
			rules := w.RulesAt(r["dt"].(world.Date))
			for _, column := range numbers(t.table, r) {
				above, below := sides(column)
				row := longRow(t.grain, t.entity, r, column)
				row["numerator"], row["denominator"] = asFloat(side(r, above)), asFloat(side(r, below))
				if r[column] == nil && row["denominator"] == nil {
					continue
				}
				row["value"], row["grade"] = asFloat(r[column]), nil
				if !isSum(column) || t.table == "kpi_agent_day" {
					row["grade"] = gradeOf(rules, column, row["value"])
				}
				out = append(out, row)
			}
		}
	}
	return out
}

func asFloat(v any) any {
	n, ok := number(v)
	if !ok || n == nil {
		return nil
	}
	f, _ := n.Float64()
	return f
}

// earlier returns the day that a basis compares a day with: of a month or year
// before, the same day of the month, at most the month's last.
func earlier(d world.Date, basis string) world.Date {
	switch basis {
	case "previous_day":
		return d - 1
	case "last_week":
		return d - 7
	}
	months := map[string]int{"last_month": 1, "last_year": 12}[basis]
	at := d.Time()
	first := time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, time.UTC).AddDate(0, -months, 0)
	last := first.AddDate(0, 1, -1)
	return world.DateOf(first.AddDate(0, 0, min(at.Day(), last.Day())-1))
}

// Compared turns the wide KPI tables into the rows of kpi_compare.
func Compared(result Result) []Row {
	index := map[string]map[string]Row{} // entity and window, day
	place := func(r Row, table, entity string, d world.Date) (string, string) {
		return table + "/" + Spell(r["shop_id"]) + "/" + Spell(r[entity]) + "/" + Spell(r["window_days"]), d.String()
	}
	for _, w := range wide {
		for _, r := range result[w.table] {
			who, day := place(r, w.table, w.entity, r["dt"].(world.Date))
			if index[who] == nil {
				index[who] = map[string]Row{}
			}
			index[who][day] = r
		}
	}
	var out []Row
	for _, w := range wide {
		for _, r := range result[w.table] {
			for _, basis := range []string{"previous_day", "last_week", "last_month", "last_year"} {
				who, day := place(r, w.table, w.entity, earlier(r["dt"].(world.Date), basis))
				base := index[who][day]
				if base == nil {
					continue
				}
				for _, column := range numbers(w.table, r) {
					value, was := asFloat(r[column]), asFloat(base[column])
					if value == nil && was == nil {
						continue
					}
					row := longRow(w.grain, w.entity, r, column)
					row["basis"], row["value"], row["base_value"] = basis, value, was
					row["difference"], row["ratio"] = differ(value, was)
					out = append(out, row)
				}
			}
		}
	}
	return out
}

// differ returns the difference and the ratio of two values, nil where there is
// none.
func differ(value, base any) (difference, ratio any) {
	a, ok := value.(float64)
	b, also := base.(float64)
	if !ok || !also {
		return nil, nil
	}
	if b != 0 {
		ratio = a / b
	}
	return a - b, ratio
}
