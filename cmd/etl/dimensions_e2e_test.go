package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	warehouse "kefu/load/duckdb"
	"kefu/transform/transformtest/world"
)

// dim_rule says which values were in force when and where they come from. A
// rule that changes no fact, such as a target, changes that table and those that
// show it, and nothing else.
func TestRulesInForceArePublished(t *testing.T) {
	t.Parallel()
	shop := world.Shop{Platform: "jd", ID: "one", Name: "one", Timezone: "Asia/Shanghai"}
	i := newInstallation(t, "- values: {inquiry_validity_days: 3}\n- {from: 2026-03-01, platform: jd, shop: one, values: {credit: split}}",
		exportSource{name: "exports", preset: "canonical", shop: shop})
	i.deliver(delivery{source: "exports", name: "chat_messages.csv", text: sheet("chat_messages", talk("one", "b1", "a1", 2, "10:00")...)})
	i.night(0)
	line := func(text string) int {
		above, _, _ := strings.Cut(i.read("pipelines.yaml"), text)
		return 1 + strings.Count(above, "\n")
	}
	i.rulesAre("inquiry_validity_days", fmt.Sprintf("1900-01-01 2999-12-31 3 general pipelines.yaml:%d", line("inquiry_validity_days")))
	i.rulesAre("after_sales_days", "1900-01-01 2999-12-31 15 general shipped default")
	i.rulesAre("credit", "1900-01-01 2026-02-28 order_then_pay general shipped default", fmt.Sprintf("2026-03-01 2999-12-31 split shop pipelines.yaml:%d", line("credit: split")))
	i.rulesAre("session_gap_minutes", "1900-01-01 2999-12-31 10 platform shipped for jd")
	if said := i.night(0); len(said.Reasons) != 0 {
		t.Errorf("a run without a change computes: %+v", said.Reasons)
	}

	before, ofTargets := i.tables(), []string{"dim_rule", "dim_target", "kpi_month"}
	i.rules += "\n- {from: 2026-02-01, values: {targets: {sales_amount: 50000}}}"
	i.configure()
	said := i.night(0)
	if len(said.Reasons) != 1 || said.Reasons[0].Kind != "definitions" {
		t.Errorf("computed because of %+v", said.Reasons)
	}
	for _, m := range said.Models {
		if m.Changed > 0 && !slices.Contains(ofTargets, m.Name) || m.Rows > 0 && strings.HasPrefix(m.Name, "kpi_") && m.Name != "kpi_month" {
			t.Errorf("a target computes %+v", m)
		}
	}
	i.rulesAre("targets", "1900-01-01 2026-01-31 {} general shipped default", fmt.Sprintf(`2026-02-01 2999-12-31 {"sales_amount":50000} general pipelines.yaml:%d`, line("targets")))
	after := i.tables()
	for _, name := range ofTargets {
		delete(before, name)
		delete(after, name)
	}
	sameTables(t, "a target", before, after)
}

// rulesAre compares the rows of a rule in dim_rule.
func (i *installation) rulesAre(rule string, want ...string) {
	i.t.Helper()
	db, err := warehouse.OpenReader(i.t.Context(), i.path("var/warehouse.duckdb"))
	if err != nil {
		i.t.Fatal(err)
	}
	defer db.Close()
	got, err := texts(i.t.Context(), db, "select concat_ws(' ', valid_from, valid_to, value, level, origin) from dim_rule where rule = ? order by valid_from", rule)
	if err != nil {
		i.t.Fatal(err)
	}
	if !slices.Equal(got, want) {
		i.t.Errorf("%s is %q, want %q", rule, got, want)
	}
}
