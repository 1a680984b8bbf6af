package compute

import (
	"testing"
	"time"

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
