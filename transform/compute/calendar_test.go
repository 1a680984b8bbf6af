package compute

import (
	"context"
	"testing"
	"time"

	"kefu/extract/lake"
)

// The calendar reaches over every instant that means something, by UTC date,
// and no file is read where the times in it are known: there is no engine here.
func TestTheCalendarIsThatOfTheFilesTimes(t *testing.T) {
	at := func(text string) time.Time {
		out, err := time.Parse(time.DateTime, text)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	of := func(from, to string) lake.TimeRange { return lake.TimeRange{From: at(from), To: at(to)} }
	day := of("2026-01-05 00:00:00", "2026-01-05 00:00:00")
	refund := map[string]lake.TimeRange{"event_date": day, "requested_at": of("2026-01-04 16:00:00", "2026-01-05 15:00:00")}
	for _, column := range contentColumnsOf(t, "refunds") {
		if _, ok := refund[column]; !ok {
			refund[column] = lake.TimeRange{} // NULL in every row
		}
	}
	refund["completed_at"] = of("2026-01-06 00:00:00", "2026-02-01 23:59:59")
	refund["version_at"] = of("2020-01-01 00:00:00", "2027-01-01 00:00:00") // when it was exported says nothing
	in := Input{
		Current:   map[string][]lake.File{"refunds": {{Path: "r"}}},
		Snapshots: map[string]int64{"refunds": 7, "orders": lake.Empty},
		TimesAt: func(dataset string, snapshot int64) (map[string]map[string]lake.TimeRange, error) {
			if dataset != "refunds" || snapshot != 7 {
				t.Errorf("asked for %s at %d", dataset, snapshot)
			}
			return map[string]map[string]lake.TimeRange{"r": refund}, nil
		},
	}
	got, err := New(nil, nil, nil).FindCalendar(context.Background(), in)
	if err != nil {
		t.Fatal(err)
	}
	if want := (Calendar{at("2026-01-04 00:00:00"), at("2026-02-01 00:00:00")}); got != want {
		t.Errorf("calendar %v, want %v", got, want)
	}
}

// contentColumnsOf names the columns of a dataset.
func contentColumnsOf(t *testing.T, dataset string) []string {
	t.Helper()
	var out []string
	for _, s := range datasets() {
		if s.Name != dataset {
			continue
		}
		for _, c := range contentColumns(s) {
			out = append(out, c.Name)
		}
	}
	return out
}
