package transformtest

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"kefu/transform/compute"
	"kefu/transform/model"
	"kefu/transform/transformtest/harness"
	"kefu/transform/transformtest/world"
)

// lockedTables are those whose rows a lock keeps.
func lockedTables(h *harness.Harness) []*model.Model {
	var out []*model.Model
	for _, m := range h.Graph().Stored() {
		if m.Publish && (m.Scope == model.Day || m.Scope == model.Window || m.Partition == "month_end") {
			out = append(out, m)
		}
	}
	return out
}

// locksOf locks every other shop of a pack: up to a day in the middle of its
// days, or to the end of that day's month.
func locksOf(t *testing.T, h *harness.Harness, pack world.Pack) compute.Locks {
	t.Helper()
	out := compute.Locks{}
	for i, s := range harness.Shops(pack) {
		if i%2 == 1 {
			continue
		}
		rows, err := h.Rows(t.Context(), "kpi_shop_day")
		if err != nil {
			t.Fatal(err)
		}
		var days []time.Time
		for _, r := range rows {
			if r["platform"] == s.Platform && r["shop_id"] == s.Shop {
				days = append(days, r["dt"].(time.Time))
			}
		}
		if len(days) == 0 {
			continue
		}
		slices.SortFunc(days, time.Time.Compare)
		until := days[len(days)/2]
		if i%4 == 0 {
			until = time.Date(until.Year(), until.Month()+1, 0, 0, 0, 0, 0, time.UTC)
		}
		out[s.ShopKey] = until
	}
	if len(out) == 0 {
		t.Fatal("no shop has a day to lock")
	}
	return out
}

func isLocked(locks compute.Locks, r harness.Row) bool {
	until, ok := locks[compute.ShopKey{Platform: r["platform"].(string), Shop: r["shop_id"].(string)}]
	day, isDay := r["dt"].(time.Time)
	if !isDay {
		day = r["month_end"].(time.Time)
	}
	return ok && !day.After(until)
}

// linesOf returns rows of a table as sorted lines.
func linesOf(t *testing.T, h *harness.Harness, table string, keep func(harness.Row) bool) []string {
	t.Helper()
	rows, err := h.Rows(t.Context(), table)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, r := range rows {
		if !keep(r) {
			continue
		}
		names := make([]string, 0, len(r))
		for n := range r {
			names = append(names, n)
		}
		sort.Strings(names)
		var b strings.Builder
		for _, n := range names {
			fmt.Fprintf(&b, "%s=%v ", n, r[n])
		}
		out = append(out, b.String())
	}
	sort.Strings(out)
	return out
}

// Locked days keep what was published, whatever arrives and whichever rule
// changes; days after the lock, and what is kept of the locked ones, follow as
// if nothing were locked; unlocking publishes what had been kept back.
func TestLockedDaysKeepTheirNumbers(t *testing.T) {
	pack := randomPack(t, 4)
	tables := pack.Tables()
	full := start(t, pack)
	load(t, full, tables)
	run(t, full, 0)

	h := start(t, pack)
	h.SetRules(shippedRules(t, pack))
	load(t, h, arrivals(tables, 3, 5)[1])
	run(t, h, 0)
	locks := locksOf(t, h, pack)
	locked := func(r harness.Row) bool { return isLocked(locks, r) }
	open := func(r harness.Row) bool { return !isLocked(locks, r) }
	before := map[string][]string{}
	for _, m := range lockedTables(h) {
		before[m.Name] = linesOf(t, h, m.Name, locked)
	}
	for _, name := range []string{"kpi_shop_day", "kpi_agent_window", "kpi_month"} {
		if len(before[name]) == 0 {
			t.Errorf("no row of %s is locked: the test proves nothing of it", name)
		}
	}
	kept := dayValues(t, h)
	lock(t, h, locks)
	if n := len(linesOf(t, h, "locked_changes", locked)); n > 0 {
		t.Errorf("locking alone left %d changes to settle", n)
	}

	load(t, h, tables) // much came late, and rules changed for the past
	set, err := harness.Rules(pack)
	if err != nil {
		t.Fatal(err)
	}
	h.SetRules(set)
	told := planned(t, h)
	run(t, h, 0)
	for _, m := range lockedTables(h) {
		compareLines(t, m.Name+": locked days", before[m.Name], linesOf(t, h, m.Name, locked))
		compareLines(t, m.Name+": other days", linesOf(t, full, m.Name, open), linesOf(t, h, m.Name, open))
		compareLines(t, m.Name+": locked days as they would be", linesOf(t, full, m.Name, locked), linesOf(t, h, "current_"+m.Name, locked))
	}
	behindLocks(t, h, locks, kept, dayValues(t, full), told)
	if run(t, h, 0) {
		t.Error("a run without news changed tables")
	}
	h.ForgetKnown() // as after a change of every model: everything is computed anew
	run(t, h, 0)
	for _, m := range lockedTables(h) {
		compareLines(t, m.Name+": locked days after all was computed anew", before[m.Name], linesOf(t, h, m.Name, locked))
	}

	lock(t, h, earlier(locks)) // some days are opened again
	lock(t, h, compute.Locks{})
	for _, m := range lockedTables(h) {
		compareLines(t, m.Name+": unlocked", linesOf(t, full, m.Name, func(harness.Row) bool { return true }), linesOf(t, h, m.Name, func(harness.Row) bool { return true }))
		if n := len(linesOf(t, h, "current_"+m.Name, func(harness.Row) bool { return true })); n > 0 {
			t.Errorf("%d rows of %s are kept although nothing is locked", n, m.Name)
		}
	}
	if n := len(linesOf(t, h, "locked_changes", func(harness.Row) bool { return true })); n > 0 {
		t.Errorf("%d changes are left to settle although nothing is locked", n)
	}
	same(t, "after unlocking", contents(t, full), contents(t, h))
}

