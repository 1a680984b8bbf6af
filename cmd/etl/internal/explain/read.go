package explain

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"

	"kefu/cmd/etl/internal/why"
	"kefu/extract/sqltext"
	"kefu/transform/drivers"
	"kefu/transform/evidence"
)

// named is a part with its name.
type named struct {
	drivers.Part
	name string
	rest bool
}

// by chooses what the change is split by, and tells whether it can be.
func (r *Reader) by(q Question) (string, error) {
	groups, _, err := r.book.Groups(q.Metric.Name)
	if err != nil {
		return "", err
	}
	switch {
	case q.By == "day" || q.By == "agent" && q.Grain != "agent":
		return q.By, nil
	case q.By == "" && q.Grain != "agent" && slices.Contains(q.Metric.Grains, "agent"):
		return "agent", nil
	case q.By == "":
		if hasColumn(groups, "topic") {
			return "topic", nil
		}
		return "day", nil
	case hasColumn(groups, q.By):
		return q.By, nil
	}
	return "", fmt.Errorf("%w: %s by %q; choose agent, day%s", ErrSplit, q.Metric.Name, q.By, columnsInCommon(groups))
}

func hasColumn(groups []evidence.Group, column string) bool {
	return len(groups) > 0 && !slices.ContainsFunc(groups, func(g evidence.Group) bool { return !slices.Contains(g.Splits, column) })
}

// columnsInCommon lists by what all rows behind a KPI can be split.
func columnsInCommon(groups []evidence.Group) string {
	var b strings.Builder
	if len(groups) > 0 {
		for _, column := range groups[0].Splits {
			if hasColumn(groups, column) {
				b.WriteString(", " + column)
			}
		}
	}
	return b.String()
}

// expressions are the SQL of both sides over a KPI table.
func expressions(q Question) (numerator, denominator string) {
	if q.Metric.Numerator == "" {
		return q.Metric.Name, "0"
	}
	return q.Metric.Numerator, q.Metric.Denominator
}

func inPeriods(q Question) string {
	return fmt.Sprintf("platform = %s and shop_id = %s and (dt between date '%s' and date '%s' or dt between date '%s' and date '%s')",
		sqltext.Literal(q.Platform), sqltext.Literal(q.Shop), q.Before.From.Format(dateOnly), q.Before.To.Format(dateOnly), q.Now.From.Format(dateOnly), q.Now.To.Format(dateOnly))
}

const dateOnly = "2006-01-02"

// isNow is the SQL condition for a day of the second period.
func isNow(q Question) string {
	return fmt.Sprintf("dt between date '%s' and date '%s'", q.Now.From.Format(dateOnly), q.Now.To.Format(dateOnly))
}

func entityFilter(q Question) string {
	switch q.Grain {
	case "agent":
		return " and agent_id = " + sqltext.Literal(q.Entity)
	case "group":
		return " and agent_group = " + sqltext.Literal(q.Entity)
	default:
		return ""
	}
}

// collect reads rows of name, now, numerator, denominator.
func (r *Reader) collect(ctx context.Context, query string) ([]named, error) {
	found := map[string]drivers.Part{}
	err := r.tables.Each(ctx, query, func(scan func(...any) error) error {
		var name sql.NullString
		var now bool
		var side drivers.Side
		err := scan(&name, &now, &side.Numerator, &side.Denominator)
		p := found[name.String]
		if now {
			p.After = side
		} else {
			p.Before = side
		}
		found[name.String] = p
		return err
	})
	if err != nil {
		return nil, err
	}
	var out []named
	for _, name := range slices.Sorted(maps.Keys(found)) {
		out = append(out, named{Part: found[name], name: name})
	}
	return out, nil
}

// whole reads both sides of the entity itself.
func (r *Reader) whole(ctx context.Context, q Question) (drivers.Part, error) {
	n, d := expressions(q)
	list, err := r.collect(ctx, fmt.Sprintf("select '', %s as now, cast(sum(%s) as double), cast(sum(%s) as double) from kpi_%s_day where %s%s group by now",
		isNow(q), n, d, q.Grain, inPeriods(q), entityFilter(q)))
	if err != nil || len(list) == 0 {
		return drivers.Part{}, err
	}
	return list[0].Part, nil
}

