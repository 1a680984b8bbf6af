package transformtest

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"testing"
	"time"

	"kefu/transform/drivers"
	"kefu/transform/transformtest/harness"
)

// whole names what has drivers: an entity of a shop, in the periods of one kind.
type whole struct {
	platform, shop, grain, entity string
	days                          int // of the period; 0 = a calendar month
}

// spells are the sums of an entity in its periods, by their last day.
type spells map[whole]map[time.Time]map[string]float64

// eachPeriod reads some KPIs of days, windows and months, row by row: whose it
// is, and the last day of the period.
func eachPeriod(t *testing.T, h *harness.Harness, metrics []string, row func(w whole, day time.Time, r harness.Row)) {
	t.Helper()
	for _, table := range []string{"kpi_long", "kpi_month"} {
		rows, err := h.RowsWhere(t.Context(), table, "metric in ('"+strings.Join(metrics, "', '")+"')")
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			days, day := 0, r["month_end"]
			if table == "kpi_long" {
				days, day = int(r["window_days"].(int64)), r["dt"]
			}
			row(whole{r["platform"].(string), r["shop_id"].(string), r["grain"].(string), r["entity"].(string), days}, day.(time.Time), r)
		}
	}
}

// sums reads the values of KPIs.
func sums(t *testing.T, h *harness.Harness, metrics ...string) spells {
	t.Helper()
	out := spells{}
	eachPeriod(t, h, metrics, func(w whole, day time.Time, r harness.Row) {
		if out[w] == nil {
			out[w] = map[time.Time]map[string]float64{}
		}
		if out[w][day] == nil {
			out[w][day] = map[string]float64{}
		}
		if value, ok := r["value"].(float64); ok {
			out[w][day][r["metric"].(string)] = value
		}
	})
	return out
}

// before is the last day of the period right before the one that ends on the day.
func (w whole) before(day time.Time) time.Time {
	if w.days == 0 {
		return day.AddDate(0, 0, -day.Day())
	}
	return day.AddDate(0, 0, -w.days)
}

// compared lists the days of periods for which the shop has both periods.
func (s spells) compared(w whole) []time.Time {
	shop := s[whole{w.platform, w.shop, "shop", "", w.days}]
	var days []time.Time
	for day := range shop {
		if shop[w.before(day)] != nil {
			days = append(days, day)
		}
	}
	return days
}

// quantity is a number of a row, NaN for NULL.
func quantity(v any) float64 {
	switch x := v.(type) {
	case float64:
		return x
	case *big.Rat:
		f, _ := x.Float64()
		return f
	default:
		return math.NaN()
	}
}

func alike(a, b, scale float64) bool {
	return math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) <= 1e-9*max(1, math.Abs(scale))
}

func driverKey(r harness.Row, names ...string) string {
	words := make([]string, len(names))
	for i, n := range names {
		words[i] = fmt.Sprint(r[n])
		if day, ok := r[n].(time.Time); ok {
			words[i] = day.Format(time.DateOnly)
		}
	}
	return strings.Join(words, "|")
}

// What drove a change, in tables: of sales and of ratios.
func TestDriversOfWorlds(t *testing.T) {
	pack := randomPack(t, 2*incrementalWorlds)
	h := start(t, pack)
	load(t, h, pack.Tables())
	run(t, h, 0)
	t.Run("sales", func(t *testing.T) { checkDriversOfSales(t, h) })
	t.Run("ratios", func(t *testing.T) { checkDriversOfRatios(t, h) })
}

// The drivers of sales are those of the arithmetic, for whoever was there in one
// of both periods, and add up to the change.
func checkDriversOfSales(t *testing.T, h *harness.Harness) {
	t.Helper()
	known := sums(t, h, "sales_amount", "inquiry_buyers", "paid_buyers_final", "inquiry_deal_amount", "inquiry_deal_items",
		"inquiry_deal_buyers", "silent_own_pay_amount", "silent_follow_up_amount")
	rows, err := h.Rows(t.Context(), "sales_drivers")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]map[string]harness.Row{}
	for _, r := range rows {
		key := driverKey(r, "platform", "shop_id", "grain", "entity", "dt", "window_days")
		if found[key] == nil {
			found[key] = map[string]harness.Row{}
		}
		found[key][r["driver"].(string)] = r
	}
	checked, moved := 0, 0
	for w := range known {
		for _, day := range known.compared(w) {
			before, now := known[w][w.before(day)], known[w][day]
			key := strings.Join([]string{w.platform, w.shop, w.grain, w.entity, day.Format(time.DateOnly), strconv.Itoa(w.days)}, "|")
			if before == nil && now == nil {
				if found[key] != nil {
					t.Errorf("%s was in neither period and has drivers", key)
				}
				continue
			}
			checked++
			if before["sales_amount"] != 0 && now["sales_amount"] != 0 {
				moved++
			}
			checkSales(t, key, before, now, found[key])
			delete(found, key)
		}
	}
	for key := range found {
		t.Errorf("%s has drivers and is in no two periods", key)
	}
	if checked < 2000 || moved < 10 {
		t.Errorf("only %d changes were looked at, %d of them with sales in both periods", checked, moved)
	}
}

