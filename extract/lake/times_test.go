package lake

import (
	"maps"
	"slices"
	"testing"
	"time"
)

// What the metadata tell of a file's times is what its rows say.
func TestTimeRangesAreThoseOfTheRows(t *testing.T) {
	w := newWorld(t)
	spec := w.ensure(ordersSpec())
	later := `select 'tmall' as platform, date '2026-01-06' as event_date, timestamp '1969-12-31 23:59:59.999999' as created_at,
		1.00::decimal(18,2) as amount, 1::integer as quantity, 1::bigint as seq, true as is_auto, 0.5::double as rate`
	never := `select 'tmall' as platform, date '2026-01-07' as event_date, null::timestamp as created_at,
		1.00::decimal(18,2) as amount, 1::integer as quantity, 1::bigint as seq, true as is_auto, 0.5::double as rate`
	mixed := w.write(spec, "2026-01-06", order("2026-01-06", 2)+" union all "+later)
	null := w.write(spec, "2026-01-07", never)
	id := w.commit("orders", mixed, null)

	got, err := w.TimeRanges(w.ctx, "orders", id)
	if err != nil {
		t.Fatal(err)
	}
	day := func(d int) time.Time { return time.Date(2026, 1, d, 0, 0, 0, 0, time.UTC) }
	want := map[string]map[string]TimeRange{
		mixed.Path: {
			"event_date": {day(6), day(6)},
			"created_at": {time.Date(1969, 12, 31, 23, 59, 59, 999_999_000, time.UTC), time.Date(2026, 1, 6, 8, 0, 0, 123_456_000, time.UTC)},
		},
		null.Path: {"event_date": {day(7), day(7)}, "created_at": {}},
	}
	if len(got) != len(want) {
		t.Errorf("ranges of %v", slices.Collect(maps.Keys(got)))
	}
	for path, ranges := range want {
		if !maps.Equal(got[path], ranges) {
			t.Errorf("%s: got %v, want %v", path, got[path], ranges)
		}
	}
	if none, err := w.TimeRanges(w.ctx, "orders", Empty); err != nil || len(none) > 0 {
		t.Errorf("an empty table: %v, %v", none, err)
	}
}
