package evidence

import (
	"fmt"
	"strings"

	"kefu/extract/sqltext"
	"kefu/transform/catalogue"
)

// Scope says of which entities and days rows are wanted.
type Scope struct {
	// Of is a select of platform, shop_id, grain, entity, from_dt, to_dt: the
	// rows from one day to another, both included, belong together.
	Of string
	// Only is a condition on the keys of the rows that holds for all of Of, by
	// which less is read; "" = none.
	Only string
}

// One is the scope of one entity and its days, given as SQL literals.
func One(platform, shop, grain, entity, from, to string) Scope {
	return Scope{
		Of: fmt.Sprintf("select %s as platform, %s as shop_id, %s as grain, %s as entity, cast(%s as date) as from_dt, cast(%s as date) as to_dt",
			sqltext.Literal(platform), sqltext.Literal(shop), sqltext.Literal(grain), sqltext.Literal(entity), sqltext.Literal(from), sqltext.Literal(to)),
		Only: fmt.Sprintf("platform = %s and shop_id = %s and grain = %s and entity = %s and dt between date %s and date %s",
			sqltext.Literal(platform), sqltext.Literal(shop), sqltext.Literal(grain), sqltext.Literal(entity), sqltext.Literal(from), sqltext.Literal(to)),
	}
}

func (g Group) with(s Scope) string {
	only := s.Only
	if only == "" {
		only = "true"
	}
	return fmt.Sprintf(`with
wanted as (%s),
found as materialized (
    select e.*, w.from_dt as wanted_from, w.to_dt as wanted_to
    from (select * from (
%s
    ) where %s) as e
    join wanted as w
        on w.platform = e.platform and w.shop_id = e.shop_id and w.grain = e.grain and w.entity = e.entity
        and e.dt between w.from_dt and w.to_dt
)`, s.Of, g.SQL, only)
}

// scopeKeys identify a row of Scope.Of among the rows found.
const scopeKeys = "platform, shop_id, grain, entity, wanted_from, wanted_to"

// Totals is a select of one row per row of the scope: its columns, the number
// of rows found, and what they add up to, by metric.
func (g Group) Totals(s Scope) string {
	var b strings.Builder
	b.WriteString(g.with(s))
	b.WriteString("\nselect w.*, coalesce(n.found, 0) as found")
	for i, m := range g.Metrics {
		value := fmt.Sprintf("m%d.total", i)
		if m.Evidence.Value == "" {
			value = "coalesce(" + value + ", 0)"
		} else if m.Evidence.Empty != "" {
			value = "coalesce(" + value + ", " + m.Evidence.Empty + ")"
		}
		fmt.Fprintf(&b, ", %s as %s", value, m.Name)
	}
	fmt.Fprintf(&b, "\nfrom wanted as w\nleft join (select %s, count(*) as found from found group by %s) as n on %s", scopeKeys, scopeKeys, sameScope("n"))
	for i, m := range g.Metrics {
		name := fmt.Sprintf("m%d", i)
		fmt.Fprintf(&b, "\nleft join (%s) as %s on %s", total(m.Evidence), name, sameScope(name))
	}
	return b.String()
}

func sameScope(alias string) string {
	return fmt.Sprintf("%[1]s.platform = w.platform and %[1]s.shop_id = w.shop_id and %[1]s.grain = w.grain and %[1]s.entity = w.entity and %[1]s.wanted_from = w.from_dt and %[1]s.wanted_to = w.to_dt", alias)
}

// total adds the rows up for every row of the scope.
func total(e *catalogue.Evidence) string {
	rows := fmt.Sprintf("select * from found where %s", counts(e))
	switch {
	case e.Sum != "":
		return fmt.Sprintf("select %s, sum(%s) as total from (%s) group by %s", scopeKeys, e.Sum, rows, scopeKeys)
	case e.Having != "":
		return fmt.Sprintf("select %[1]s, count(*) as total from (select %[1]s, %[2]s from (%[3]s) group by %[1]s, %[2]s having %[4]s) group by %[1]s",
			scopeKeys, e.Distinct, rows, e.Having)
	case e.Distinct != "":
		return fmt.Sprintf("select %[1]s, count(*) as total from (select distinct %[1]s, %[2]s from (%[3]s)) group by %[1]s", scopeKeys, once(e), rows)
	case e.Value != "":
		return fmt.Sprintf("select %s, %s as total from (select *, %s as item from (%s)) group by %s", scopeKeys, e.Value, e.Item, rows, scopeKeys)
	default:
		return fmt.Sprintf("select %s, count(*) as total from (%s) group by %s", scopeKeys, rows, scopeKeys)
	}
}