func lock(t *testing.T, h *harness.Harness, locks compute.Locks) {
	t.Helper()
	if err := h.Lock(t.Context(), locks); err != nil {
		t.Fatal(err)
	}
}

func earlier(locks compute.Locks) compute.Locks {
	out := compute.Locks{}
	for shop, until := range locks {
		out[shop] = until.AddDate(0, 0, -3)
	}
	return out
}

func compareLines(t *testing.T, what string, want, got []string) {
	t.Helper()
	if !slices.Equal(want, got) {
		t.Errorf("%s: %d rows, want %d%s", what, len(got), len(want), firstDifference(want, got))
	}
}

// planned returns the values that a plan says stay published although they
// would be others.
func planned(t *testing.T, h *harness.Harness) map[string]*float64 {
	t.Helper()
	plan, err := h.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*float64{}
	for _, v := range plan.Values {
		if v.Locked {
			out[keyOf(v.Table, v.Shop, v.Entity, v.Date, v.Metric)] = v.After
		}
	}
	return out
}

// behindLocks holds locked_changes to the differences between what was locked
// and what a fresh installation publishes, and the plan to the same values.
func behindLocks(t *testing.T, h *harness.Harness, locks compute.Locks, kept, now, told map[string]*float64) {
	t.Helper()
	rows, err := h.Rows(t.Context(), "locked_changes")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, r := range rows {
		shop := compute.ShopKey{Platform: r["platform"].(string), Shop: r["shop_id"].(string)}
		key := keyOf("kpi_"+r["grain"].(string)+"_day", shop, r["entity"].(string), r["dt"].(time.Time).Format(time.DateOnly), r["metric"].(string))
		seen[key] = true
		was, is := number(r["locked_value"]), number(r["current_value"])
		if !isLocked(locks, r) || !equal(was, kept[key]) || !equal(is, now[key]) {
			t.Errorf("%s: %s → %s stands to be settled, locked is %s and would be %s", key, show(was), show(is), show(kept[key]), show(now[key]))
		}
		if d := r["difference"].(float64); math.Abs(d-(or0(is)-or0(was))) > 1e-6 {
			t.Errorf("%s: difference %v of %s → %s", key, d, show(was), show(is))
		}
	}
	for key := range union(kept, now) {
		if !equal(kept[key], now[key]) && !seen[key] && lockedKey(locks, key) {
			t.Errorf("%s is locked at %s, would be %s, and is not to be settled", key, show(kept[key]), show(now[key]))
		}
	}
	for key, after := range told {
		if !equal(after, now[key]) {
			t.Errorf("%s: the plan tells %s behind the lock, it is %s", key, show(after), show(now[key]))
		}
	}
	if len(seen) == 0 || len(told) == 0 {
		t.Errorf("%d values behind locks, %d told by the plan: the test proves nothing", len(seen), len(told))
	}
}

func number(v any) *float64 {
	f, ok := v.(float64)
	if !ok {
		return nil
	}
	return &f
}

func or0(v *float64) float64 {
	if v == nil {
		return 0
	}
	return *v
}

// lockedKey tells whether keyOf's shop and day are locked.
func lockedKey(locks compute.Locks, key string) bool {
	for shop, until := range locks {
		parts := strings.Split(key, " ")
		if parts[1] == shop.String() && parts[len(parts)-2] <= until.Format(time.DateOnly) {
			return true
		}
	}
	return false
}
