package duckdb

import (
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kefu/extract/sqltext"
	"kefu/load"
)

// numbers is a published table t(n, dt) with rows n = from … to-1, all in one
// month, and another table of the same content.
func numbers(t *testing.T, id string, snapshot int64, from, to int) load.Publication {
	t.Helper()
	file := parquetFile(t, fmt.Sprintf("select n, date '2026-01-01' + cast(n %% 28 as integer) as dt, 'secret' as hidden from range(%d, %d) r(n)", from, to))
	table := func(name string) load.Change {
		return load.Change{Snapshot: snapshot, Files: []string{file}, Table: load.Table{
			Name: name, Comment: "Numbers.", Key: []string{"n"}, PartitionColumn: "dt",
			Columns: []load.Column{{Name: "n", Type: "BIGINT", Comment: "数 it's"}, {Name: "dt", Type: "DATE"}},
		}}
	}
	return load.Publication{ID: id, Tables: []load.Change{table("t"), table("u")}}
}

func parquetFile(t *testing.T, query string) string {
	t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	path := filepath.Join(t.TempDir(), "data.parquet")
	if _, err := db.ExecContext(t.Context(), fmt.Sprintf("copy (%s) to %s (format parquet)", query, sqltext.Literal(path))); err != nil {
		t.Fatal(err)
	}
	return path
}

func mustLoad(t *testing.T, w *Warehouse, publication load.Publication) load.Result {
	t.Helper()
	result, err := w.Load(t.Context(), publication)
	if err != nil {
		t.Fatalf("load %s: %v", publication.ID, err)
	}
	return result
}

