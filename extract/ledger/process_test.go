package ledger

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"kefu/extract/postgres"
	"kefu/extract/postgres/postgrestest"
)

// The test binary runs itself as another process that does one of these, says
// "ready" and stays until it is killed.
var children = map[string]func(context.Context, *Ledger) error{
	"lease": func(ctx context.Context, l *Ledger) error {
		_, err := l.Acquire(ctx, "pipeline nightly", false)
		return err
	},
	"reader": func(ctx context.Context, l *Ledger) error {
		_, err := l.HoldPublication(ctx, "killed")
		return err
	},
	"run": func(ctx context.Context, l *Ledger) error {
		_, err := l.BeginRun(ctx, "nightly", "run", nil)
		return err
	},
	"half-published": func(ctx context.Context, l *Ledger) error {
		tx, err := l.db.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "insert into publications (id, run, created_at, tables, inputs) values ('half', '', '', '', '')")
		return err
	},
}

// onServer: the states of this round are on a PostgreSQL server.
var onServer bool

// TestMain runs all tests twice: on files, then on a server.
func TestMain(m *testing.M) {
	if what := os.Getenv("KEFU_TEST_CHILD"); what != "" {
		os.Exit(child(what, os.Getenv("KEFU_TEST_STATE")))
	}
	code := m.Run()
	onServer = true
	_, _ = fmt.Fprintln(os.Stdout, "the same with the state on a server:")
	os.Exit(max(code, postgrestest.Run(m)))
}

func child(what, place string) int {
	l, err := openAt(context.Background(), place)
	if err == nil {
		err = children[what](context.Background(), l)
	}
	if err != nil {
		_, _ = fmt.Fprintln(os.Stdout, err)
		return 1
	}
	_, _ = fmt.Fprintln(os.Stdout, "ready")
	select {}
}

// start runs a child until it is ready and returns what kills it.
func start(t *testing.T, what, place string) (kill func(), pid int) {
	t.Helper()
	exe, err := os.Executable()
	ok(t, err)
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), "KEFU_TEST_CHILD="+what, "KEFU_TEST_STATE="+place)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	ok(t, err)
	ok(t, cmd.Start())
	kill = func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
	t.Cleanup(kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	ok(t, err)
	if line != "ready\n" {
		t.Fatalf("child: %s", line)
	}
	return kill, cmd.Process.Pid
}

func TestLeaseOfAnotherProcess(t *testing.T) {
	ctx := t.Context()
	place := newPlace(t)
	l := open(t, place)
	kill, pid := start(t, "lease", place)

	_, err := l.Acquire(ctx, "pipeline nightly", false)
	var locked *LockedError
	if !errors.As(err, &locked) || locked.PID != pid || locked.Host != l.host || time.Since(locked.Since) > time.Hour {
		t.Fatalf("while held: %v", err)
	}
	other := must[*Lease](t)(l.Acquire(ctx, "pipeline weekly", false))
	ok(t, other.Release(ctx))

	waiting, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	if _, err := l.Acquire(waiting, "pipeline nightly", true); !errors.Is(err, context.DeadlineExceeded) || !errors.As(err, &locked) {
		t.Errorf("waiting in vain: %v", err)
	}

	got := make(chan error, 1)
	go func() {
		lease, err := l.Acquire(ctx, "pipeline nightly", true)
		if err == nil {
			err = errors.Join(lease.Check(ctx), lease.Release(ctx))
		}
		got <- err
	}()
	kill() // as kill -9 does: nothing is released
	ok(t, <-got)
}

func TestLeaseEndsWithRelease(t *testing.T) {
	ctx := t.Context()
	l := fresh(t)
	lease := must[*Lease](t)(l.Acquire(ctx, "a", false))
	var locked *LockedError
	if _, err := l.Acquire(ctx, "a", false); !errors.As(err, &locked) || locked.PID != os.Getpid() {
		t.Errorf("held by this process: %v", err)
	}
	ok(t, lease.Release(ctx))
	ok(t, lease.Release(ctx))
	again := must[*Lease](t)(l.Acquire(ctx, "a", false))
	if err := lease.Check(ctx); !errors.Is(err, ErrLeaseLost) {
		t.Errorf("released, then taken by another: %v", err)
	}
	ok(t, lease.Release(ctx)) // must not release the other's
	ok(t, again.Check(ctx))
	ok(t, again.Release(ctx))
}

