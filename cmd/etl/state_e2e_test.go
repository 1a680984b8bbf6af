package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"kefu/cmd/etl/internal/night"
	"kefu/extract/postgres"
	"kefu/extract/postgres/postgrestest"
)

// wrongRows are lines of the story's first shop that go to quarantine.
func (s *story) wrongRows() delivery {
	wrong := talk("wrong", "late1", "a1", 5, "19:00")
	wrong[1]["sent_at"] = "2026-02-30 10:00:00"
	return delivery{source: s.shops[0].ID, name: "chat_messages-wrong.csv", text: sheet("chat_messages", wrong...)}
}

// Two nights with all state on a server end where the same nights end with
// files, in every table, line and rejected row.
func TestStateOnAServerIsAsGoodAsAFile(t *testing.T) {
	t.Parallel()
	s, server := newStory(t), postgrestest.Shared(t)
	here, there := s.install(t, false), s.install(t, false)
	dsn, state := server.Database(t), server.Database(t)
	there.withServer(dsn, state)
	for _, args := range [][]string{{"status"}, {"runs"}, {"query", "select 1"}, {"quarantine", "list"}} {
		if said := there.etl(args...); said.code != exitEnvironment || !strings.Contains(said.err, "etl run") {
			t.Errorf("etl %v before the first night: %+v", args, said)
		}
	}
	if said := there.etl("check"); said.code != exitDone {
		t.Errorf("check: %+v", said)
	}
	half := slices.IndexFunc(s.files, func(f delivery) bool { return f.day > storyDay(4) })
	for _, files := range [][]delivery{s.files[:half], append(s.files[half:], s.wrongRows())} {
		for _, i := range []*installation{here, there} {
			i.deliver(files...)
			i.night(exitDone)
		}
		sameTables(t, "state on a server", here.inFile(), onServer(t, dsn))
		sameTables(t, "state on a server, DuckDB", here.tables(), there.tables())
	}
	mustHaveRows(t, onServer(t, dsn), "kpi_shop_day", "kpi_agent_window", "inquiries", "order_credits")
	if want, got := here.accounted(), there.accounted(); want != got {
		t.Errorf("%d lines are accounted for, want %d", got, want)
	}
	if want, got := here.quarantine(), there.quarantine(); !slices.Equal(want, got) || len(got) != 1 {
		t.Errorf("in quarantine are %v, want %v", got, want)
	}
	if _, err := os.Stat(there.path("var/state.db")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a state beside that of the server: %v", err)
	}
	for _, args := range [][]string{{"status"}, {"runs"}, {"quarantine", "list"}, {"query", "select count(*) from kpi_shop_day"}} {
		want, got := here.etl(args...), there.etl(args...)
		if got.code != exitDone || strings.Count(got.out, "\n") != strings.Count(want.out, "\n") {
			t.Errorf("etl %v says\n%s%s\nwant such as\n%s", args, got.out, got.err, want.out)
		}
	}
}

// A state that cannot be reached is an error with its place, and without its
// password.
func TestAWrongDSNOfTheState(t *testing.T) {
	t.Parallel()
	server := postgrestest.Shared(t)
	i, right := newStory(t).install(t, false), server.Database(t)
	for _, dsn := range []string{strings.Replace(right, "/test_", "/no_test_", 1), strings.Replace(right, server.Password(), server.Password()+"x", 1)} {
		i.env, i.stateDSN = map[string]string{"KEFU_STATE": dsn}, dsn
		i.configure()
		for _, verb := range []string{"check", "run", "status"} {
			said := i.etl(verb)
			if said.code != exitEnvironment || !strings.Contains(said.err, "connect to database") || verb == "check" && !strings.Contains(said.err, "pipelines.yaml:") {
				t.Errorf("etl %s with a wrong DSN: %+v", verb, said)
			}
			hides(t, server, verb, said.out, said.err)
		}
	}
}

// waitFor waits until a query on the database says true.
func waitFor(t *testing.T, dsn, query string) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	db := parsed(t, dsn).Pool("kefu", postgres.Session{})
	defer db.Close()
	for happened := false; !happened; time.Sleep(5 * time.Millisecond) {
		if err := db.QueryRowContext(ctx, query).Scan(&happened); err != nil {
			happened = false // the tables are not there yet
		}
	}
}

