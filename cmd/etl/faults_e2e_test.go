package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kefu/extract/extracttest"
)

// matrix is what the runs with faults are compared with, and what became of each
// platform under each fault.
type matrix struct {
	days  int
	want  publishedTables  // the lake after an undisturbed run
	calls map[string]int64 // that each platform had in it

	mu       sync.Mutex
	outcomes map[string]map[string]string // fault → source → outcome
}

func (m *matrix) set(f extracttest.Fault, source, outcome string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.outcomes[string(f)] == nil {
		m.outcomes[string(f)] = map[string]string{}
	}
	m.outcomes[string(f)][source] = outcome
}

// Every platform with every fault, through whole runs: complete data, or a clear
// failure and complete data by a later run.
func TestEveryPlatformWithEveryFault(t *testing.T) {
	t.Parallel()
	clock := testClock{extracttest.NewClock(extracttest.Start)}
	m := &matrix{days: 3, calls: map[string]int64{}, outcomes: map[string]map[string]string{}} // up to the sample's busiest day
	g := openGates(t, clock.Now, m.days)
	undisturbed := g.install(t, ingestOnly)
	undisturbed.summary(undisturbed.etlWith(hasty(clock), "run", "--json"), exitDone)
	m.want = undisturbed.lakeRows()
	mustHaveRows(t, m.want, pulledDatasets...)
	for _, one := range g.list {
		m.calls[one.kind] = one.calls.Load()
	}
	t.Run("of", func(t *testing.T) {
		for _, f := range extracttest.Passing() {
			t.Run(string(f), func(t *testing.T) { t.Parallel(); m.livesThrough(t, f) })
		}
		for _, f := range extracttest.Final() {
			t.Run(string(f), func(t *testing.T) { t.Parallel(); m.comesBackAfter(t, f) })
		}
	})
	for _, f := range slices.Concat(extracttest.Passing(), extracttest.Final()) {
		t.Logf("%-32s %v", f, m.outcomes[string(f)])
	}
}

// cannot says why a platform cannot have a fault.
func cannot(source string, f extracttest.Fault) string {
	if source == "kuaishou" && f == extracttest.LyingTotal {
		return "no totals"
	}
	return ""
}

func (m *matrix) livesThrough(t *testing.T, f extracttest.Fault) {
	clock := testClock{extracttest.NewClock(extracttest.Start)}
	g := openGates(t, clock.Now, m.days)
	i, program := g.install(t, ingestOnly), func() *app { return hasty(clock) }
	waited := f == extracttest.TimeOut || f == extracttest.Ban
	if waited {
		program = func() *app {
			a := hasty(clock)
			a.patience.timeout = 700 * time.Millisecond
			return a
		}
	}
	for _, one := range g.list {
		every := 5
		if waited {
			every = int(m.calls[one.kind] / 3)
		}
		one.faults.Play(f, every)
	}
	s := i.summary(i.etlWith(program(), "run", "--json"), exitDone)
	for _, one := range g.list {
		if one.faults.Met() == 0 && cannot(one.kind, f) == "" {
			t.Errorf("%s never met the fault", one.kind)
		}
	}
	for _, source := range s.Sources {
		if source.Pull == nil || source.Pull.State != "done" {
			t.Errorf("%s: %+v", source.Name, source.Pull)
		}
	}
	g.play(extracttest.None, 0)
	want := m.want
	if f == extracttest.Shift { // the shops are others by now: what changed comes an hour later
		clock.Advance(time.Hour)
		i.summary(i.etlWith(hasty(clock), "run", "--json"), exitDone)
		fresh := g.install(t, ingestOnly)
		fresh.summary(fresh.etlWith(hasty(clock), "run", "--json"), exitDone)
		want = fresh.lakeRows()
	}
	sameTables(t, string(f), want, i.lakeRows())
	i.accounted()
	for _, one := range g.list {
		m.set(f, one.kind, "complete")
		if why := cannot(one.kind, f); why != "" {
			m.set(f, one.kind, why)
		}
	}
}