func TestSilentHolderLosesItsLease(t *testing.T) {
	ctx := t.Context()
	l := fresh(t)
	slow := must[*Lease](t)(l.Acquire(ctx, "a", false))
	_, err := l.db.ExecContext(ctx, "update leases set expires_at = ?", stamp(time.Now().Add(-time.Second)))
	ok(t, err)
	quick := must[*Lease](t)(l.Acquire(ctx, "a", false))
	if err := slow.Check(ctx); !errors.Is(err, ErrLeaseLost) {
		t.Errorf("taken over: %v", err)
	}
	if _, err := l.Publish(ctx, Publication{Run: "slow"}, slow); !errors.Is(err, ErrLeaseLost) {
		t.Errorf("published without the lease: %v", err)
	}
	must[Publication](t)(l.Publish(ctx, Publication{Run: "quick"}, quick))
	if p, _, err := l.Latest(ctx); err != nil || p.Run != "quick" {
		t.Errorf("latest: %+v, %v", p, err)
	}
	ok(t, slow.Release(ctx))
	ok(t, quick.Check(ctx))
	ok(t, quick.Release(ctx))
}

func TestReusedPidIsNotTheHolder(t *testing.T) {
	ctx := t.Context()
	l := fresh(t)
	lease := must[*Lease](t)(l.Acquire(ctx, "a", false))
	defer func() { ok(t, lease.Release(ctx)) }()
	// The pid is of a living process, but of one that started at another time.
	_, err := l.db.ExecContext(ctx, "update leases set process = 'an earlier process'")
	ok(t, err)
	taken := must[*Lease](t)(l.Acquire(ctx, "a", false))
	ok(t, taken.Release(ctx))
}

func TestLeaseOfAnotherHostIsKeptUntilItExpires(t *testing.T) {
	ctx := t.Context()
	l := fresh(t)
	_, err := l.db.ExecContext(ctx, "insert into leases values ('a', 'x', 'elsewhere', 1, 'm', ?, ?)",
		stamp(time.Now()), stamp(time.Now().Add(time.Minute)))
	ok(t, err)
	var locked *LockedError
	if _, err := l.Acquire(ctx, "a", false); !errors.As(err, &locked) || locked.Host != "elsewhere" {
		t.Errorf("held elsewhere: %v", err)
	}
}

func TestRunOfDeadProcessIsInterrupted(t *testing.T) {
	ctx := t.Context()
	place := newPlace(t)
	l := open(t, place)
	kill, _ := start(t, "run", place)
	mine := must[Run](t)(l.BeginRun(ctx, "nightly", "run", nil))
	runs := must[[]Run](t)(l.Runs(ctx, 0))
	if len(runs) != 2 || runs[0].Status != Running || runs[1].Status != Running {
		t.Fatalf("both live: %+v", runs)
	}
	kill()
	must[Run](t)(l.BeginRun(ctx, "nightly", "run", nil))
	for _, r := range must[[]Run](t)(l.Runs(ctx, 0)) {
		if want := map[bool]Status{true: Running, false: Interrupted}[r.PID == mine.PID]; r.Status != want {
			t.Errorf("run of process %d is %s, want %s", r.PID, r.Status, want)
		}
	}
}

// A run that could not say how it ended, here or elsewhere, is over once the
// next one holds the lake; who lost the lake ends nobody's run.
func TestTheHolderOfTheLakeRunsAlone(t *testing.T) {
	ctx, l := t.Context(), fresh(t)
	lost := must[*Lease](t)(l.Acquire(ctx, "lake", false))
	here := must[Run](t)(l.BeginRun(ctx, "nightly", "run", lost))
	ok(t, lost.Release(ctx))
	_, err := l.db.ExecContext(ctx, "insert into runs (id, pipeline, command, started_at, status, host, pid, process) values ('there', '', '', '', ?, 'elsewhere', 1, 'm')", Running)
	ok(t, err)
	if _, err := l.BeginRun(ctx, "nightly", "run", lost); !errors.Is(err, ErrLeaseLost) {
		t.Errorf("begun without the lake: %v", err)
	}
	states := func() map[string]Status {
		all := map[string]Status{}
		for _, r := range must[[]Run](t)(l.Runs(ctx, 0)) {
			all[r.ID] = r.Status
		}
		return all
	}
	if got, want := states(), (map[string]Status{here.ID: Running, "there": Running}); !maps.Equal(got, want) {
		t.Errorf("without the lake runs are %v", got)
	}
	held := must[*Lease](t)(l.Acquire(ctx, "lake", false))
	defer func() { ok(t, held.Release(ctx)) }()
	now := must[Run](t)(l.BeginRun(ctx, "nightly", "run", held))
	if got, want := states(), (map[string]Status{here.ID: Interrupted, "there": Interrupted, now.ID: Running}); !maps.Equal(got, want) {
		t.Errorf("runs are %v, want %v", got, want)
	}
}