// The server of the state goes away in the middle of a night: the run ends with
// what is wrong and the next one completes, with the server gone for a moment
// or for good.
func TestAStateServerThatGoesAway(t *testing.T) {
	t.Parallel()
	s, server := newStory(t), postgrestest.Start(t)
	want := s.install(t, false)
	want.deliver(s.files...)
	want.night(exitDone)
	for name, test := range map[string]struct {
		moment string // in the night
		back   bool   // at once
	}{
		"while it reads, for good":         {"select count(*) > 2 from iceberg_tables", false},
		"while it publishes, for a moment": {"select exists (select from iceberg_tables where table_name like 'kpi%')", true},
	} {
		t.Run(name, func(t *testing.T) {
			i, dsn := s.install(t, false), server.Database(t)
			i.withServer(server.Database(t), dsn)
			i.deliver(s.files...)
			ended := make(chan ended, 1)
			go func() { ended <- i.etl("run") }()
			waitFor(t, dsn, test.moment)
			server.Stop(t)
			if test.back {
				server.Resume(t)
			}
			said := <-ended
			if survived := test.back && said.code == exitDone; said.code != exitEnvironment && !survived {
				t.Errorf("the run ended with %d\n%s%s", said.code, said.out, said.err)
			}
			if said.code != exitDone && !strings.Contains(said.err, "127.0.0.1") && !strings.Contains(said.err, "SQLSTATE") {
				t.Errorf("the error does not tell what is wrong: %s", said.err)
			}
			hides(t, server, "etl run", said.out, said.err)
			if !test.back {
				said = i.etl("check")
				if said.code != exitEnvironment || !strings.Contains(said.err, "state: connect to database") {
					t.Errorf("check while the server is away: %+v", said)
				}
				hides(t, server, "etl check", said.out, said.err)
				server.Resume(t)
			}
			i.night(exitDone)
			sameTables(t, name, want.tables(), i.tables())
			if got, want := i.accounted(), want.accounted(); got != want {
				t.Errorf("%d lines are accounted for, want %d", got, want)
			}
			runs, err := i.ledger().Runs(context.WithoutCancel(t.Context()), 0)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range runs {
				if r.Status == "running" {
					t.Errorf("run %s is left open", r.ID)
				}
			}
		})
	}
}

// Machines that share a state work one at a time, also after one was killed in
// the middle; and a state that the server lost is found again in the lake.
func TestMachinesShareAState(t *testing.T) {
	t.Parallel()
	s, dsn := newStory(t), postgrestest.Shared(t).Database(t)
	here, there := s.install(t, false), s.install(t, false)
	there.env, there.stateDSN = map[string]string{"KEFU_STATE": dsn}, dsn
	there.configure()
	for _, i := range []*installation{here, there} {
		i.deliver(append(s.files, s.wrongRows())...)
	}
	here.night(exitDone)

	killed := there.child("run")
	if err := killed.Start(); err != nil {
		t.Fatal(err)
	}
	waitFor(t, dsn, "select count(*) > 4 from iceberg_tables")
	_ = killed.Process.Kill()
	_ = killed.Wait() // that it was killed
	lease, err := there.ledger().Acquire(t.Context(), night.LeaseName, false)
	if err != nil {
		t.Fatalf("a killed run holds the lake: %v", err)
	}
	if said := finish(there.child("run")); said.code != exitEnvironment || !strings.Contains(said.err, fmt.Sprintf("process %d", os.Getpid())) {
		t.Errorf("a second run ended with %d and said %s", said.code, said.err)
	}
	both := make(chan ended, 2)
	for range 2 {
		cmd := there.child("run", "--wait", "--json")
		go func() { both <- finish(cmd) }()
	}
	if err := lease.Release(t.Context()); err != nil {
		t.Fatal(err)
	}
	worked := 0
	for range 2 {
		if sum := there.summary(<-both, exitDone); len(sum.Reasons) > 0 {
			worked++
		}
	}
	if worked != 1 {
		t.Errorf("%d of two runs at once computed something", worked)
	}
	sameTables(t, "two machines", here.tables(), there.tables())
	if got, want := there.accounted(), here.accounted(); got != want {
		t.Errorf("%d lines are accounted for, want %d", got, want)
	}
	there.losesItsState(dsn)
	sameTables(t, "recovered", here.tables(), there.tables())
}

// losesItsState lets the server lose the state, and recovers it.
func (i *installation) losesItsState(dsn string) {
	i.t.Helper()
	if said := i.etl("state", "backup"); said.code != exitUsage || !strings.Contains(said.err, "pg_dump --schema=kefu") {
		i.t.Errorf("etl state backup: %+v", said)
	}
	db := parsed(i.t, dsn).Pool("public", postgres.Session{})
	defer db.Close()
	if _, err := db.ExecContext(i.t.Context(), "drop schema kefu cascade"); err != nil {
		i.t.Fatal(err)
	}
	if said := i.etl("run"); said.code != exitEnvironment || !strings.Contains(said.err, "etl lake recover") {
		i.t.Errorf("a run without the state: %+v", said)
	}
	if said := i.etl("lake", "recover"); said.code != exitDone || !strings.Contains(said.out, "entered into the catalog") {
		i.t.Errorf("etl lake recover: %+v", said)
	}
	if sum := i.night(exitDone); len(sum.Reasons) != 0 || len(sum.Ingest.Changed) != 0 || sum.Sources[0].Read == 0 {
		i.t.Errorf("the run after it: %+v, changed %v, computed because of %+v", sum.Sources, sum.Ingest.Changed, sum.Reasons)
	}
}
