package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

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
			if said.code != exitDone && !strings.Contains(said.err, "127.0.0.1") && !strings.Contains(said.err, "SQLSTATE") && !strings.Contains(said.err, "EOF") {
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
