package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/parquet-go/parquet-go"

	"kefu/extract/postgres/postgrestest"
	"kefu/load"
)

// number is a row of the tables t and u of these tests.
type number struct {
	N    int64  `parquet:"n"`
	Dt   int32  `parquet:"dt,date"`
	Text string `parquet:"text"`
}

// may2026 is 2026-05-01, counted from 1970.
const may2026 = 20574

func parquetFile(t testing.TB, rows []number) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "data.parquet")
	if err := parquet.WriteFile(path, rows); err != nil {
		t.Fatal(err)
	}
	return path
}

// numbers publishes t and u with rows 0 … n-1 in May 2026.
func numbers(t testing.TB, id string, snapshot int64, n int) load.Publication {
	t.Helper()
	rows := make([]number, n)
	for i := range rows {
		rows[i] = number{int64(i), may2026 + int32(i%28), fmt.Sprint("row ", i)}
	}
	return numbersOf(id, snapshot, parquetFile(t, rows))
}

// numbersOf publishes t and u with the rows of a file.
func numbersOf(id string, snapshot int64, file string) load.Publication {
	table := func(name string) load.Change {
		return load.Change{Snapshot: snapshot, Files: []string{file}, Table: load.Table{
			Name: name, Comment: "Numbers.", Key: []string{"n", "dt"}, PartitionColumn: "dt",
			Columns: []load.Column{{Name: "n", Type: "BIGINT", Comment: "数 it's"}, {Name: "dt", Type: "DATE"}, {Name: "text", Type: "VARCHAR"}},
		}}
	}
	return load.Publication{ID: id, Tables: []load.Change{table("t"), table("u")}}
}

// one publishes t and u anew with one more row in June.
func more(t testing.TB, id string, before load.Publication, base, snapshot int64) load.Publication {
	t.Helper()
	june := parquetFile(t, []number{{-1, may2026 + 40, "june"}})
	next := load.Publication{ID: id}
	for _, change := range before.Tables {
		change.Base, change.Snapshot = base, snapshot
		change.Changed = []load.Partition{{Value: "2026-06", Files: []string{june}}}
		change.Files = append([]string{june}, change.Files...)
		next.Tables = append(next.Tables, change)
	}
	return next
}

func mustLoad(t testing.TB, w *Warehouse, publication load.Publication) load.Result {
	t.Helper()
	result, err := w.Load(t.Context(), publication)
	if err != nil {
		t.Fatalf("load %s: %v", publication.ID, err)
	}
	return result
}

// connection is one of the superuser, with the schema in its path.
func connection(t testing.TB, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	execute(t, conn, `set search_path = "`+strings.ReplaceAll(schema, `"`, `""`)+`", public`)
	return conn
}

func execute(t testing.TB, conn *pgx.Conn, statements string) {
	t.Helper()
	if _, err := conn.Exec(context.WithoutCancel(t.Context()), statements); err != nil {
		t.Fatalf("%s: %v", statements, err)
	}
}

func value(t testing.TB, conn *pgx.Conn, query string) string {
	t.Helper()
	var s *string
	if err := conn.QueryRow(t.Context(), "select ("+query+")::text").Scan(&s); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	if s == nil {
		return "NULL"
	}
	return *s
}

func expect(t testing.TB, conn *pgx.Conn, query, want string) {
	t.Helper()
	if got := value(t, conn, query); got != want {
		t.Errorf("%s = %s, want %s", query, got, want)
	}
}

// everything names all that the database holds outside of the system.
const everything = `select string_agg(n.nspname || '.' || c.relname, ' ' order by c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace
	where n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')`