// partsOf reads both sides of the parts.
func (r *Reader) partsOf(ctx context.Context, q Question, by string) ([]named, error) {
	n, d := expressions(q)
	switch by {
	case "day":
		if q.Metric.Numerator == "" {
			return nil, nil // the days of one period are not those of the other
		}
		return r.collect(ctx, fmt.Sprintf("select dayname(dt), %s as now, cast(sum(%s) as double), cast(sum(%s) as double) from kpi_%s_day where %s%s group by all",
			isNow(q), n, d, q.Grain, inPeriods(q), entityFilter(q)))
	case "agent":
		if q.Grain == "shop" {
			return r.collect(ctx, fmt.Sprintf("select agent_id, %s as now, cast(sum(%s) as double), cast(sum(%s) as double) from kpi_agent_day where %s group by all",
				isNow(q), n, d, inPeriods(q)))
		}
		return r.byColumn(ctx, q, "agent_id")
	default:
		return r.byColumn(ctx, q, by)
	}
}

// byColumn adds up what the single rows behind both sides add to them, by a
// column of the rows.
func (r *Reader) byColumn(ctx context.Context, q Question, column string) ([]named, error) {
	groups, _, err := r.book.Groups(q.Metric.Name)
	if err != nil {
		return nil, err
	}
	numerator, _ := q.Metric.Sides()
	if len(numerator) == 0 {
		numerator = []string{q.Metric.Name}
	}
	var selects []string
	for _, p := range []struct {
		Period
		now bool
	}{{q.Before, false}, {q.Now, true}} {
		for _, g := range groups {
			scope := evidence.One(q.Platform, q.Shop, q.Grain, q.Entity, p.From.Format(dateOnly), p.To.Format(dateOnly))
			n, d := sums(g, q, numerator)
			selects = append(selects, fmt.Sprintf("select cast(%s as varchar) as part, %t as now, cast(coalesce(sum(%s), 0) as double) as n, cast(coalesce(sum(%s), 0) as double) as d from (%s) group by all", column, p.now, n, d, g.List(scope)))
		}
	}
	return r.collect(ctx, "select part, now, sum(n), sum(d) from ("+strings.Join(selects, " union all ")+") group by all having sum(n) <> 0 or sum(d) <> 0")
}

// sums are what the rows of one select add to both sides.
func sums(g evidence.Group, q Question, numerator []string) (n, d string) {
	_, denominator := q.Metric.Sides()
	side := func(names []string) string {
		out := "0"
		for _, m := range g.Metrics {
			if slices.Contains(names, m.Name) {
				out += " + coalesce(" + evidence.Contribution(m.Name) + ", 0)"
			}
		}
		return out
	}
	return side(numerator), side(denominator)
}

// open counts the inquiries of the second period whose window is still open,
// where the KPI is about what became of inquiries.
func (r *Reader) open(ctx context.Context, q Question) (int64, error) {
	groups, _, err := r.book.Groups(q.Metric.Name)
	if err != nil {
		return 0, err
	}
	if q.Metric.Name != "sales_amount" && !slices.ContainsFunc(groups, func(g evidence.Group) bool { return g.Name == "inquiries" }) {
		return 0, nil
	}
	if groups, _, err = r.book.Groups("inquiry_buyers"); err != nil {
		return 0, err
	}
	scope := evidence.One(q.Platform, q.Shop, q.Grain, q.Entity, q.Now.From.Format(dateOnly), q.Now.To.Format(dateOnly))
	table, err := why.Read(ctx, r.tables, fmt.Sprintf("select count(*) filter (where status = 'open') from (%s)", groups[0].List(scope)))
	if err != nil {
		return 0, err
	}
	n, _ := table.Cells[0][0].(int64)
	return n, nil
}
