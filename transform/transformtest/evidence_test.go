package transformtest

import (
	"database/sql"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	kefusql "kefu/sql"
	"kefu/transform/catalogue"
	"kefu/transform/duckdb"
	"kefu/transform/evidence"
	"kefu/transform/transformtest/harness"
)

// evidenceWorlds is how many random worlds the evidence is added up in.
const evidenceWorlds = 8

// Every metric has evidence, is made of metrics that have some, or says why
// there is none; and over random worlds the rows behind it add up to what is
// published, for every agent, group and shop, day and window.
func TestTheEvidenceAddsUpToEveryMetric(t *testing.T) {
	known, err := catalogue.Load(kefusql.FS, "metrics.yaml")
	if err != nil {
		t.Fatal(err)
	}
	book, err := evidence.Load(kefusql.FS, known)
	if err != nil {
		t.Fatal(err)
	}
	session := publishedWorlds(t, evidenceWorlds)
	byRows := map[string]evidence.Group{}
	for _, m := range known.Metrics() {
		switch e := m.Evidence; {
		case m.Numerator != "" || e != nil && (len(e.Of) > 0 || e.None != ""):
		case e == nil:
			t.Errorf("%s has no evidence and does not say why", m.Name)
		default:
			g := byRows[e.Rows]
			g.Rows, g.Metrics = book.Rows(e.Rows), append(g.Metrics, m)
			byRows[e.Rows] = g
		}
	}
	for _, g := range byRows {
		t.Run(g.Name, func(t *testing.T) {
			for _, table := range []string{"kpi_agent_day", "kpi_group_day", "kpi_shop_day", "kpi_agent_window", "kpi_group_window", "kpi_shop_window"} {
				addsUp(t, session, g, table)
			}
			sharesAddUp(t, session, g)
		})
	}
	for _, m := range known.Metrics() {
		if m.Evidence != nil && len(m.Evidence.Of) > 0 {
			followsFromParts(t, session, m)
		}
	}
}

func publishedWorlds(t *testing.T, count int) *duckdb.Engine {
	t.Helper()
	pack := randomPack(t, count)
	h, err := harness.ForPack(t.Context(), t.TempDir(), pack)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() }) // it is thrown away
	load(t, h, pack.Tables())
	run(t, h, 0)
	session, err := h.Published(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = session.Close() })
	return session
}

// addsUp compares the totals of the rows with all rows of a KPI table.
func addsUp(t *testing.T, session *duckdb.Engine, g evidence.Group, table string) {
	t.Helper()
	parts := strings.Split(table, "_")
	grain, period := parts[1], parts[2]
	windows := []int{0}
	if period == "window" {
		windows = []int{7, 28, 30, 180}
	}
	entity := map[string]string{"agent": "agent_id", "group": "agent_group", "shop": "''"}[grain]
	for _, days := range windows {
		of := g
		of.Metrics = slices.DeleteFunc(slices.Clone(g.Metrics), func(m catalogue.Metric) bool {
			return !slices.Contains(m.Grains, grain) || !slices.Contains(m.Periods, period) ||
				days > 0 && len(m.Evidence.Windows) > 0 && !slices.Contains(m.Evidence.Windows, days)
		})
		if len(of.Metrics) == 0 {
			continue
		}
		where, from := "", "dt"
		if days > 0 {
			where, from = fmt.Sprintf(" where window_days = %d", days), fmt.Sprintf("dt - %d", days-1)
		}
		scope := evidence.Scope{Of: fmt.Sprintf("select platform, shop_id, '%s' as grain, %s as entity, cast(%s as date) as from_dt, dt as to_dt from %s%s", grain, entity, from, table, where)}
		columns := make([]string, len(of.Metrics))
		for i, m := range of.Metrics {
			columns[i] = compared("p."+m.Name, "e."+m.Name)
		}
		key := fmt.Sprintf("p.platform = e.platform and p.shop_id = e.shop_id and p.dt = e.to_dt and %s = e.entity", map[bool]string{true: "''", false: "p." + entity}[grain == "shop"])
		query := fmt.Sprintf("select p.shop_id || ' ' || e.entity || ' ' || p.dt || ' %d', e.found, %s from (select * from %s%s) p left join (%s) e on %s",
			days, strings.Join(columns, ", "), table, where, of.Totals(scope), key)
		compareColumns(t, session, query, of)
	}
}

func compareColumns(t *testing.T, session *duckdb.Engine, query string, g evidence.Group) {
	t.Helper()
	rows, err := session.Query(t.Context(), query)
	if err != nil {
		t.Fatalf("%s: %v", g.Name, err)
	}
	defer rows.Close()
	n, wrong := 0, map[string]int{}
	for rows.Next() {
		var key sql.NullString
		var found sql.NullInt64
		cells := []any{&key, &found}
		for range 3 * len(g.Metrics) {
			cells = append(cells, new(any))
		}
		if err := rows.Scan(cells...); err != nil {
			t.Fatal(err)
		}
		n++
		for i, m := range g.Metrics {
			want, have := *cells[2+3*i].(*any), *cells[3+3*i].(*any)
			if *cells[4+3*i].(*any) == true {
				continue
			}
			if wrong[m.Name]++; wrong[m.Name] <= 2 {
				t.Errorf("%s of %s: published %v, the rows add up to %v", m.Name, key.String, want, have)
			}
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	if n == 0 {
		t.Errorf("%s: nothing was compared", g.Name)
	}
}

// sharesAddUp holds what the single rows are said to add against their total.
func sharesAddUp(t *testing.T, session *duckdb.Engine, g evidence.Group) {
	t.Helper()
	g.Metrics = slices.DeleteFunc(slices.Clone(g.Metrics), func(m catalogue.Metric) bool { return m.Evidence.Value != "" })
	if len(g.Metrics) == 0 {
		return
	}
	scope := evidence.Scope{Of: "select platform, shop_id, 'shop' as grain, '' as entity, min(dt) as from_dt, max(dt) as to_dt from kpi_shop_day group by all order by count(*) desc, shop_id limit 1"}
	sums := make([]string, len(g.Metrics))
	for i, m := range g.Metrics {
		sums[i] = compared(fmt.Sprintf("any_value(t.%s)", m.Name), fmt.Sprintf("coalesce(sum(l.%s), 0)", evidence.Contribution(m.Name)))
	}
	compareColumns(t, session, fmt.Sprintf("select any_value(t.shop_id), any_value(t.found), %s from (%s) t left join (%s) l on true", strings.Join(sums, ", "), g.Totals(scope), g.List(scope)), g)
}

// compared lists what is published, what the rows add up to, and whether they agree.
func compared(published, total string) string {
	return fmt.Sprintf("%s, %s, %s", published, total, evidence.Agree(published, total))
}

// followsFromParts holds a metric that is made of others against them.
func followsFromParts(t *testing.T, session *duckdb.Engine, m catalogue.Metric) {
	t.Helper()
	for _, table := range []string{"kpi_shop_day", "kpi_agent_window"} {
		rows, err := session.Query(t.Context(), fmt.Sprintf("select cast(%[1]s as double), cast(%[2]s as double) from %[3]s where %[1]s is not null", m.Name, m.Evidence.Value, table))
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		n := 0
		for rows.Next() {
			var want, have float64
			if err := rows.Scan(&want, &have); err != nil {
				t.Fatal(err)
			}
			if n++; math.Abs(want-have) > 1e-9*max(1, math.Abs(want)) {
				t.Errorf("%s.%s is %v, of its parts %v", table, m.Name, want, have)
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			t.Errorf("%s.%s is NULL everywhere", table, m.Name)
		}
	}
}