func TestDefinitionsStandInTheSchema(t *testing.T) {
	w, dsn := fresh(t)
	publication := numbers(t, "p1", 1, 10)
	mustLoad(t, w, publication)
	conn := connection(t, dsn)
	expect(t, conn, "select obj_description('t'::regclass)", "Numbers. Key: n, dt.")
	expect(t, conn, "select col_description('t'::regclass, 1)", "数 it's")
	expect(t, conn, "select pg_get_constraintdef(oid) from pg_constraint where conrelid = 't'::regclass and conname = 't_key'", "PRIMARY KEY (dt, n)")
	expect(t, conn, "select string_agg(format_type(atttypid, atttypmod), ',') from (select * from pg_attribute where attrelid = 't'::regclass and attnum > 0 order by attnum) a",
		"bigint,date,text")
	expect(t, conn, "select key_columns || ' ' || partition_column from etl_publication where table_name = 't'", "n|dt dt")

	publication.Tables[0].Table.Columns[0].Comment = "better words"
	if result := mustLoad(t, w, publication); result.Rows != 0 {
		t.Errorf("new words alone: %+v", result)
	}
	expect(t, conn, "select col_description('t'::regclass, 1)", "better words")
}

func TestAKeyWithMissingValuesIsStillUnique(t *testing.T) {
	w, dsn := fresh(t)
	mustLoad(t, w, load.Publication{ID: "p1", Inline: []load.Inline{{
		Table: load.Table{Name: "t", Key: []string{"a", "b"}, Columns: []load.Column{{Name: "a", Type: "VARCHAR"}, {Name: "b", Type: "DATE"}}},
		Rows:  [][]any{{"x", nil}, {"y", nil}},
	}}})
	conn := connection(t, dsn)
	expect(t, conn, "select pg_get_constraintdef(oid) from pg_constraint where conrelid = 't'::regclass", "UNIQUE NULLS NOT DISTINCT (b, a)")
}

func TestARepeatedKeyIsRefused(t *testing.T) {
	w, dsn := fresh(t)
	mustLoad(t, w, numbers(t, "p1", 1, 3))
	bad := numbers(t, "p2", 2, 3)
	bad.Tables[1].Files = []string{parquetFile(t, []number{{1, may2026, "secret nick"}, {1, may2026, "secret nick"}})}
	_, err := w.Load(t.Context(), bad)
	if err == nil || !strings.Contains(err.Error(), "table u") || strings.Contains(err.Error(), "secret") {
		t.Errorf("load: %v", err)
	}
	expect(t, connection(t, dsn), "select count(*) || ' ' || max(publication_id) from t, etl_publication where table_name = 't'", "3 p1")
}

func TestWhatOthersBuiltStays(t *testing.T) {
	for name, swapBytes := range map[string]int64{"renaming": 0, "in place": 1 << 40} {
		t.Run(name, func(t *testing.T) {
			w, dsn := fresh(t)
			w.swapBytes = swapBytes
			first := numbers(t, "p1", 1, 100)
			mustLoad(t, w, first)
			conn := connection(t, dsn)
			execute(t, conn, `create role analyst_`+name[:2]+`; grant select on t, u to analyst_`+name[:2]+`; grant update (text) on t to public;
				create view public.v as select n, dt from t; create index mine on u (text); create table mine_too (n integer); insert into mine_too values (7)`)
			t.Cleanup(func() { execute(t, conn, "drop owned by analyst_"+name[:2]+"; drop role analyst_"+name[:2]) })

			second := numbers(t, "p2", 2, 50)
			second.Tables[0].Table.Columns = append(second.Tables[0].Table.Columns, load.Column{Name: "extra", Type: "DECIMAL(18,6)"})
			mustLoad(t, w, second)
			expect(t, conn, "select count(*) from public.v", "50")
			expect(t, conn, "select count(*) from u", "50")
			expect(t, conn, "select count(*) from t where extra is null", "50")
			expect(t, conn, "select has_table_privilege('analyst_"+name[:2]+"', 't', 'select') and has_table_privilege('analyst_"+name[:2]+"', 'u', 'select')", "true")
			expect(t, conn, "select has_column_privilege('analyst_"+name[:2]+"', 't', 'text', 'update')", "true")
			expect(t, conn, "select to_regclass('mine')::text", "mine")
			expect(t, conn, "select n from mine_too", "7")
			expect(t, conn, "select pg_get_constraintdef(oid) from pg_constraint where conname = 't_key'", "PRIMARY KEY (dt, n)")

			// A column that a view needs cannot go; the view is named.
			third := numbers(t, "p3", 3, 20)
			third.Tables[0].Table.Columns = third.Tables[0].Table.Columns[1:]
			third.Tables[0].Table.Key = nil
			if _, err := w.Load(t.Context(), third); err == nil || !strings.Contains(err.Error(), "view public.v") && !strings.Contains(err.Error(), "view v") {
				t.Errorf("load without a column of a view: %v", err)
			}
			expect(t, conn, "select count(*) from public.v", "50")
		})
	}
}

