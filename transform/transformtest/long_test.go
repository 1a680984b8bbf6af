package transformtest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"kefu/sql"
	"kefu/transform/catalogue"
	"kefu/transform/transformtest/harness"
	"kefu/transform/transformtest/reference"
	"kefu/transform/transformtest/world"
)

// longWorlds is how many worlds' KPIs are looked at one by one.
const longWorlds = 2

// kpi_long, kpi_compare and kpi_ranking say of every KPI what the wide tables say.
func TestLongTablesOfWorlds(t *testing.T) {
	pack := randomPack(t, longWorlds)
	h := start(t, pack)
	load(t, h, pack.Tables())
	run(t, h, 0)
	long, err := h.Rows(t.Context(), "kpi_long")
	if err != nil {
		t.Fatal(err)
	}
	compared, err := h.Rows(t.Context(), "kpi_compare")
	if err != nil {
		t.Fatal(err)
	}
	ranking, err := h.Rows(t.Context(), "kpi_ranking")
	if err != nil {
		t.Fatal(err)
	}
	metrics, err := catalogue.Load(sql.FS, "metrics.yaml")
	if err != nil {
		t.Fatal(err)
	}
	sides := func(metric string) (numerator, denominator []string) {
		m, known := metrics.Metric(metric)
		if !known || m.Numerator == "" {
			return nil, nil
		}
		return strings.Split(m.Numerator, " + "), strings.Split(m.Denominator, " + ")
	}
	direction := func(metric string) string {
		m, _ := metrics.Metric(metric)
		return m.Direction
	}
	for _, w := range pack {
		want := reference.Compute(w)
		wanted := reference.Long(w, want, sides)
		elsewhere := func(r harness.Row) bool { return r["shop_id"] != w.Shop.ID }
		differences := reference.Compare("kpi_long", wanted, slices.DeleteFunc(slices.Clone(long), elsewhere), reference.LongKeys)
		differences = append(differences, reference.Compare("kpi_compare", reference.Compared(want),
			slices.DeleteFunc(slices.Clone(compared), elsewhere), append(slices.Clone(reference.LongKeys), "basis"))...)
		differences = append(differences, reference.Compare("kpi_ranking", reference.Ranking(w, wanted, want["kpi_month"], direction),
			slices.DeleteFunc(slices.Clone(ranking), elsewhere), reference.RankingKeys)...)
		byColumn := map[string][]string{}
		for _, d := range differences {
			byColumn[d.Table+"."+d.Column] = append(byColumn[d.Table+"."+d.Column], w.Name+": "+d.String())
		}
		report(t, byColumn)
	}
}

// What is compared with what: 31, 30 and 29 March all with 28 February.
func TestDaysAreComparedWithEarlierDays(t *testing.T) {
	w := &world.World{Name: "months", Shop: world.Shop{Platform: "other", ID: "months", Name: "months", Timezone: "Asia/Shanghai"}}
	receive := func(day string, buyers int) {
		d, err := world.ParseDate(day)
		if err != nil {
			t.Fatal(err)
		}
		for i := range buyers {
			w.Messages = append(w.Messages, world.ChatMessage{
				ID: fmt.Sprint(day, i), SentAt: d.Time().Add(4 * time.Hour), BuyerID: fmt.Sprint("b", i), AgentID: "a1", Sender: "buyer", Kind: "text",
			})
		}
	}
	for day, buyers := range map[string]int{
		"2025-03-31": 8, "2026-02-28": 2, "2026-03-24": 4, "2026-03-28": 5, "2026-03-30": 0, "2026-03-31": 6, "2026-04-01": 3,
	} {
		receive(day, buyers)
	}
	if err := w.Open(); err != nil {
		t.Fatal(err)
	}
	pack := world.Pack{w}
	h := start(t, pack)
	load(t, h, pack.Tables())
	run(t, h, 0)
	rows, err := h.RowsWhere(t.Context(), "kpi_compare", "grain = 'shop' and metric = 'received_buyers' and window_days = 1")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, r := range rows {
		got[r["dt"].(time.Time).Format(time.DateOnly)+" "+r["basis"].(string)] = fmt.Sprint(r["value"], " ", r["base_value"], " ", r["difference"], " ", r["ratio"])
	}
	want := map[string]string{
		"2026-03-28 last_month":   "5 2 3 2.5",
		"2026-03-31 last_month":   "6 2 4 3",
		"2026-03-31 last_week":    "6 4 2 1.5",
		"2026-03-31 last_year":    "6 8 -2 0.75",
		"2026-04-01 previous_day": "3 6 -3 0.5",
	}
	if !maps.Equal(got, want) {
		t.Errorf("compared: %v, want %v", got, want)
	}
	rows, err = h.RowsWhere(t.Context(), "kpi_compare", "grain = 'group' and metric = 'received_buyers' and window_days = 7 and dt = date '2026-04-01' and basis = 'last_week'")
	if err != nil {
		t.Fatal(err)
	}
	// 6 + 3 + 5 of the days since 26 March, with the 4 of the seven days before.
	if len(rows) != 1 || rows[0]["value"] != 14.0 || rows[0]["base_value"] != 4.0 {
		t.Errorf("the week before: %v", rows)
	}
}
