package reconcile

import (
	"strings"
	"testing"
	"time"

	"kefu/sql"
	"kefu/transform/catalogue"
	"kefu/transform/compute"
	"kefu/transform/rule"
)

func kpis(t *testing.T) *catalogue.Catalogue {
	t.Helper()
	c, err := catalogue.Load(sql.FS, "metrics.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestShippedPresetsHoldTogether(t *testing.T) {
	for _, name := range Names() {
		if _, err := Shipped(name, kpis(t)); err != nil {
			t.Error(err)
		}
	}
}

func TestAPresetTellsWhatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"reports: []": "own.yaml: has no reports",
		"reports:\n  - {name: a, grain: agent, metrics: {received_buyers: 接待}}":                             "own.yaml: report 1 a: entity, the column of the agent, is missing",
		"reports:\n  - {name: a, grain: shop, metrics: {buyers: 接待}}":                                       "own.yaml: report 1 a: metric buyers: there is no such KPI",
		"reports:\n  - {name: a, grain: agent, entity: 客服, metrics: {placed_orders: 下单}}":                   "metric placed_orders: there is none of a agent and day",
		"reports:\n  - {name: a, grain: shop, metrics: {received_buyers: {from: 接待, unit: minutes}}}":       "metric received_buyers: it is in count, which minutes is no unit of",
		"reports:\n  - {name: a, grain: shop, colour: red, metrics: {received_buyers: 接待}}":                 `own.yaml:2:28: unknown field "colour"`,
		"reports:\n  - {name: a, grain: day, metrics: {received_buyers: 接待}}":                               "grain is agent or shop, not \"day\"",
		"reports:\n  - {name: a, grain: shop, metrics: {received_buyers: 接待, reply_rate: {unit: percent}}}": "metric reply_rate: from, the names of its column, is missing",
	} {
		_, err := Parse("own", "own.yaml", []byte(text), kpis(t))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s\nsays %v, want %s", text, err, want)
		}
	}
	if !IsReport([]byte("reports: [{name: a}]")) || IsReport([]byte("layouts: [{name: a}]")) {
		t.Error("a preset of reports is one with reports")
	}
}

func TestDaysInNames(t *testing.T) {
	for text, want := range map[string]string{
		"自定义报表_日报_付款判定_2026-03-01至2026-03-07": "2026-03-01 2026-03-07",
		"店铺绩效_20260301_20260307_全部":           "2026-03-01 2026-03-07",
		"2026年03月01日":                         "2026-03-01",
		"ExportOrderList202603010930":         "",
		"1791430000_2026.03.01":               "2026-03-01",
		"2026-13-01":                          "",
	} {
		var got []string
		for _, d := range datesIn(text) {
			got = append(got, d.Format(time.DateOnly))
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%s names %q, want %q", text, s, want)
		}
	}
}

// Every alternative is a value of its rule, and moves something that a report
// can have.
func TestAlternativesAreRules(t *testing.T) {
	set, problems := rule.Parse(nil, []rule.Shop{{Platform: "tmall", ID: "a"}})
	for _, p := range problems {
		t.Fatal(p)
	}
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	s := scope{shop: compute.ShopKey{Platform: "tmall", Shop: "a"}, grain: "agent", from: day, to: day}
	first, others, err := otherRules(set, s)
	if err != nil {
		t.Fatal(err)
	}
	validities := 0
	for _, a := range append(first, others...) {
		for name, value := range a.question.Rules {
			if _, problems := set.Instead(rule.Shop{Platform: "tmall", ID: "a"}, name, value, day, day); len(problems) > 0 {
				t.Errorf("%s: %v", a.proof, problems)
			}
		}
		if strings.Contains(a.proof, "inquiry_validity_days") {
			validities++
		}
		for _, m := range a.moves {
			_, isKPI := kpis(t).Metric(m)
			isSection := false
			for _, s := range sections {
				isSection = isSection || s.model == "int_day_"+m
			}
			if !isKPI && !isSection {
				t.Errorf("%s moves %s, which is neither a KPI nor a step", a.proof, m)
			}
		}
	}
	if len(first) != 2 || validities != 14 {
		t.Errorf("%d judge rules and %d validities beside those in force, want 2 and 14", len(first), validities)
	}
	cuts, zones, err := clocks(set, s, "Asia/Shanghai", []int{0, 4})
	if err != nil || len(cuts) != 2 || len(zones) != 2 {
		t.Errorf("%d cuts and %d zones, want 2 (after 00 and after 04) and 2: %v", len(cuts), len(zones), err)
	}
}
