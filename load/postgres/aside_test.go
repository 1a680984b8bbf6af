package postgres

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	server "kefu/extract/postgres"
	"kefu/load"
)

// The test binary is also the program that gets killed.
const childEnv = "KEFU_LOAD_CHILD"

// child loads the tables t and u from a file, filling them aside.
func child(dsn, file string) int {
	s, err := server.Parse(dsn)
	if err == nil {
		w := New(s, schema)
		w.swapBytes, w.asideBytes = 0, 0
		_, err = w.Load(context.Background(), numbersOf("p2", 2, file))
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 7
	}
	return 0
}

// exceptAside names all that the database holds but for tables that are filled
// aside.
const exceptAside = `select string_agg(n.nspname || '.' || c.relname, ' ' order by c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
	where n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast') and c.relname !~ '_new(_key)?$'`

// filledAside is a warehouse that holds p1 and fills tables aside, and a reader
// who keeps the next load from renaming them.
func filledAside(t *testing.T) (w *Warehouse, dsn string, reader *pgx.Conn) {
	t.Helper()
	w, dsn = fresh(t)
	w.swapBytes, w.asideBytes = 0, 0
	mustLoad(t, w, numbers(t, "p1", 1, 10))
	reader = connection(t, dsn)
	execute(t, reader, "begin; select count(*) from t")
	return w, dsn, reader
}

// waitForAside waits until t and u are filled.
func waitForAside(t *testing.T, conn *pgx.Conn) {
	t.Helper()
	for value(t, conn, "select count(*) from pg_class where relname in ('t_new', 'u_new')") != "2" {
		time.Sleep(5 * time.Millisecond)
	}
}

func TestNobodyElseReadsWhatIsFilledAside(t *testing.T) {
	w, dsn, reader := filledAside(t)
	conn := connection(t, dsn)
	execute(t, conn, `create role bi; grant select (n) on t to bi;
		alter default privileges in schema `+server.Ident(schema)+` grant select on tables to bi; alter default privileges in schema `+server.Ident(schema)+` grant insert on tables to public`)
	t.Cleanup(func() { execute(t, conn, "drop owned by bi; drop role bi") })
	loaded := make(chan error, 1)
	go func() {
		_, err := w.Load(context.WithoutCancel(t.Context()), numbers(t, "p2", 2, 20))
		loaded <- err
	}()
	waitForAside(t, conn)
	for _, aside := range []string{"t_new", "u_new"} {
		expect(t, conn, "select has_any_column_privilege('bi', '"+aside+"', 'select, insert')", "false")
	}
	expect(t, conn, "select count(*) || ' ' || max(publication_id) from u, etl_publication where table_name = 'u'", "10 p1")
	execute(t, reader, "commit")
	if err := <-loaded; err != nil {
		t.Fatal(err)
	}
	// As for every table that is made in the schema.
	expect(t, conn, "select has_table_privilege('bi', 't', 'select') and has_table_privilege('bi', 'u', 'select') and has_table_privilege('bi', 'u', 'insert')", "true")
	expect(t, conn, "select has_column_privilege('bi', 't', 'n', 'select')", "true")
	expect(t, conn, "select obj_description('t'::regclass) || pg_get_constraintdef(oid) from pg_constraint where conname = 't_key'", "Numbers. Key: n, dt.PRIMARY KEY (dt, n)")
	expect(t, conn, "select count(*) from u", "20")
}

func TestACancelledLoadDropsWhatItFilledAside(t *testing.T) {
	w, dsn, _ := filledAside(t)
	conn := connection(t, dsn)
	before := value(t, conn, everything)
	ctx, cancel := context.WithCancel(t.Context())
	loaded := make(chan error, 1)
	go func() {
		_, err := w.Load(ctx, numbers(t, "p2", 2, 20))
		loaded <- err
	}()
	waitForAside(t, conn)
	cancel()
	if err := <-loaded; !errors.Is(err, context.Canceled) {
		t.Errorf("load: %v", err)
	}
	expect(t, conn, everything, before)
}

