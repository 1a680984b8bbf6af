package main

import (
	"slices"
	"strings"
	"testing"

	warehouse "kefu/load/duckdb"
	"kefu/transform/transformtest/world"
)

const payRules = `- values:
    targets: {response_avg_s: 60}
    pay_plan: {base: 1000, response_avg_s: {weight: 100, cap: 300}}`

// A month is paid by its KPI; an appeal stands beside it. A month that is locked
// stays as it was paid, also when the appeal is withdrawn. A plan that pays by what a month does not have is refused.
func TestAMonthIsPaid(t *testing.T) {
	t.Parallel()
	shop := world.Shop{Platform: "other", ID: "one", Name: "one", Timezone: "Asia/Shanghai"}
	i := newInstallation(t, payRules, exportSource{name: "exports", preset: "canonical", shop: shop})
	appeal := row{
		"adjustment_id": "x1", "agent_id": "a1", "dt": storyDay(2), "metric": "response_sum_s", "value": "30", "author": "lead",
		"reason": "the network was down", "decided_at": at(20, "10:00:00"), "updated_at": at(20, "10:00:00"),
	}
	money := row{"adjustment_id": "x2", "agent_id": "a1", "dt": storyDay(2), "value": "-50.50", "author": "lead", "reason": "late", "decided_at": at(20, "10:00:00")}
	talks := append(talk("one", "b1", "a1", 2, "10:00"), talk("two", "b2", "a2", 11, "10:00")...)
	i.deliver(
		delivery{source: "exports", name: "chat_messages.csv", text: sheet("chat_messages", talks...)},
		delivery{source: "exports", name: "adjustments.csv", text: sheet("adjustments", appeal, money)})
	i.night(0)
	i.paid("select concat_ws(' ', month, metric, value, attainment, paid_attainment, amount, adjusted_value, adjusted_amount) from pay_terms where agent_id = 'a1'",
		"2026-04-01 response_avg_s 30.0 2.000000 2.000000 2000.00 60.0 1000.00")
	i.paid("select concat_ws(' ', agent_id, base, computed_amount, kpi_adjustments, pay_adjustments, total) from pay_statements where agent_id = 'a1'",
		"a1 1000.00 2000.00 -1000.00 -50.50 949.50")
	i.paid("select concat_ws(' ', adjustment_id, metric, value, author, reason, decided_at, effect) from pay_adjustments order by 1",
		"x1 response_sum_s 30.00 lead the network was down 2026-05-10 02:00:00 kpi", "x2 -50.50 lead late 2026-05-10 02:00:00 pay")
	i.paid("select concat_ws(' ', value, target, attainment, grade) from kpi_month where entity = 'a1' and metric = 'response_avg_s'", "30.0 60.0 2.0 pass")
	i.paid("select concat_ws(' ', place, ranked) from kpi_ranking where grain = 'agent' and metric = 'response_sum_s' and period = 'month'")
	i.paid("select concat_ws(' ', period, place, ranked) from kpi_ranking where entity = 'a1' and metric = 'replied_buyers' and (dt = '2026-04-22' or period = 'month')",
		"7 days 1 1", "28 days 1 1", "30 days 1 1", "180 days 1 1", "day 1 1", "month 1 1")

	const total = "select concat_ws(' ', computed_amount, kpi_adjustments, pay_adjustments, total) from pay_statements where agent_id = 'a1'"
	i.mustEnd("lock", "--until", storyDay(10), "--by", "finance", "--reason", "April is paid")
	appeal["withdrawn"], appeal["updated_at"] = "true", at(21, "10:00:00")
	i.deliver(delivery{source: "exports", name: "adjustments-2.csv", text: sheet("adjustments", appeal)})
	said := i.night(0)
	for _, m := range said.Models {
		if m.Changed > 0 && !strings.HasPrefix(m.Name, "pay_") {
			t.Errorf("a withdrawn appeal changes %+v", m)
		}
	}
	i.paid(total, "2000.00 -1000.00 -50.50 949.50")
	i.mustEnd("unlock", "--all")
	i.paid(total, "2000.00 0.00 -50.50 1949.50")

	i.rules = strings.ReplaceAll(payRules, "response_avg_s", "response_p50_s")
	i.configure()
	refused := i.etl("run")
	if refused.code != exitUsage || !strings.Contains(refused.err, "error: pay_plan: response_p50_s is neither a sum of days nor a ratio of such sums") {
		t.Errorf("exit %d: %s", refused.code, refused.err)
	}
}

// paid compares rows of the warehouse, in any order.
func (i *installation) paid(query string, want ...string) {
	i.t.Helper()
	db, err := warehouse.OpenReader(i.t.Context(), i.path("var/warehouse.duckdb"))
	if err != nil {
		i.t.Fatal(err)
	}
	defer db.Close()
	got, err := texts(i.t.Context(), db, query)
	if err != nil {
		i.t.Fatal(err)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		i.t.Errorf("%s\n got %q\nwant %q", query, got, want)
	}
}