func TestAChangedGrainChangesTheKey(t *testing.T) {
	w, dsn := fresh(t)
	publication := numbers(t, "p1", 1, 10)
	mustLoad(t, w, publication)
	conn := connection(t, dsn)
	const key = "select pg_get_constraintdef(oid) from pg_constraint where conrelid = 't'::regclass and conname = 't_key'"
	publication.Tables[0].Table.Key = []string{"n"}
	if result := mustLoad(t, w, publication); result.Rows != 0 {
		t.Errorf("a new grain alone: %+v", result)
	}
	expect(t, conn, key, "PRIMARY KEY (n)")
	next := more(t, "p2", publication, 1, 2)
	next.Tables[0].Table.Key = []string{"text", "n"}
	mustLoad(t, w, next)
	expect(t, conn, key, "PRIMARY KEY (n, text)")
	expect(t, conn, "select count(*) from t", "11")
	next.ID, next.Tables[0].Table.Key = "p3", nil
	mustLoad(t, w, next)
	expect(t, conn, "select count(*) from pg_constraint where conrelid = 't'::regclass", "0")
}

func TestATableAlteredInPlaceIsNotReadWholeEveryTime(t *testing.T) {
	w, dsn := fresh(t)
	first := numbers(t, "p1", 1, 10)
	mustLoad(t, w, first)
	conn := connection(t, dsn)
	execute(t, conn, "create view public.v as select n from t")
	second := numbers(t, "p2", 2, 10)
	second.Tables[0].Table.Columns = []load.Column{{Name: "extra", Type: "BIGINT"}, {Name: "text", Type: "VARCHAR"}, {Name: "dt", Type: "DATE"}, {Name: "n", Type: "BIGINT"}}
	mustLoad(t, w, second)
	third := more(t, "p3", second, 2, 3)
	if result := mustLoad(t, w, third); result.Rows != 2 {
		t.Errorf("one more row in each of two tables: %+v", result)
	}
	expect(t, conn, "select count(*) from public.v", "11")
}

func TestRightsAreHandedOnToANewTable(t *testing.T) {
	w, dsn := fresh(t)
	w.swapBytes = 0
	mustLoad(t, w, numbers(t, "p1", 1, 10))
	conn := connection(t, dsn)
	execute(t, conn, `create role "bi tool"; grant select on t to "bi tool" with grant option; grant select (n) on u to public`)
	t.Cleanup(func() { execute(t, conn, `drop owned by "bi tool"; drop role "bi tool"`) })
	before := value(t, conn, "select 't'::regclass::oid")
	mustLoad(t, w, numbers(t, "p2", 2, 20))
	if value(t, conn, "select 't'::regclass::oid") == before {
		t.Error("the table was not renamed into place")
	}
	expect(t, conn, `select has_table_privilege('bi tool', 't', 'select with grant option')`, "true")
	expect(t, conn, `select has_column_privilege('bi tool', 'u', 'n', 'select') and not has_column_privilege('bi tool', 'u', 'text', 'select')`, "true")
}

