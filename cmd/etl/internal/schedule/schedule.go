// Package schedule owns when pipelines run: by cron in their own time zone,
// never two at once, and once after a downtime however many runs were missed.
package schedule

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/robfig/cron/v3"
)

// Job is a pipeline with a schedule.
type Job struct {
	Name string
	Cron string
	Zone *time.Location
}

// Clock is the present and the passing of time.
type Clock interface {
	Now() time.Time
	// Sleep waits; it returns the context's error when that ends first.
	Sleep(ctx context.Context, d time.Duration) error
}

// Wall is the clock on the wall.
type Wall struct{}

// Now implements Clock.
func (Wall) Now() time.Time { return time.Now() }

// Sleep implements Clock.
func (Wall) Sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// Next is when a job runs after the given time. A job of fixed hours runs once
// on every day that it names, also where clocks are changed: an hour that they
// leap over is made up right after, one that comes twice counts once. Jobs of
// every hour go by the time that passes.
func (j Job) Next(after time.Time) (time.Time, error) {
	s, err := cron.ParseStandard(j.Cron)
	if err != nil {
		return time.Time{}, fmt.Errorf("read schedule of %s: %w", j.Name, err)
	}
	zone := j.Zone
	if zone == nil {
		zone = time.UTC
	}
	if !j.fixedHours() {
		return s.Next(after.In(zone)), nil
	}
	for wall := s.Next(wallOf(after.In(zone))); !wall.IsZero(); wall = s.Next(wall) {
		if at := atWall(wall, zone); at.After(after) {
			return at, nil
		}
	}
	return time.Time{}, nil // a day that no year has
}

// fixedHours says whether the schedule names hours of the day.
func (j Job) fixedHours() bool {
	fields := strings.Fields(j.Cron)
	if len(fields) == 5 {
		return !strings.HasPrefix(fields[1], "*")
	}
	return len(fields) == 1 && fields[0] != "@hourly"
}

// wallOf is what a clock shows, written as if it stood in UTC.
func wallOf(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
}

// atWall is when a clock of the zone first shows that, or where it leaps over
// it, as long after the leap.
func atWall(wall time.Time, zone *time.Location) time.Time {
	at := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), 0, zone)
	if shown := wallOf(at); shown.Before(wall) {
		return at.Add(wall.Sub(shown)) // of the two sides of the leap the later one
	}
	for _, back := range []time.Duration{time.Hour, 30 * time.Minute, 2 * time.Hour} {
		if earlier := at.Add(-back); wallOf(earlier).Equal(wall) {
			return earlier
		}
	}
	return at
}

// Upcoming lists the job's next runs, earliest first.
func (j Job) Upcoming(after time.Time, n int) ([]time.Time, error) {
	out := make([]time.Time, 0, n)
	for range n {
		at, err := j.Next(after)
		if err != nil || at.IsZero() {
			return out, err
		}
		out, after = append(out, at), at
	}
	return out, nil
}

// State is what a job is doing.
type State struct {
	Job     string    `json:"pipeline"`
	Running bool      `json:"running"`
	LastAt  time.Time `json:"last_started_at,omitzero"`
	LastErr string    `json:"last_error,omitempty"`
	NextAt  time.Time `json:"next_at"`
	Runs    int       `json:"runs"`
	Failed  int       `json:"failed"`
}

// Scheduler runs jobs.
type Scheduler struct {
	Jobs  []Job
	Clock Clock
	// Last is when a job's last run began; the zero time where it never ran.
	Last func(ctx context.Context, job string) (time.Time, error)
	// Run does one run of a job. Its error is noted; the schedule goes on.
	Run func(ctx context.Context, job string) error

	mu     sync.Mutex
	states map[string]*State
}

// States tells what every job is doing, in the order of the jobs.
func (s *Scheduler) States() []State {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]State, 0, len(s.Jobs))
	for _, j := range s.Jobs {
		if state := s.states[j.Name]; state != nil {
			out = append(out, *state)
		}
	}
	return out
}

// longestSleep bounds a sleep, so that a clock that was set is noticed.
const longestSleep = time.Minute

// Serve runs the jobs until the context ends. A job whose time has passed while
// nobody served runs at once, once. Jobs run one after the other: all change the
// same lake.
func (s *Scheduler) Serve(ctx context.Context) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	for {
		job, at := s.earliest()
		now := s.Clock.Now()
		if wait := at.Sub(now); wait > 0 {
			if err := s.Clock.Sleep(ctx, min(wait, longestSleep)); err != nil {
				return nil //nolint:nilerr // asked to stop
			}
			continue
		}
		if err := s.one(ctx, job, now); err != nil {
			return err
		}
		if ctx.Err() != nil {
			return nil //nolint:nilerr // asked to stop
		}
	}
}

func (s *Scheduler) begin(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.states = map[string]*State{}
	for _, j := range s.Jobs {
		last, err := s.Last(ctx, j.Name)
		if err != nil {
			return fmt.Errorf("look up the last run of %s: %w", j.Name, err)
		}
		from := last
		if from.IsZero() {
			from = s.Clock.Now()
		}
		next, err := j.Next(from)
		if err != nil {
			return err
		}
		s.states[j.Name] = &State{Job: j.Name, LastAt: last, NextAt: next}
	}
	return nil
}

func (s *Scheduler) earliest() (Job, time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	job := s.Jobs[0]
	for _, j := range s.Jobs[1:] {
		if s.states[j.Name].NextAt.Before(s.states[job.Name].NextAt) {
			job = j
		}
	}
	return job, s.states[job.Name].NextAt
}

// one runs a job and plans its next run from now on: what was missed is made up
// by this one.
func (s *Scheduler) one(ctx context.Context, job Job, now time.Time) error {
	s.mu.Lock()
	state := s.states[job.Name]
	state.Running, state.LastAt = true, now
	s.mu.Unlock()
	err := s.Run(ctx, job.Name)
	next, failed := job.Next(s.Clock.Now())
	s.mu.Lock()
	defer s.mu.Unlock()
	state.Running, state.NextAt, state.LastErr = false, next, ""
	state.Runs++
	if err != nil {
		state.Failed++
		state.LastErr = err.Error()
	}
	return failed
}
