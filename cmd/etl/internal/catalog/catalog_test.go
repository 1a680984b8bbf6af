package catalog

import (
	"slices"
	"strings"
	"testing"
	"time"

	"kefu/extract/dataset"
	"kefu/extract/lake"
	"kefu/load"
	"kefu/sql"
	"kefu/transform/catalogue"
	"kefu/transform/model"
	"kefu/transform/rule"
	"kefu/transform/rule/yamlnode"
)

func TestDatasetsAreAllThereWithTheirKeys(t *testing.T) {
	list := Datasets()
	if want := len(dataset.All()); len(list) != want { // the internal ones are nobody's business
		t.Errorf("%d datasets, want %d", len(list), want)
	}
	for _, d := range list {
		s := dataset.ByName(d.Name)
		if len(d.Columns) != len(s.Columns)+len(s.Derived) {
			t.Errorf("%s has %d columns", d.Name, len(d.Columns))
		}
		for _, key := range d.Key {
			if !slices.ContainsFunc(d.Columns, func(c DatasetColumn) bool { return c.Name == key }) {
				t.Errorf("%s: the key %s is no column", d.Name, key)
			}
		}
	}
}

func TestModelsKnowTheirReaders(t *testing.T) {
	up := &model.Model{Name: "up", Path: "marts/up.sql", Description: "One\nrow.", Grain: []string{"a"}, Scope: model.Full, Hidden: []string{"b"},
		Columns: []model.Column{{Name: "a", Doc: "first"}}, Checks: []model.Check{{Name: "c", Expr: "a > 0"}}, Warnings: []model.Check{{Name: "w", Expr: "a < 9"}}, SQL: "up"}
	down := &model.Model{Name: "down", Path: "marts/down.sql", Description: "d", Grain: []string{"a"}, Scope: model.Full, SQL: "down"}
	graph, err := model.Build([]*model.Model{up, down}, []string{"orders"}, "", func(q string) ([]string, error) {
		return map[string][]string{"up": {"orders"}, "down": {"up"}}[q], nil
	})
	if err != nil {
		t.Fatal(err)
	}
	list := Models(graph, map[string][]lake.Column{"up": {{Name: "a", Type: "BIGINT"}, {Name: "b", Type: "VARCHAR"}}}, shipped(t))
	m := list[slices.IndexFunc(list, func(m Model) bool { return m.Name == "up" })]
	if m.Description != "One row." || !slices.Equal(m.Reads, []string{"orders"}) || !slices.Equal(m.ReadBy, []string{"down"}) {
		t.Errorf("%+v", m)
	}
	if len(m.Columns) != 2 || m.Columns[0] != (ModelColumn{Name: "a", Type: "BIGINT", Description: "first"}) || !m.Columns[1].Hidden {
		t.Errorf("columns: %+v", m.Columns)
	}
	if len(m.Checks) != 2 || m.Checks[0].Severity() != "blocking" || m.Checks[1].Severity() != "warning" {
		t.Errorf("checks: %+v", m.Checks)
	}
}

func shipped(t *testing.T) *catalogue.Catalogue {
	t.Helper()
	known, err := catalogue.Load(sql.FS, "metrics.yaml")
	if err != nil {
		t.Fatal(err)
	}
	return known
}

func TestKPIsNameTheTablesThatHoldThem(t *testing.T) {
	tables := Tables([]load.Table{
		{Name: "kpi_shop_day", Columns: []load.Column{{Name: "refunds", Type: "BIGINT"}}},
		{Name: "inquiries", Columns: []load.Column{{Name: "refunds", Type: "BIGINT"}}},
		{Name: "kpi_agent_day", Columns: []load.Column{{Name: "refunds", Type: "BIGINT"}}},
	})
	for _, k := range KPIs(shipped(t), tables) {
		if k.LabelZH == "" || k.LabelEN == "" || k.Definition == "" || len(k.Source) == 0 || len(k.Grains) == 0 || len(k.Periods) == 0 {
			t.Errorf("%+v is not whole", k)
		}
		if k.Name == "refunds" && !slices.Equal(k.Tables, []string{"kpi_agent_day", "kpi_shop_day"}) {
			t.Errorf("refunds stand in %v", k.Tables)
		}
	}
}

