package transformtest

import (
	"fmt"
	"math"
	"math/big"
	"testing"
	"time"

	"kefu/transform/compute"
	"kefu/transform/transformtest/harness"
)

// A plan tells exactly the values that the run after it changes, and publishes
// nothing.
func TestAPlanTellsTheValuesThatChange(t *testing.T) {
	pack := randomPack(t, 6)
	h := start(t, pack)
	h.SetRules(shippedRules(t, pack))
	load(t, h, pack.Tables())
	run(t, h, 0)
	before := dayValues(t, h)

	set, err := harness.Rules(pack)
	if err != nil {
		t.Fatal(err)
	}
	h.SetRules(set)
	plan, err := h.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	published := dayValues(t, h)
	for key := range union(before, published) {
		if !equal(before[key], published[key]) {
			t.Fatalf("the plan changed the published %s", key)
		}
	}
	run(t, h, 0)
	after := dayValues(t, h)

	told := map[string]bool{}
	for _, v := range plan.Values {
		key := keyOf(v.Table, v.Shop, v.Entity, v.Date, v.Metric)
		told[key] = true
		if !equal(v.Before, before[key]) || !equal(v.After, after[key]) {
			t.Errorf("%s: told %v → %v, is %v → %v", key, show(v.Before), show(v.After), show(before[key]), show(after[key]))
		}
	}
	for key := range union(before, after) {
		if !equal(before[key], after[key]) && !told[key] {
			t.Errorf("%s changed from %v to %v and was not told", key, show(before[key]), show(after[key]))
		}
	}
	if len(told) == 0 {
		t.Error("other rules changed no value: the test proves nothing")
	}
}

func keyOf(table string, shop compute.ShopKey, entity, date, metric string) string {
	return fmt.Sprint(table, " ", shop, " ", entity, " ", date, " ", metric)
}

// dayValues returns every number of the published day KPIs.
func dayValues(t *testing.T, h *harness.Harness) map[string]*float64 {
	t.Helper()
	out := map[string]*float64{}
	for _, table := range []string{"kpi_agent_day", "kpi_group_day", "kpi_shop_day"} {
		hidden := map[string]bool{}
		for _, c := range h.Graph().Model(table).Hidden {
			hidden[c] = true
		}
		rows, err := h.Rows(t.Context(), table)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			entity, _ := r["agent_id"].(string)
			if group, ok := r["agent_group"].(string); ok {
				entity = group
			}
			shop := compute.ShopKey{Platform: r["platform"].(string), Shop: r["shop_id"].(string)}
			for column, v := range r {
				if f, ok := toFloat(v); ok && !hidden[column] {
					out[keyOf(table, shop, entity, r["dt"].(time.Time).Format(time.DateOnly), column)] = &f
				}
			}
		}
	}
	return out
}

func toFloat(v any) (float64, bool) {
	switch n := v.(type) {
	case int64:
		return float64(n), true
	case float64:
		return n, true
	case *big.Rat:
		f, _ := n.Float64()
		return f, true
	default:
		return 0, false
	}
}

func equal(a, b *float64) bool {
	if a == nil || b == nil {
		return a == b
	}
	return math.Abs(*a-*b) <= 1e-9*max(1, math.Abs(*a))
}

func show(v *float64) string {
	if v == nil {
		return "nothing"
	}
	return fmt.Sprint(*v)
}

func union(a, b map[string]*float64) map[string]bool {
	out := map[string]bool{}
	for k := range a {
		out[k] = true
	}
	for k := range b {
		out[k] = true
	}
	return out
}