func value(t *testing.T, path, query string) string {
	t.Helper()
	db, err := OpenReader(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	return valueIn(t, db, query)
}

func valueIn(t *testing.T, db *sql.DB, query string) string {
	t.Helper()
	var s sql.NullString
	if err := db.QueryRowContext(t.Context(), "select cast(("+query+") as varchar)").Scan(&s); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return s.String
}

func only(t *testing.T, path string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	if got, want := strings.Join(names, " "), "w.duckdb w.duckdb.lock"; got != want {
		t.Errorf("the folder holds %s, want %s", got, want)
	}
}

func TestReadersKeepWhatTheyOpened(t *testing.T) {
	w := New(filepath.Join(t.TempDir(), "w.duckdb"), Options{})
	mustLoad(t, w, numbers(t, "p1", 1, 0, 10))
	old, err := OpenReader(t.Context(), w.path)
	if err != nil {
		t.Fatal(err)
	}
	defer old.Close()
	mustLoad(t, w, numbers(t, "p2", 2, 0, 5000))
	if got := valueIn(t, old, "select count(*) from t"); got != "10" {
		t.Errorf("the old reader sees %s rows", got)
	}
	if got := value(t, w.path, "select count(*) from t"); got != "5000" {
		t.Errorf("a new reader sees %s rows", got)
	}
}

func TestDefinitionsStandInTheFile(t *testing.T) {
	w := New(filepath.Join(t.TempDir(), "w.duckdb"), Options{})
	publication := numbers(t, "p1", 1, 0, 10)
	mustLoad(t, w, publication)
	for query, want := range map[string]string{
		"select comment from duckdb_tables() where table_name = 't'":                                "Numbers. Key: n.",
		"select comment from duckdb_columns() where table_name = 't' and column_name = 'n'":         "数 it's",
		"select string_agg(column_name, ',') from duckdb_columns() where table_name = 't'":          "n,dt",
		"select key_columns || ' ' || partition_column from etl_publication where table_name = 't'": "n dt",
	} {
		if got := value(t, w.path, query); got != want {
			t.Errorf("%s = %q, want %q", query, got, want)
		}
	}
	publication.Tables[0].Table.Columns[0].Comment = "better words"
	if result := mustLoad(t, w, publication); result.Rows != 0 || result.Rebuilt {
		t.Errorf("new words alone: %+v", result)
	}
	if got := value(t, w.path, "select comment from duckdb_columns() where table_name = 't' and column_name = 'n'"); got != "better words" {
		t.Errorf("comment %q", got)
	}
}

func TestSmallChangesReadOnlyWhatChanged(t *testing.T) {
	w := New(filepath.Join(t.TempDir(), "w.duckdb"), Options{})
	first := numbers(t, "p1", 1, 0, 20000)
	first.Tables = first.Tables[:1]
	if result := mustLoad(t, w, first); !result.Rebuilt || result.Rows != 20000 {
		t.Errorf("first load: %+v", result)
	}
	march := parquetFile(t, "select 99 as n, date '2026-03-01' as dt")
	second := first
	second.ID = "p2"
	second.Tables = []load.Change{first.Tables[0]}
	second.Tables[0].Snapshot, second.Tables[0].Base = 2, 1
	second.Tables[0].Changed = []load.Partition{{Value: "2026-03", Files: []string{(&url.URL{Scheme: "file", Path: march}).String()}}}
	second.Tables[0].Files = append([]string{march}, first.Tables[0].Files...)
	if result := mustLoad(t, w, second); result.Rebuilt || result.Rows != 1 || result.Tables != 1 {
		t.Errorf("one row more: %+v", result)
	}
	if got := value(t, w.path, "select count(*) from t"); got != "20001" {
		t.Errorf("%s rows", got)
	}
	second.Tables[0].Changed = append(second.Tables[0].Changed, load.Partition{Value: "2026-01", Files: first.Tables[0].Files})
	second.Tables[0].Snapshot, second.Tables[0].Base = 3, 2
	if result := mustLoad(t, w, second); !result.Rebuilt || result.Rows != 20001 {
		t.Errorf("most of it changed: %+v", result)
	}
}

func TestFilesMayBeNamedFromTheWorkingFolder(t *testing.T) {
	w := New(filepath.Join(t.TempDir(), "w.duckdb"), Options{})
	publication := numbers(t, "p1", 1, 0, 10)
	file := publication.Tables[0].Files[0]
	t.Chdir(filepath.Dir(filepath.Dir(file)))
	relative := filepath.Join(filepath.Base(filepath.Dir(file)), filepath.Base(file))
	publication.Tables[0].Files, publication.Tables[1].Files = []string{relative}, []string{"./" + relative}
	mustLoad(t, w, publication)
	if got := value(t, w.path, "select count(*) from u"); got != "10" {
		t.Errorf("%s rows", got)
	}
}

func TestABloatedFileIsBuiltAnew(t *testing.T) {
	w := New(filepath.Join(t.TempDir(), "w.duckdb"), Options{})
	w.bloatShare, w.bloatBytes = -1, 0 // every file is too large
	publication := numbers(t, "p1", 1, 0, 10)
	mustLoad(t, w, publication)
	publication.ID = "p2"
	if result := mustLoad(t, w, publication); !result.Rebuilt || result.Rows != 20 {
		t.Errorf("result %+v", result)
	}
	only(t, w.path)
}

func TestForeignFilesStayUntouched(t *testing.T) {
	for name, make := range map[string]func(t *testing.T, path string){
		"text": func(t *testing.T, path string) {
			if err := os.WriteFile(path, []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
				t.Fatal(err)
			}
		},
		"database": func(t *testing.T, path string) {
			db, err := sql.Open("duckdb", path)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if _, err := db.ExecContext(t.Context(), "create table precious (n integer)"); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "w.duckdb")
			make(t, path)
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := New(path, Options{}).Load(t.Context(), numbers(t, "p1", 1, 0, 10)); !errors.Is(err, ErrForeign) {
				t.Errorf("load: %v", err)
			}
			if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
				t.Errorf("the file changed (%v)", err)
			}
		})
	}
}

func TestAForgottenLogDoesNotOutliveItsFile(t *testing.T) {
	w := New(filepath.Join(t.TempDir(), "w.duckdb"), Options{})
	mustLoad(t, w, numbers(t, "p1", 1, 0, 10))
	writer, err := sql.Open("duckdb", w.path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := writer.ExecContext(t.Context(), "pragma disable_checkpoint_on_shutdown; create table note (n integer)"); err != nil {
		t.Fatal(err)
	}
	writer.Close()
	if _, err := os.Stat(w.path + ".wal"); err != nil {
		t.Fatalf("the test needs a log: %v", err)
	}
	mustLoad(t, w, numbers(t, "p2", 2, 0, 20))
	if got := value(t, w.path, "select count(*) from t"); got != "20" {
		t.Errorf("%s rows", got)
	}
	only(t, w.path)
}