func TestWhoKeepsATableGetsNothingAside(t *testing.T) {
	w, dsn, reader := filledAside(t)
	w.patience = 0
	conn := connection(t, dsn)
	before := value(t, conn, everything)
	if _, err := w.Load(t.Context(), numbers(t, "p2", 2, 20)); !errors.Is(err, ErrBusy) {
		t.Errorf("load: %v", err)
	}
	expect(t, conn, everything, before)
	execute(t, reader, "commit")
}

// After a kill the warehouse holds what it held, and the next load drops what
// was filled, even where it has nothing to do.
func TestAKilledLoadIsClearedByTheNext(t *testing.T) {
	w, dsn, reader := filledAside(t)
	first := numbers(t, "p1", 1, 10)
	conn := connection(t, dsn)
	before := value(t, conn, everything)
	rows := make([]number, 100)
	for i := range rows {
		rows[i] = number{int64(i), may2026, "row"}
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], parquetFile(t, rows))
	cmd.Env = append(os.Environ(), childEnv+"="+dsn)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitForAside(t, conn)
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	execute(t, reader, "commit")
	expect(t, conn, exceptAside, before)
	expect(t, conn, "select bool_and(relacl is null) from pg_class where relname in ('t_new', 'u_new')", "true")
	if held, err := w.Held(t.Context()); err != nil || held.Publication != "p1" {
		t.Errorf("held %+v, %v", held, err)
	}
	if result := mustLoad(t, w, first); result.Tables != 0 {
		t.Errorf("the same publication once more: %+v", result)
	}
	expect(t, conn, everything, before)
	mustLoad(t, w, numbers(t, "p3", 3, 30))
	expect(t, conn, "select count(*) from t", "30")
	expect(t, conn, everything, before)
}

func TestAUserWithOneConnectionLoads(t *testing.T) {
	_, dsn := fresh(t)
	conn := connection(t, dsn)
	execute(t, conn, "create role single login password 'single' connection limit 1; grant create on database "+conn.Config().Database+" to single")
	t.Cleanup(func() { execute(t, conn, "drop owned by single cascade; drop role single") })
	config := conn.Config()
	w := New(parse(t, fmt.Sprintf("postgres://single:single@%s:%d/%s?sslmode=disable", config.Host, config.Port, config.Database)), schema)
	w.swapBytes, w.asideBytes = 0, 0
	if result := mustLoad(t, w, numbers(t, "p1", 1, 10)); result.Rows != 20 {
		t.Errorf("%+v", result)
	}
}

// A table that is filled once more by somebody else is not taken for the own.
func TestAnotherTableUnderTheNameAsideIsNotTaken(t *testing.T) {
	w, dsn, reader := filledAside(t)
	conn := connection(t, dsn)
	loaded := make(chan error, 1)
	go func() {
		_, err := w.Load(context.WithoutCancel(t.Context()), numbers(t, "p2", 2, 20))
		loaded <- err
	}()
	waitForAside(t, conn)
	execute(t, conn, "drop table u_new; create table u_new (precious integer)")
	execute(t, reader, "commit")
	if err := <-loaded; err == nil || !strings.Contains(err.Error(), "u_new") {
		t.Errorf("load: %v", err)
	}
	expect(t, conn, "select count(*) || ' ' || max(publication_id) from u, etl_publication where table_name = 'u'", "10 p1")
	expect(t, conn, "select to_regclass('t_new') is null and to_regclass('u_new') is not null", "true")
}

// Large tables are taken one after the other, small ones from the other end.
func TestTheLargestTablesAreFilledFirst(t *testing.T) {
	q := &queue{}
	for i, work := range []int64{500, 300, 190, 8, 2, 0} {
		q.waiting = append(q.waiting, filling{table: load.Table{Name: fmt.Sprint(i)}, work: work})
		q.work += work
	}
	var got []string
	for _, take := range []func() (filling, bool){q.largest, q.small, q.largest, q.small, q.small, q.small, q.largest, q.small, q.largest} {
		next, ok := take()
		got = append(got, next.table.Name+map[bool]string{true: "", false: "-"}[ok])
	}
	if want := "0 5 1 4 3 - 2 - -"; strings.Join(got, " ") != want {
		t.Errorf("%s, want %s", strings.Join(got, " "), want)
	}
}