// checkSales compares the rows of one change with their definition.
func checkSales(t *testing.T, key string, before, now map[string]float64, rows map[string]harness.Row) {
	t.Helper()
	factors := func(s map[string]float64, items bool) []float64 {
		x := []float64{s["inquiry_buyers"], drivers.Quotient(s["paid_buyers_final"], s["inquiry_buyers"])}
		if !items {
			return append(x, drivers.Quotient(s["inquiry_deal_amount"], s["inquiry_deal_buyers"]))
		}
		return append(x, drivers.Quotient(s["inquiry_deal_items"], s["inquiry_deal_buyers"]), drivers.Quotient(s["inquiry_deal_amount"], s["inquiry_deal_items"]))
	}
	lacks := func(s map[string]float64) bool { return s["inquiry_deal_items"] == 0 && s["inquiry_deal_buyers"] > 0 }
	names := []string{"inquiry_buyers", "inquiry_to_pay_rate", "inquiry_deal_items_per_buyer", "inquiry_deal_amount_per_item"}
	items := !lacks(before) && !lacks(now)
	if !items {
		names = []string{"inquiry_buyers", "inquiry_to_pay_rate", "inquiry_deal_amount_per_buyer"}
	}
	if len(rows) != len(names)+4 {
		t.Fatalf("%s has the drivers %v", key, rows)
	}
	x0, x1 := factors(before, items), factors(now, items)
	effects, err := drivers.Product(x0, x1)
	if err != nil {
		t.Fatalf("%s: %v", key, err)
	}
	scale := max(before["sales_amount"], now["sales_amount"], before["inquiry_deal_amount"], now["inquiry_deal_amount"])
	total := 0.0
	for i, name := range names {
		r := rows[name]
		if !alike(quantity(r["base_value"]), x0[i], x0[i]) || !alike(quantity(r["value"]), x1[i], x1[i]) || !alike(quantity(r["effect"]), effects[i], scale) {
			t.Errorf("%s: %s went from %v to %v with effect %v, want %v, %v, %v", key, name, r["base_value"], r["value"], r["effect"], x0[i], x1[i], effects[i])
		}
	}
	for _, name := range []string{"silent_own_pay_amount", "silent_follow_up_amount"} {
		if effect := quantity(rows[name]["effect"]); !alike(effect, now[name]-before[name], scale) {
			t.Errorf("%s: %s has effect %v, want %v", key, name, effect, now[name]-before[name])
		}
	}
	other := func(s map[string]float64) float64 {
		return s["sales_amount"] - s["inquiry_deal_amount"] - s["silent_own_pay_amount"] - s["silent_follow_up_amount"]
	}
	if effect := quantity(rows["credited_otherwise"]["effect"]); !alike(effect, other(now)-other(before), scale) {
		t.Errorf("%s: credited_otherwise has effect %v, want %v", key, effect, other(now)-other(before))
	}
	for _, r := range rows {
		total += quantity(r["effect"])
		if !alike(quantity(r["sales_amount"]), now["sales_amount"], scale) || !alike(quantity(r["base_sales_amount"]), before["sales_amount"], scale) {
			t.Errorf("%s: sales went from %v to %v, want %v, %v", key, r["base_sales_amount"], r["sales_amount"], before["sales_amount"], now["sales_amount"])
		}
	}
	if !alike(total, now["sales_amount"]-before["sales_amount"], scale) {
		t.Errorf("%s: the effects add up to %v, sales went from %v to %v", key, total, before["sales_amount"], now["sales_amount"])
	}
}