func TestRulesHaveWhatShips(t *testing.T) {
	for _, r := range Rules() {
		if r.Default == "" {
			t.Errorf("%s has no default", r.Name)
		}
		if r.Name != "served_by" {
			continue
		}
		want := []PlatformValue{{Platform: "kuaishou", Value: "human_and_bot"}, {Platform: "kuaishou", From: "2023-06-30", Value: "human_only"}}
		if r.Default != "human_only" || !slices.Equal(r.Shipped, want) {
			t.Errorf("%+v", r)
		}
	}
}

func TestRulesInForceOnADay(t *testing.T) {
	root, _ := yamlnode.Parse("p.yaml", []byte("rules:\n- {from: 2026-02-01, values: {credit: split}}\n- {from: 2026-03-01, values: {credit: pay_agent}}\n"))
	entries, problems := rule.Entries(root.Get("rules"))
	shops := []rule.Shop{{Platform: "jd", ID: "one"}}
	set, more := rule.Parse(entries, shops)
	if len(problems)+len(more) > 0 {
		t.Fatal(problems, more)
	}
	for day, want := range map[string]string{
		"":           "order_then_pay  2026-01-31 shipped default, split 2026-02-01 2026-02-28 p.yaml:2, pay_agent 2026-03-01  p.yaml:3",
		"2026-01-31": "order_then_pay  2026-01-31 shipped default",
		"2026-02-01": "split 2026-02-01 2026-02-28 p.yaml:2",
		"2026-02-28": "split 2026-02-01 2026-02-28 p.yaml:2",
		"2026-03-01": "pay_agent 2026-03-01  p.yaml:3",
	} {
		at, _ := time.Parse(time.DateOnly, day)
		doc, err := Document{InForce: InForce(set, shops, at)}.Select("rules", []string{"credit"})
		var got []string
		for _, v := range doc.InForce {
			got = append(got, strings.Join([]string{v.Value, v.ValidFrom, v.ValidTo, v.Origin}, " "))
		}
		if err != nil || strings.Join(got, ", ") != want {
			t.Errorf("on %q: %q (%v), want %q", day, got, err, want)
		}
	}
	if all := InForce(set, shops, time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)); len(all) != len(rule.Names()) {
		t.Errorf("%d values on a day for %d rules", len(all), len(rule.Names()))
	}
}

func TestUnknownNamesAreRefused(t *testing.T) {
	_, err := Document{KPIs: []KPI{{Name: "lost_rate"}}}.Select("kpis", []string{"lost_ratio"})
	if err == nil || !strings.Contains(err.Error(), "did you mean lost_rate?") {
		t.Errorf("error: %v", err)
	}
	if _, err := (Document{}).Select("rules", []string{"credits"}); err == nil || !strings.Contains(err.Error(), "did you mean credit?") {
		t.Errorf("error: %v", err)
	}
}

func TestMarkdownKeepsTextsInTheirCells(t *testing.T) {
	text := Document{
		KPIs:   []KPI{{Name: "a", LabelZH: "甲", Definition: "x | y\nz"}},
		Models: []Model{{Name: "up", ReadBy: []string{"down"}}, {Name: "down", Reads: []string{"up", "orders"}}},
	}.Markdown()
	for _, part := range []string{"| `a` | 甲 |  |  |  | x \\| y z |", "Reads [`up`](#up), `orders`.", "Read by [`down`](#down)."} {
		if !strings.Contains(text, part) {
			t.Errorf("the document lacks %q:\n%s", part, text)
		}
	}
}
