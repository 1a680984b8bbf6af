package transformtest

import (
	"fmt"
	"math"
	"math/big"
	"reflect"
	"testing"
	"time"

	"kefu/transform/compute"
	"kefu/transform/rule"
	"kefu/transform/transformtest/harness"
)

// A plan tells why, for which days and with which values the run after it
// computes, and publishes nothing.
func TestAPlanTellsTheValuesThatChange(t *testing.T) {
	pack := randomPack(t, 6)
	h := start(t, pack)
	h.SetRules(shippedRules(t, pack))
	load(t, h, arrivals(pack.Tables(), 3, 11)[1])
	run(t, h, 0)
	before := dayValues(t, h)

	load(t, h, pack.Tables()) // much comes late, and rules change for the past
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
	done, err := h.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	after := dayValues(t, h)
	samePlan(t, plan, done)

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

// samePlan holds what a plan tells to what the run after it tells, and the days
// of changed values to those that were computed.
func samePlan(t *testing.T, plan, done *compute.Result) {
	t.Helper()
	if !reflect.DeepEqual(plan.Reasons, done.Reasons) || !reflect.DeepEqual(plan.Scopes, done.Scopes) {
		t.Errorf("planned because of %+v: %+v\ndone because of %+v: %+v", plan.Reasons, plan.Scopes, done.Reasons, done.Scopes)
	}
	ranges := func(r *compute.Result) map[string][]compute.Range {
		out := map[string][]compute.Range{}
		for _, m := range r.Models {
			out[fmt.Sprint(m.Name, " ", m.Rows, " ", m.Changed)] = m.Ranges
		}
		return out
	}
	if p, d := ranges(plan), ranges(done); !reflect.DeepEqual(p, d) {
		t.Errorf("planned are %v\ndone is %v", p, d)
	}
	scopes, buyers := map[compute.ShopKey]compute.Scope{}, int64(0)
	for _, s := range done.Scopes {
		scopes[s.Shop] = s
		buyers += s.Buyers
		if s.Windows.Days < s.Days.Days {
			t.Errorf("computed is %+v", s)
		}
	}
	if buyers == 0 {
		t.Error("nobody's facts were computed")
	}
	for _, v := range plan.Values {
		if days := scopes[v.Shop].Days; v.Date < days.From || v.Date > days.To {
			t.Errorf("%s changes on %s, computed are the days %s to %s", v.Metric, v.Date, days.From, days.To)
		}
	}
	kinds := map[string]bool{}
	for _, r := range plan.Reasons {
		kinds[r.Kind] = true
		if r.Kind == "rule" && (len(r.Rules) == 0 || r.Rules[0].Old == r.Rules[0].New) {
			t.Errorf("%s: rules %s changed, told is %+v", r.Shop, r.Detail, r.Rules)
		}
	}
	if !kinds["data"] || !kinds["rule"] {
		t.Errorf("late rows and other rules are told as %v", kinds)
	}
}

// What a trial of other values tells, shop by shop and with no more computed
// than the days, is what a run under these values changes.
func TestATrialTellsWhatARunWouldChange(t *testing.T) {
	pack := randomPack(t, 4)
	h := start(t, pack)
	rules := shippedRules(t, pack)
	h.SetRules(rules)
	load(t, h, pack.Tables())
	run(t, h, 0)
	before := dayValues(t, h)

	always := [2]time.Time{time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2099, 12, 31, 0, 0, 0, 0, time.UTC)}
	told := map[string]compute.ValueChange{}
	for _, shop := range h.Shops() {
		for name, value := range map[string]string{"credit": "pay_agent", "inquiry_validity_days": "5", "slow_response": "{seconds: 5}"} {
			var problems []rule.Problem
			if rules, problems = rules.Instead(rule.Shop{Platform: shop.Platform, ID: shop.Shop}, name, value, always[0], always[1]); len(problems) > 0 {
				t.Fatal(problems)
			}
		}
		h.SetRules(rules)
		trial, err := h.Try(t.Context(), shop)
		if err != nil {
			t.Fatal(err)
		}
		for _, v := range trial.Values {
			told[keyOf(v.Table, v.Shop, v.Entity, v.Date, v.Metric)] = v
		}
	}
	run(t, h, 0)
	after := dayValues(t, h)
	for key := range union(before, after) {
		v, ok := told[key]
		switch {
		case ok != !equal(before[key], after[key]):
			t.Errorf("%s: %v → %v, told: %v", key, show(before[key]), show(after[key]), ok)
		case ok && (!equal(v.Before, before[key]) || !equal(v.After, after[key])):
			t.Errorf("%s: told %v → %v, is %v → %v", key, show(v.Before), show(v.After), show(before[key]), show(after[key]))
		}
	}
	if len(told) == 0 {
		t.Error("other values changed nothing: the test proves nothing")
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
