package schedule

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"
)

// leaping is a clock that passes as fast as it is slept on; it ends the context
// at its end.
type leaping struct {
	now, end time.Time
	cancel   context.CancelFunc
}

func (c *leaping) Now() time.Time { return c.now }

func (c *leaping) Sleep(ctx context.Context, d time.Duration) error {
	c.now = c.now.Add(d)
	if !c.now.Before(c.end) {
		c.cancel()
	}
	return ctx.Err()
}

func at(text string) time.Time {
	out, _ := time.Parse("2006-01-02 15:04", text)
	return out
}

// served runs a scheduler from one time to another and tells when jobs ran.
func served(t *testing.T, jobs []Job, last map[string]time.Time, from, to string, took time.Duration, result error) ([]string, *Scheduler) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	clock := &leaping{now: at(from), end: at(to), cancel: cancel}
	var ran []string
	s := &Scheduler{
		Jobs: jobs, Clock: clock,
		Last: func(_ context.Context, job string) (time.Time, error) { return last[job], nil },
		Run: func(_ context.Context, job string) error {
			ran = append(ran, job+" "+clock.now.Format("2006-01-02 15:04"))
			_ = clock.Sleep(ctx, took)
			return result
		},
	}
	if err := s.Serve(ctx); err != nil {
		t.Fatal(err)
	}
	return ran, s
}

func TestJobsRunInTheirZone(t *testing.T) {
	shanghai := time.FixedZone("Asia/Shanghai", 8*3600)
	ran, _ := served(t, []Job{{Name: "nightly", Cron: "30 2 * * *", Zone: shanghai}}, nil, "2026-01-01 00:00", "2026-01-03 20:00", time.Minute, nil)
	want := []string{"nightly 2026-01-01 18:30", "nightly 2026-01-02 18:30", "nightly 2026-01-03 18:30"}
	if !slices.Equal(ran, want) {
		t.Fatalf("ran %v, want %v", ran, want)
	}
}

func TestMissedRunsAreMadeUpOnce(t *testing.T) {
	last := map[string]time.Time{"nightly": at("2026-01-01 02:30")}
	ran, _ := served(t, []Job{{Name: "nightly", Cron: "30 2 * * *"}}, last, "2026-01-05 09:00", "2026-01-06 03:00", time.Minute, nil)
	want := []string{"nightly 2026-01-05 09:00", "nightly 2026-01-06 02:30"}
	if !slices.Equal(ran, want) {
		t.Fatalf("ran %v, want %v", ran, want)
	}
}

func TestRunsNeverOverlap(t *testing.T) {
	jobs := []Job{{Name: "a", Cron: "0 * * * *"}, {Name: "b", Cron: "10 * * * *"}}
	ran, _ := served(t, jobs, nil, "2026-01-01 00:30", "2026-01-01 05:00", 100*time.Minute, nil)
	want := []string{"a 2026-01-01 01:00", "b 2026-01-01 02:40", "a 2026-01-01 04:20"}
	if !slices.Equal(ran, want) {
		t.Fatalf("ran %v, want %v", ran, want)
	}
}

func TestAFailureDoesNotEndTheSchedule(t *testing.T) {
	ran, s := served(t, []Job{{Name: "a", Cron: "0 * * * *"}}, nil, "2026-01-01 00:30", "2026-01-01 03:30", time.Minute, errors.New("no server"))
	state := s.States()[0]
	if len(ran) != 3 || state.Failed != 3 || state.LastErr != "no server" || !state.NextAt.Equal(at("2026-01-01 04:00")) {
		t.Fatalf("ran %v, state %+v", ran, state)
	}
}