func TestForeignObjectsStayUntouched(t *testing.T) {
	for name, foreign := range map[string]string{
		"a table":       "create table u (precious integer); insert into u values (1)",
		"a view":        "create view u as select 1 as precious",
		"a sequence":    "create sequence u",
		"other records": "create table etl_publication (precious integer)",
		"a name aside":  "create table t_new (precious integer)",
	} {
		t.Run(name, func(t *testing.T) {
			w, dsn := fresh(t)
			conn := connection(t, dsn)
			execute(t, conn, `create schema "`+strings.ReplaceAll(schema, `"`, `""`)+`"; create table bystander (n integer); `+foreign)
			before := value(t, conn, everything)
			if _, err := w.Load(t.Context(), numbers(t, "p1", 1, 10)); !errors.Is(err, ErrForeign) {
				t.Errorf("load: %v", err)
			}
			expect(t, conn, everything, before)
		})
	}
}

func TestATableThatWasDroppedOrAlteredIsMadeAnew(t *testing.T) {
	w, dsn := fresh(t)
	first := numbers(t, "p1", 1, 10)
	mustLoad(t, w, first)
	conn := connection(t, dsn)
	execute(t, conn, "drop table t; alter table u drop column text")
	mustLoad(t, w, more(t, "p2", first, 1, 2))
	expect(t, conn, "select count(*) || ' ' || count(text) from t", "11 11")
	expect(t, conn, "select count(*) || ' ' || count(text) from u", "11 11")
	held, err := w.Held(t.Context())
	if err != nil || held.Publication != "p2" || held.Snapshots["t"] != 2 {
		t.Errorf("held %+v, %v", held, err)
	}
}

func TestSmallChangesReadOnlyWhatChanged(t *testing.T) {
	w, dsn := fresh(t)
	w.swapBytes = 0
	first := numbers(t, "p1", 1, 20_000)
	if result := mustLoad(t, w, first); !result.Rebuilt || result.Rows != 40_000 {
		t.Errorf("first load: %+v", result)
	}
	conn := connection(t, dsn)
	before := value(t, conn, "select 't'::regclass::oid")
	if result := mustLoad(t, w, more(t, "p2", first, 1, 2)); result.Rebuilt || result.Rows != 2 || result.Tables != 2 {
		t.Errorf("one row more: %+v", result)
	}
	expect(t, conn, "select 't'::regclass::oid", before)
	expect(t, conn, "select count(*) from t", "20001")
}

func TestAFailedLoadLeavesNothing(t *testing.T) {
	for name, asideBytes := range map[string]int64{"in one transaction": 1 << 40, "filled aside": 0} {
		t.Run(name, func(t *testing.T) {
			w, dsn := fresh(t)
			w.swapBytes, w.asideBytes = 0, asideBytes
			conn := connection(t, dsn)
			bad := numbers(t, "p1", 1, 10)
			bad.Tables[1].Table.Columns[2].Type = "INTEGER" // the file holds texts
			if _, err := w.Load(t.Context(), bad); err == nil || !strings.Contains(err.Error(), "column text") {
				t.Errorf("load: %v", err)
			}
			expect(t, conn, "select count(*) from pg_namespace where nspname = 'kpi \"of\" o''clock'", "0")
			mustLoad(t, w, numbers(t, "p1", 1, 10))
			before := value(t, conn, everything)
			bad.ID = "p2"
			if _, err := w.Load(t.Context(), bad); err == nil {
				t.Error("a second bad load went through")
			}
			expect(t, conn, everything, before)
		})
	}
}

func TestATransactionThatLocksSeesOnePublication(t *testing.T) {
	w, dsn := fresh(t)
	w.swapBytes = 0
	mustLoad(t, w, numbers(t, "p1", 1, 10))
	conn := connection(t, dsn)
	execute(t, conn, "begin read only, isolation level repeatable read; lock table etl_publication in access share mode")
	loaded := make(chan error, 1)
	go func() {
		_, err := w.Load(context.WithoutCancel(t.Context()), numbers(t, "p2", 2, 20))
		loaded <- err
	}()
	waitForLoad(t, dsn)
	// New readers are kept waiting for a moment only.
	expect(t, connection(t, dsn), "select count(*) from t", "10")
	expect(t, conn, "select count(*) from t", "10")
	expect(t, conn, "select count(*) from u", "10")
	execute(t, conn, "commit")
	if err := <-loaded; err != nil {
		t.Fatal(err)
	}
	expect(t, conn, "select count(*) from u", "20")
}

