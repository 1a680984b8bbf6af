package duckdb

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"kefu/extract/sqltext"
)

func open(t *testing.T, o Options) *Engine {
	t.Helper()
	e, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return e
}

func TestReferencesAreTheTablesThatASelectReads(t *testing.T) {
	e := open(t, Options{})
	cases := map[string][]string{
		"with orders as (select * from orders), x as (select * from orders) select * from x":                                      {"orders"},
		"with a as (select 1 as n), b as (select * from a) select * from b join c on c.n = b.n":                                   {"c"},
		"with recursive r as (select n from seeds union all select n + 1 from r where n < 3) select * from r":                     {"seeds"},
		"select * from t where exists (select 1 from u where u.id = t.id) and n in (with v as (select n from w) select n from v)": {"t", "u", "w"},
		"select (select max(n) from q) as m from (select * from p union all select * from o) s":                                   {"o", "p", "q"},
		"with a as (select * from (with inner_a as (select * from deep) select * from inner_a) i) select * from a, inner_a":       {"deep", "inner_a"},
	}
	for query, want := range cases {
		got, err := e.References(t.Context(), query)
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s reads %v, want %v", query, got, want)
		}
	}
	if _, err := e.References(t.Context(), "selekt 1"); err == nil {
		t.Error("a select that cannot be parsed gave no error")
	}
}

func TestEngineReachesOnlyItsFolders(t *testing.T) {
	allowed, other := t.TempDir(), t.TempDir()
	e := open(t, Options{Directories: []string{allowed}})
	if err := e.Exec(t.Context(), "copy (select 1 as n) to "+sqltext.Literal(filepath.Join(allowed, "a.parquet"))); err != nil {
		t.Errorf("write where it is allowed: %v", err)
	}
	secret := filepath.Join(other, "secret.csv")
	if err := os.WriteFile(secret, []byte("n\n1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := e.Exec(t.Context(), "create table t as select * from read_csv("+sqltext.Literal(secret)+")"); err == nil {
		t.Error("a file outside of the folders was read")
	}
	if err := e.Exec(t.Context(), "set enable_external_access = true"); err == nil {
		t.Error("the settings could be changed")
	}
}

func TestCancelStopsAStatement(t *testing.T) {
	e := open(t, Options{})
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	if err := e.Exec(ctx, "create table t as select count(*) from range(1000000000) a, range(1000) b"); err == nil {
		t.Fatal("the statement ended without an error")
	}
	if err := e.Exec(t.Context(), "select 1"); err != nil {
		t.Errorf("the engine is unusable after a cancelled statement: %v", err)
	}
}

func TestSessionsShareNothingButTheDatabase(t *testing.T) {
	e, ctx := open(t, Options{Macros: "create macro twice(x) as 2 * x", MemoryLimit: "300MB", KeptMemory: "100MB"}), t.Context()
	if err := e.Exec(ctx, "create temp table mine as select 1 as n"); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second session must not find what the first left
		s, err := e.Session(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Exec(ctx, "create temp table mine as select twice(21) as n"); err != nil {
			t.Errorf("a table of the same name in another session: %v", err)
		}
		var zone, limit, kept string
		if err := s.conn.QueryRowContext(ctx, "select current_setting('TimeZone'), current_setting('memory_limit'), current_setting('block_allocator_memory')").Scan(&zone, &limit, &kept); err != nil {
			t.Fatal(err)
		}
		if zone != "UTC" || limit != "286.1 MiB" || kept != "95.3 MiB" {
			t.Errorf("a session has the zone %s, the limit %s and keeps %s", zone, limit, kept)
		}
		if err := s.Exec(ctx, "set threads = 1"); err == nil {
			t.Error("a session could change the settings")
		}
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	}
	var n int
	if err := e.conn.QueryRowContext(ctx, "select n from mine").Scan(&n); err != nil || n != 1 {
		t.Errorf("the engine's own table holds %d, %v", n, err)
	}
}

func TestParseDecimal(t *testing.T) {
	for s, cents := range map[string]int64{"0.00": 0, "12.3": 1230, "-5.05": -505, "1234567890.990": 123456789099, "7": 700} {
		d, err := ParseDecimal(s, 18, 2)
		if err != nil || d.Value.Int64() != cents || d.Scale != 2 {
			t.Errorf("%s became %v, %v", s, d, err)
		}
	}
	if _, err := ParseDecimal("1.234", 18, 2); err == nil {
		t.Error("a third decimal was dropped")
	}
}

func TestEachGivesEveryRowOrAnError(t *testing.T) {
	e := open(t, Options{})
	var got []int
	err := e.Each(t.Context(), "select range from range(?) order by range", func(scan func(...any) error) error {
		got = append(got, 0)
		return scan(&got[len(got)-1])
	}, 3)
	if err != nil || !slices.Equal(got, []int{0, 1, 2}) {
		t.Errorf("three rows: %v, %v", got, err)
	}
	enough, calls := errors.New("enough"), 0
	if err := e.Each(t.Context(), "from range(3)", func(func(...any) error) error { calls++; return enough }); !errors.Is(err, enough) || calls != 1 {
		t.Errorf("an error of the first row: %d calls, %v", calls, err)
	}
	if err := e.Each(t.Context(), "from nowhere", func(func(...any) error) error { return nil }); err == nil {
		t.Error("a select that cannot be run gave no error")
	}
	if err := e.Each(t.Context(), "select error('broken') from range(3)", func(func(...any) error) error { return nil }); err == nil {
		t.Error("a select that fails while it runs gave no error")
	}
	if err := e.Exec(t.Context(), "create table t as select 1 as n"); err != nil {
		t.Errorf("a statement after all these: %v", err)
	}
}
