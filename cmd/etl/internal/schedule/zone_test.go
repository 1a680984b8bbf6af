package schedule

import (
	"slices"
	"testing"
	"time"
	_ "time/tzdata" // the zones of this test, whatever the machine has
)

// Clocks that are changed leave out no night and repeat none.
func TestSchedulesWhereClocksAreChanged(t *testing.T) {
	for name, c := range map[string]struct {
		zone, cron, after string
		want              []string
	}{
		"the hour is leapt over": {"Europe/Berlin", "30 2 * * *", "2026-03-27T12:00:00+01:00", []string{"2026-03-28 02:30 +0100", "2026-03-29 03:30 +0200", "2026-03-30 02:30 +0200"}},
		"the hour comes twice":   {"Europe/Berlin", "30 2 * * *", "2026-10-24T12:00:00+02:00", []string{"2026-10-25 02:30 +0200", "2026-10-26 02:30 +0100"}},
		"it began in the first":  {"Europe/Berlin", "30 2 * * *", "2026-10-25T02:10:00+01:00", []string{"2026-10-26 02:30 +0100"}},
		"another continent":      {"America/New_York", "15 2 * * *", "2026-03-07T12:00:00-05:00", []string{"2026-03-08 03:15 -0400", "2026-03-09 02:15 -0400"}},
		"every hour, leapt over": {"Europe/Berlin", "0 * * * *", "2026-03-29T00:30:00+01:00", []string{"2026-03-29 01:00 +0100", "2026-03-29 03:00 +0200", "2026-03-29 04:00 +0200"}},
		"every hour, twice":      {"Europe/Berlin", "0 * * * *", "2026-10-25T01:30:00+02:00", []string{"2026-10-25 02:00 +0200", "2026-10-25 02:00 +0100", "2026-10-25 03:00 +0100"}},
		"half an hour":           {"Australia/Lord_Howe", "45 1 * * *", "2026-04-04T12:00:00+11:00", []string{"2026-04-05 01:45 +1100", "2026-04-06 01:45 +1030"}},
		"once a week":            {"Europe/Berlin", "30 2 * * 0", "2026-03-28T12:00:00+01:00", []string{"2026-03-29 03:30 +0200", "2026-04-05 02:30 +0200"}},
		"without such days":      {"Asia/Shanghai", "30 2 * * *", "2026-03-28T12:00:00+08:00", []string{"2026-03-29 02:30 +0800", "2026-03-30 02:30 +0800"}},
		"a word":                 {"Europe/Berlin", "@daily", "2026-03-28T12:00:00+01:00", []string{"2026-03-29 00:00 +0100", "2026-03-30 00:00 +0200"}},
	} {
		t.Run(name, func(t *testing.T) {
			zone, err := time.LoadLocation(c.zone)
			if err != nil {
				t.Fatal(err)
			}
			after, err := time.Parse(time.RFC3339, c.after)
			if err != nil {
				t.Fatal(err)
			}
			times, err := Job{Name: "nightly", Cron: c.cron, Zone: zone}.Upcoming(after, len(c.want))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, at := range times {
				got = append(got, at.In(zone).Format("2006-01-02 15:04 -0700"))
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("runs at %v, want %v", got, c.want)
			}
		})
	}
}

func TestAScheduleThatNeverComes(t *testing.T) {
	times, err := Job{Name: "never", Cron: "0 2 30 2 *"}.Upcoming(time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), 2)
	if err != nil || len(times) != 0 {
		t.Fatalf("runs at %v, %v", times, err)
	}
}