func TestReadSeesOnePublication(t *testing.T) {
	w, dsn := fresh(t)
	w.swapBytes = 0
	never := func(*sql.Tx) error { t.Error("an empty warehouse is read"); return nil }
	if err := w.Read(t.Context(), never); !errors.Is(err, ErrEmpty) {
		t.Errorf("read an empty warehouse: %v", err)
	}
	mustLoad(t, w, numbers(t, "p1", 1, 10))
	first, count := true, 0
	loaded := make(chan error, 1)
	err := w.Read(t.Context(), func(tx *sql.Tx) error {
		for _, table := range []string{"t", "u"} {
			if err := tx.QueryRowContext(t.Context(), "select count(*) from "+table).Scan(&count); err != nil || count != 10 {
				t.Errorf("%s has %d rows, %v", table, count, err)
			}
			if first {
				first = false
				go func() {
					_, err := w.Load(context.WithoutCancel(t.Context()), numbers(t, "p2", 2, 20))
					loaded <- err
				}()
				waitForLoad(t, dsn)
			}
		}
		return nil
	})
	if err = errors.Join(err, <-loaded); err != nil {
		t.Fatal(err)
	}
	expect(t, connection(t, dsn), "select count(*) from u", "20")
}

// waitForLoad waits until a load wants to rename tables that others read.
func waitForLoad(t *testing.T, dsn string) {
	t.Helper()
	watcher := connection(t, dsn)
	for value(t, watcher, "select count(*) from pg_locks l join pg_stat_activity a using (pid) where a.application_name = 'kefu' and l.mode = 'AccessExclusiveLock' and not l.granted") == "0" {
		time.Sleep(5 * time.Millisecond)
	}
}

func TestWhoKeepsATableIsNamed(t *testing.T) {
	w, dsn := fresh(t)
	w.swapBytes, w.patience = 0, 0
	mustLoad(t, w, numbers(t, "p1", 1, 10))
	conn := connection(t, dsn)
	execute(t, conn, "set application_name = 'slow report'; begin; select count(*) from t")
	_, err := w.Load(t.Context(), numbers(t, "p2", 2, 20))
	if !errors.Is(err, ErrBusy) || !strings.Contains(err.Error(), "slow report") {
		t.Errorf("load: %v", err)
	}
	execute(t, conn, "commit")
	mustLoad(t, w, numbers(t, "p2", 2, 20))
	expect(t, conn, "select count(*) from t", "20")
}

func TestCheckChangesNothingAndTellsWhatIsMissing(t *testing.T) {
	w, dsn := fresh(t)
	conn := connection(t, dsn)
	if err := w.Check(t.Context()); err != nil {
		t.Errorf("a superuser: %v", err)
	}
	expect(t, conn, everything, "NULL")
	execute(t, conn, "create role guest login password 'guest'")
	t.Cleanup(func() { execute(t, conn, "drop owned by guest; drop role guest") })
	config := conn.Config()
	as := fmt.Sprintf("postgres://guest:guest@%s:%d/%s?sslmode=disable", config.Host, config.Port, config.Database)
	guest := New(parse(t, as), schema)
	if err := guest.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "does not exist") {
		t.Errorf("a guest without the schema: %v", err)
	}
	mustLoad(t, w, numbers(t, "p1", 1, 1))
	if err := guest.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "grant usage, create on schema") {
		t.Errorf("a guest without rights: %v", err)
	}
	if _, err := guest.Load(t.Context(), numbers(t, "p2", 2, 1)); err == nil || strings.Contains(err.Error(), postgrestest.Shared(t).Password()) {
		t.Errorf("a guest loads: %v", err)
	}
}