func (m *matrix) comesBackAfter(t *testing.T, f extracttest.Fault) {
	clock := testClock{extracttest.NewClock(extracttest.Start)}
	g := openGates(t, clock.Now, m.days)
	i := g.install(t, ingestOnly)
	after := func(of *gate, its, _ int64) { // after some windows came
		if its == 7 {
			of.faults.Play(f, 1)
		}
	}
	g.after.Store(&after)
	e := i.etlWith(hasty(clock), "run", "--json")
	s := i.summary(e, exitFailed)
	if s.Status != "partial" || strings.Contains(e.out+e.err, extracttest.Secret) {
		t.Errorf("status %s\n%s", s.Status, e.err)
	}
	said := map[string]string{}
	for _, source := range s.Sources {
		if source.Pull == nil || source.Pull.State == "done" || (source.Pull.Quota != nil) != (f == extracttest.DailyQuota) {
			t.Errorf("%s: %+v", source.Name, source.Pull)
		}
		for _, text := range s.Errors {
			if strings.HasPrefix(text, "source "+source.Name+": pull ") {
				said[source.Name] = text
			}
		}
		if said[source.Name] == "" {
			t.Errorf("%s: no error says what happened: %v", source.Name, s.Errors)
		}
	}
	mustStand(t, i, clock, f, s.RunID)
	if f == extracttest.DailyQuota {
		mustAskNothing(t, g, i, clock)
	}
	g.after.Store(nil)
	g.play(extracttest.None, 0)
	clock.Advance(24 * time.Hour)
	i.summary(i.etlWith(hasty(clock), "run", "--json"), exitDone)
	sameTables(t, string(f), m.want, i.lakeRows())
	i.accounted()
	for name, text := range said {
		m.set(f, name, "failed clearly, then complete")
		t.Log(text)
	}
}

// mustStand looks at what `etl status` and `etl runs` say of shops that failed.
func mustStand(t *testing.T, i *installation, clock testClock, f extracttest.Fault, run string) {
	t.Helper()
	said := i.etlWith(hasty(clock), "status")
	for _, want := range map[extracttest.Fault][]string{
		extracttest.DailyQuota: {"partial", "the platform's quota is used up until 2026-03-21 00:00 +0800", "postponed", "pipeline nightly runs next at 2026-03-21 02:30 +0800"},
		extracttest.Denied:     {"partial", "failed", "orders.modified"},
	}[f] {
		if said.code != exitDone || !strings.Contains(said.out, want) {
			t.Errorf("etl status (%d) does not say %q:\n%s%s", said.code, want, said.out, said.err)
		}
	}
	if runs := i.etlWith(hasty(clock), "runs", "--json"); !strings.Contains(runs.out, `"partial"`) {
		t.Errorf("etl runs does not say that it was partial:\n%s", runs.out)
	}
	if shown := i.etlWith(hasty(clock), "runs", "show", run); !strings.Contains(shown.out, "taobao: partly pulled") || strings.Contains(shown.out, "left to a later run: ") != (f == extracttest.DailyQuota) {
		t.Errorf("etl runs show does not say what is left:\n%s", shown.out)
	}
	var told standing
	if e := i.etlWith(hasty(clock), "status", "--json"); json.Unmarshal([]byte(e.out), &told) != nil || len(told.Pulls) != 5 || len(told.Pipelines) != 1 || len(told.Pipelines[0].Next) != 3 {
		t.Fatalf("etl status --json says\n%s%s", e.out, e.err)
	}
	for _, p := range told.Pulls {
		loaded := 0
		for _, s := range p.Streams {
			if s.Until != nil && !s.Until.After(*s.Since) || s.State == "failed" && s.Error == "" {
				t.Errorf("%s: %+v", p.Source, s)
			}
			if s.Until != nil {
				loaded++
			}
		}
		if loaded == 0 || (p.Quota != nil) != (f == extracttest.DailyQuota) {
			t.Errorf("%s: %d streams are loaded in part, quota %v", p.Source, loaded, p.Quota)
		}
	}
}

// mustAskNothing runs once more on the day on which the quota was used up.
func mustAskNothing(t *testing.T, g *gates, i *installation, clock testClock) {
	t.Helper()
	before := g.calls.Load()
	s := i.summary(i.etlWith(hasty(clock), "run", "--json"), exitFailed)
	if made := g.calls.Load() - before; made != 0 {
		t.Errorf("%d calls although the quota is used up", made)
	}
	if text := fmt.Sprint(s.Errors); strings.Count(text, "quota is used up until 2026-03-21 00:00 +0800") != len(g.list) {
		t.Errorf("the run says %s", text)
	}
}
