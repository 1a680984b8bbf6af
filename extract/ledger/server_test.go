package ledger

import (
	"errors"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kefu/extract/postgres"
	"kefu/extract/postgres/postgrestest"
)

func TestStatementsForAServer(t *testing.T) {
	for statement, want := range map[string]string{
		"select a from b where c = ? and d = '?' or e = ?": "select a from b where c = $1 and d = '?' or e = $2",
		"select 'it''s ?', ?":                              "select 'it''s ?', $1",
		"create table t (id text primary key, text_rules text not null, n integer, f real, raw blob)": `create table t (id text collate "C" primary key, text_rules text collate "C" not null, n bigint, f double precision, raw bytea)`,
		"create table p (seq integer primary key autoincrement)":                                      "create table p (seq bigint generated always as identity primary key)",
	} {
		if got := serverStatement(statement); got != want {
			t.Errorf("%s became %s, want %s", statement, got, want)
		}
	}
}

func TestOneOfManyGetsTheLease(t *testing.T) {
	place := newPlace(t)
	machines := []*Ledger{open(t, place), open(t, place)}
	var got, refused atomic.Int64
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() {
			_, err := machines[i%2].Acquire(t.Context(), "lake", false)
			var locked *LockedError
			switch {
			case err == nil:
				got.Add(1)
			case errors.As(err, &locked):
				refused.Add(1)
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got.Load() != 1 || refused.Load() != 11 {
		t.Errorf("%d got it, %d were told who has it", got.Load(), refused.Load())
	}
}

func TestRunsOfASilentHolderAreInterrupted(t *testing.T) {
	ctx, l := t.Context(), fresh(t)
	for _, statement := range []string{
		"insert into leases values ('lake', 'x', 'elsewhere', 7, 'm', ?, ?)",
		"insert into runs (id, pipeline, command, started_at, status, host, pid, process) values ('r', 'p', 'run', ?, 'running', 'elsewhere', 7, 'm')",
		"insert into runs (id, pipeline, command, started_at, status, host, pid, process) values ('s', 'p', 'run', ?, 'running', 'elsewhere', 8, 'm')",
	} {
		past := []any{stamp(time.Now().Add(-time.Hour)), stamp(time.Now().Add(-time.Hour))}
		_, err := l.db.ExecContext(ctx, statement, past[:strings.Count(statement, "?")]...)
		ok(t, err)
	}
	lease := must[*Lease](t)(l.Acquire(ctx, "lake", false))
	defer func() { ok(t, lease.Release(ctx)) }()
	for id, want := range map[string]Status{"r": Interrupted, "s": Running} {
		if run := must[Run](t)(l.Run(ctx, id)); run.Status != want {
			t.Errorf("run %s of the holder's machine is %s, want %s", id, run.Status, want)
		}
	}
}

func TestAMachineOfTheSameNameIsAnother(t *testing.T) {
	mine, err := hostName(true)
	ok(t, err)
	name, _ := os.Hostname()
	if shownHost(mine) != name {
		t.Errorf("host %s is shown as %s", mine, shownHost(mine))
	}
	ctx := t.Context()
	server, err := postgres.Parse(postgrestest.Shared(t).Database(t))
	ok(t, err)
	l := must[*Ledger](t)(OpenServer(ctx, server, "kefu"))
	defer func() { ok(t, l.Close()) }()
	// No process of this machine has that pid; on the other one it lives.
	_, err = l.db.ExecContext(ctx, "insert into leases values ('lake', 'x', ?, 2147483000, 'm', ?, ?)",
		name+"@ffffffff", stamp(time.Now()), stamp(time.Now().Add(time.Minute)))
	ok(t, err)
	var locked *LockedError
	if _, err := l.Acquire(ctx, "lake", false); !errors.As(err, &locked) || !strings.Contains(err.Error(), "on "+name+" since") {
		t.Errorf("held by a machine of the same name: %v", err)
	}
}

func TestARestartedServerKeepsTheState(t *testing.T) {
	ctx, machine := t.Context(), postgrestest.Start(t)
	server, err := postgres.Parse(machine.Database(t))
	ok(t, err)
	l := must[*Ledger](t)(OpenServer(ctx, server, "kefu"))
	defer func() { ok(t, l.Close()) }()
	run := must[Run](t)(l.BeginRun(ctx, "nightly", "run", nil))
	lease := must[*Lease](t)(l.Acquire(ctx, "lake", false))
	machine.Stop(t)
	var away *postgres.UnavailableError
	if err := lease.Check(ctx); !errors.As(err, &away) || strings.Contains(err.Error(), machine.Password()) {
		t.Errorf("while the server is away: %v", err)
	}
	if _, err := l.Publish(ctx, Publication{Run: run.ID}, lease); !errors.As(err, &away) {
		t.Errorf("published while the server is away: %v", err)
	}
	machine.Resume(t)
	ok(t, lease.Check(ctx))
	must[Publication](t)(l.Publish(ctx, Publication{Run: run.ID}, lease))
	ok(t, l.EndRun(ctx, run.ID, Done, nil, nil))

	// Given up while the server is away: it is free once the server is back.
	machine.Stop(t)
	if err := lease.Release(ctx); !errors.As(err, &away) {
		t.Errorf("released while the server is away: %v", err)
	}
	machine.Resume(t)
	again := must[*Lease](t)(l.Acquire(ctx, "lake", false))
	ok(t, again.Release(ctx))
}

func TestNamesThatAServerCannotHold(t *testing.T) {
	ctx, l := t.Context(), fresh(t)
	const name = "订单\xb6\xa9.csv"
	ok(t, l.Quarantine(ctx, []Rejected{{Source: "s", File: name, LandedID: "L", Dataset: "orders", Line: 1, Reason: "zero\x00byte", Run: "1", Raw: []byte{0, 0xff}}}))
	ok(t, l.SettleQuarantine(ctx, "s", name, "another", "2"))
	rows := must[[]Rejected](t)(l.Quarantined(ctx, QuarantineFilter{}))
	if len(rows) != 1 || rows[0].Status != Replayed || !strings.HasPrefix(rows[0].File, "订单") {
		t.Fatalf("in quarantine: %+v", rows)
	}
	if row := must[Rejected](t)(l.ShowQuarantined(ctx, rows[0].ID)); string(row.Raw) != "\x00\xff" {
		t.Errorf("the bytes came back as %q", row.Raw)
	}
}

func TestABackupOfAServerIsTheServers(t *testing.T) {
	server, err := postgres.Parse(postgrestest.Shared(t).Database(t))
	ok(t, err)
	l := must[*Ledger](t)(OpenServer(t.Context(), server, "kefu"))
	defer func() { ok(t, l.Close()) }()
	if err := l.Backup(t.Context(), t.TempDir()+"/copy.db"); err == nil || !strings.Contains(err.Error(), "pg_dump --schema=kefu") {
		t.Errorf("back up: %v", err)
	}
	if exists := must[bool](t)(OnServer(t.Context(), server, "kefu")); !exists {
		t.Error("the state is not found")
	}
	if exists := must[bool](t)(OnServer(t.Context(), server, "other")); exists {
		t.Error("a state is found where there is none")
	}
}
