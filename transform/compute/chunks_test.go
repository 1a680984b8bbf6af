package compute

import (
	"maps"
	"slices"
	"testing"
	"time"

	"kefu/transform/model"

	"pgregory.net/rapid"
)

// Spans hold every day once, in order, and no more rows than allowed unless
// they could not be shorter.
func TestCutHoldsEveryDayOnce(t *testing.T) {
	first := time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		var days []time.Time
		rows, d := map[time.Time]int64{}, first
		for range rapid.IntRange(1, 400).Draw(t, "days") {
			d = d.AddDate(0, 0, rapid.SampledFrom([]int{1, 1, 1, 1, 2, 40}).Draw(t, "gap"))
			days = append(days, d)
			rows[d] = rapid.Int64Range(0, 50).Draw(t, "rows")
		}
		limit, before := rapid.Int64Range(1, 2000).Draw(t, "limit"), rapid.SampledFrom([]int{0, 179}).Draw(t, "before")
		next := 0
		for _, s := range cut(days, rows, limit, before) {
			begun, sum := next, int64(0)
			for next < len(days) && !days[next].After(s.to) {
				next++
			}
			if begun == next || s.from != days[begun] || s.to != days[next-1] {
				t.Fatalf("span %v to %v holds days %d to %d", s.from, s.to, begun, next)
			}
			for day, n := range rows {
				if !day.Before(s.from.AddDate(0, 0, -before)) && !day.After(s.to) {
					sum += n
				}
			}
			length := int(s.to.Sub(s.from).Hours() / 24)
			if sum > limit && next-begun > 1 && (before == 0 || length > shortestSpan+40) {
				t.Fatalf("span %v to %v holds %d rows, %d are allowed", s.from, s.to, sum, limit)
			}
		}
		if next != len(days) {
			t.Fatalf("%d of %d days are in spans", next, len(days))
		}
	})
}

// A model's rows go after the last model that reads them, also through views.
func TestRowsGoAfterTheirLastReader(t *testing.T) {
	models := []*model.Model{
		{Name: "a"},
		{Name: "seen", View: true, Refs: []string{"a", "lake"}},
		{Name: "b", Refs: []string{"a"}},
		{Name: "twice", View: true, Refs: []string{"seen"}},
		{Name: "c", Stored: true, Refs: []string{"b"}},
		{Name: "d", Stored: true, Refs: []string{"twice"}},
		{Name: "e", Stored: true, Refs: []string{"c"}},
	}
	got := lastReaders(models)
	want := map[int][]string{4: {"b"}, 5: {"a", "d"}, 6: {"c", "e"}}
	if !maps.EqualFunc(got, want, slices.Equal) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// The days of a shop's months become one range, and every month is told once.
func TestAChangeIsToldByShopAndMonth(t *testing.T) {
	one, two := ShopKey{"tmall", "one"}, ShopKey{"tmall", "two"}
	var d delta
	d.add(Range{Shop: one, From: "2026-01-05", To: "2026-01-31", Days: 3}, "2026-01", 10)
	d.add(Range{Shop: one, From: "2026-02-01", To: "2026-02-01", Days: 1}, "2026-02", 1)
	d.add(Range{Shop: two, From: "2026-01-07", To: "2026-01-07", Days: 1}, "2026-01", 5)
	want := []Range{{one, "2026-01-05", "2026-02-01", 4}, {two, "2026-01-07", "2026-01-07", 1}}
	if d.rows != 16 || !slices.Equal(d.months, []string{"2026-01", "2026-02"}) || !slices.Equal(d.ranges, want) {
		t.Errorf("got %+v", d)
	}
}