func TestKilledInTheMiddlePublishesNothing(t *testing.T) {
	ctx := t.Context()
	place := newPlace(t)
	l := open(t, place)
	must[Publication](t)(l.Publish(ctx, Publication{Run: "before"}, nil))
	kill, _ := start(t, "half-published", place)
	if p, _, err := l.Latest(ctx); err != nil || p.Run != "before" { // readers are not held up
		t.Errorf("meanwhile: %+v, %v", p, err)
	}
	kill()
	if p, _, err := l.Latest(ctx); err != nil || p.Run != "before" {
		t.Errorf("after the kill: %+v, %v", p, err)
	}
	must[Publication](t)(l.Publish(ctx, Publication{Run: "after"}, nil))
}

func TestReadersHoldPublicationsUntilTheyAreGone(t *testing.T) {
	ctx, place := t.Context(), newPlace(t)
	l := open(t, place)
	kill, _ := start(t, "reader", place)
	mine := must[*Lease](t)(l.HoldPublication(ctx, "mine"))
	again := must[*Lease](t)(l.HoldPublication(ctx, "mine"))
	for name, expires := range map[string]time.Duration{"reader/living/x": time.Minute, "reader/silent/x": -time.Second, "lake": time.Minute} {
		_, err := l.db.ExecContext(ctx, "insert into leases values (?, 'x', 'elsewhere', 1, 'm', ?, ?)", name, stamp(time.Now()), stamp(time.Now().Add(expires)))
		ok(t, err)
	}
	held := func(want ...string) {
		t.Helper()
		got := slices.Sorted(maps.Keys(must[map[string]bool](t)(l.HeldPublications(ctx))))
		if !slices.Equal(got, want) {
			t.Errorf("held are %v, want %v", got, want)
		}
	}
	held("killed", "living", "mine")
	kill()
	ok(t, mine.Release(ctx))
	held("living", "mine")
	ok(t, again.Release(ctx))
	held("living")
	var n int
	ok(t, l.db.QueryRowContext(ctx, "select count(*) from leases").Scan(&n))
	if n != 2 {
		t.Errorf("%d leases are left, want those of the lake and of one reader", n)
	}
}

// Another program that has the state locked is waited for, and named as the
// reason when it does not let go.
func TestAStateThatAnotherProgramLocks(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	l := fresh(t)
	lock := func() *sql.Tx {
		t.Helper()
		tx := must[*sql.Tx](t)(l.db.BeginTx(ctx, nil))
		_, err := tx.ExecContext(ctx, "insert into meta (key, value) values ('theirs', '1')")
		ok(t, err)
		return tx
	}
	for _, moment := range []time.Duration{time.Second, busyWait + 5*time.Second} {
		other := lock()
		go func() {
			time.Sleep(moment)
			_ = other.Rollback()
		}()
		_, err := l.BeginRun(ctx, "nightly", "run", nil)
		var away *postgres.UnavailableError
		problem, _, _ := Trouble(err)
		if late := moment > busyWait; late != (strings.Contains(problem, "locked by another program") || errors.As(err, &away) && strings.Contains(err.Error(), "another session of database")) {
			t.Errorf("locked for %s: %v", moment, err)
		}
	}
}

func TestAServerWithoutAFreeConnection(t *testing.T) {
	t.Parallel()
	ctx, machine := t.Context(), postgrestest.Start(t, "max_connections = 3", "superuser_reserved_connections = 0", "max_wal_senders = 0")
	server, err := postgres.Parse(machine.Database(t))
	ok(t, err)
	var taken []*pgx.Conn
	var away *postgres.UnavailableError
	// The place of a closed connection is given away a moment later.
	for full := time.Now().Add(time.Minute); len(taken) < 3; {
		conn, err := server.Connect(ctx)
		if errors.As(err, &away) && time.Now().Before(full) {
			time.Sleep(10 * time.Millisecond)
			continue
		}
		ok(t, err)
		taken = append(taken, conn)
	}
	if _, err := OpenServer(ctx, server, "kefu"); !errors.As(err, &away) || !strings.Contains(err.Error(), "too many clients") {
		t.Errorf("without a free connection: %v", err)
	}
	for _, conn := range taken {
		ok(t, conn.Close(ctx))
	}
}
