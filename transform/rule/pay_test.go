package rule_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kefu/transform/rule"
)

// A plan pays by targets: one that misses a target of agents, on days of its
// own, is no plan.
func TestAPayPlanNeedsTargets(t *testing.T) {
	entry := "rules:\n- from: 2026-02-01\n  values:\n    pay_plan:\n      base: 1000\n      good_rate: {weight: 100}\n"
	for _, c := range []struct{ targets, want string }{
		{"", "6:7: pay_plan: agents of doudian/dd have no target above 0 for good_rate from 2026-02-01"},
		{"- from: 2026-03-01\n  values: {targets: {good_rate: 0.9}}\n", "6:7: pay_plan: agents of doudian/dd have no target"},
		{"- values: {targets: {good_rate: {shop: 0.9}}}\n", "have no target above 0 for good_rate"},
		{"- values: {targets: {good_rate: 0}}\n", "have no target above 0 for good_rate"},
		{"- values: {targets: {good_rate: {agent: 0.9, agents: {a1: 0}}}}\n", "have no target above 0 for good_rate"},
		{"- values: {targets: {good_rate: 0.9}}\n- from: 2026-05-01\n  values: {targets: {}}\n", "for good_rate from 2026-05-01"},
		{"- values: {targets: {good_rate: {agent: 0.9}}}\n", ""},
		{"- from: 2026-02-01\n  values: {targets: {good_rate: 0.9}}\n", ""},
	} {
		_, problems := read(t, entry+c.targets)
		if all := strings.Join(problems, "\n"); !strings.Contains(all, c.want) || (c.want == "") != (all == "") {
			t.Errorf("%s\n got: %s\nwant: %s", c.targets, all, c.want)
		}
	}
}

// The tables of rules spell each entry out, for the days on which it holds.
func TestRelationsOfRules(t *testing.T) {
	set := mustRead(t, `rules:
- values:
    grades: {reply_rate: {pass: 0.95}, answer_ratio: off, response_avg_s: off, online_hours_avg: off, reply_within_rate: off}
    targets: {good_rate: 0.9, sales_amount: {agent: 1, agents: {a1: 2}, groups: {g: 3}, shop: 4}}
- from: 2026-02-01
  values:
    targets: {good_rate: 0.95}
    pay_plan: {base: {everyone: 10.5, groups: {g: 20}}, good_rate: {weight: 100, cap: 120}}
`)
	got := map[string][]string{}
	for _, r := range set.Relations([]rule.Shop{{Platform: "other", ID: "s"}}) {
		for _, row := range r.Rows {
			if len(row) != len(r.Columns) {
				t.Errorf("%s: %d values for %d columns", r.Name, len(row), len(r.Columns))
			}
			for i, v := range row {
				if at, ok := v.(time.Time); ok {
					row[i] = at.Format(time.DateOnly)
				}
			}
			got[r.Name] = append(got[r.Name], strings.TrimSuffix(fmt.Sprintln(row[2:]...), "\n"))
		}
	}
	for name, want := range map[string][]string{
		"grade_intervals": {"<nil> <nil> reply_rate higher <nil> 0.950000 <nil>"},
		"target_intervals": {
			"<nil> 2026-01-31 good_rate  * 0.900000", "<nil> 2026-01-31 sales_amount agent * 1.000000", "<nil> 2026-01-31 sales_amount shop * 4.000000",
			"<nil> 2026-01-31 sales_amount agent a1 2.000000", "<nil> 2026-01-31 sales_amount group g 3.000000",
			"2026-02-01 <nil> good_rate  * 0.950000",
		},
		"pay_intervals":  {"2026-02-01 <nil> good_rate 100.0000 <nil> <nil> 120.0000 zero"},
		"base_intervals": {"2026-02-01 <nil> agent * 10.50", "2026-02-01 <nil> group g 20.00"},
	} {
		for i := range want {
			want[i] = strings.Join(strings.Fields(want[i]), " ")
		}
		var lines []string
		for _, line := range got[name] {
			lines = append(lines, strings.Join(strings.Fields(line), " "))
		}
		if !slices.Equal(lines, want) {
			t.Errorf("%s\n got: %q\nwant: %q", name, lines, want)
		}
	}
}