// counts is the condition for a row to count.
func counts(e *catalogue.Evidence) string {
	where := "true"
	if e.Where != "" {
		where = "(" + e.Where + ")"
	}
	if e.Distinct != "" {
		where += " and " + e.Distinct + " is not null"
	}
	return where
}

// once is what is counted once: a thing, or a thing of a day.
func once(e *catalogue.Evidence) string {
	if e.Once == "window" {
		return e.Distinct
	}
	return "dt, " + e.Distinct
}

// List is a select of the rows themselves: what each adds to every metric, in a
// column named by Contribution (NULL where the row does not count), then dt and
// the columns of the rows. Rows that count come first, by day.
func (g Group) List(s Scope) string {
	var b strings.Builder
	b.WriteString(g.with(s))
	b.WriteString("\nselect * from (select ")
	for _, m := range g.Metrics {
		fmt.Fprintf(&b, "%s as %s, ", share(m.Evidence), Contribution(m.Name))
	}
	fmt.Fprintf(&b, "f.* exclude (%s) from found as f)\norder by coalesce(%s) is null, dt, %s", scopeKeys, firstSet(g.Metrics), strings.Join(g.Shows, ", "))
	return b.String()
}

// Reasons is a select of one row per reason: how many rows have it, and what
// they add to the metrics that their rows add up to.
func (g Group) Reasons(s Scope) string {
	var b strings.Builder
	b.WriteString("select count(*) as rows")
	for _, m := range g.Metrics {
		if m.Evidence.Value == "" {
			fmt.Fprintf(&b, ", sum(%[1]s) as %[1]s", Contribution(m.Name))
		}
	}
	fmt.Fprintf(&b, ", reason from (%s) group by reason order by rows desc, reason", g.List(s))
	return b.String()
}

// Contribution is the column in which a list says what a row adds to a metric.
func Contribution(metric string) string { return "adds_" + metric }

// firstSet lists the contributions for coalesce, all of one type.
func firstSet(metrics []catalogue.Metric) string {
	out := make([]string, len(metrics))
	for i, m := range metrics {
		out[i] = "cast(" + Contribution(m.Name) + " as varchar)"
	}
	return strings.Join(out, ", ")
}

// share is what a row adds to a metric. Of rows that count once together the
// first has it.
func share(e *catalogue.Evidence) string {
	where := counts(e)
	value := "1"
	switch {
	case e.Sum != "":
		value = e.Sum
	case e.Value != "":
		value = e.Item
	case e.Distinct != "":
		key := scopeKeys + ", " + once(e)
		value = fmt.Sprintf("case when row_number() over (partition by %s, %s order by dt) = 1%s then 1 else 0 end", key, where, repeats(e))
	}
	return fmt.Sprintf("case when %s then %s end", where, value)
}

// repeats limits what counts to keys whose rows fulfil having.
func repeats(e *catalogue.Evidence) string {
	if e.Having == "" {
		return ""
	}
	return fmt.Sprintf(" and (%s) in (select (%s) from found where %s group by %s having %s)",
		scopeKeys+", "+e.Distinct, scopeKeys+", "+e.Distinct, counts(e), scopeKeys+", "+e.Distinct, e.Having)
}

// Agree is an SQL condition: the two are the same, or, where the first is a
// fraction, differ by at most a billionth.
func Agree(published, total string) string {
	return fmt.Sprintf(`(%[1]s is not distinct from %[2]s or coalesce(typeof(%[1]s) = 'DOUBLE'
		and abs(try_cast(%[1]s as double) - try_cast(%[2]s as double)) <= 1e-9 * greatest(1, abs(try_cast(%[1]s as double))), false))`, published, total)
}
