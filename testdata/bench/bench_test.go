package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"kefu/extract/postgres/postgrestest"
)

func TestMeasuresAreSummedUp(t *testing.T) {
	r := newResult(options{threads: 2, memory: "600MB"})
	for _, v := range []float64{0.8, 1.4, 1.1} {
		r.over("ingest", "kefu/rival", "speed", "×", v, 1)
		r.under("models", "kefu/rival", "wall", "×", 10*v, 8)
	}
	for _, v := range []float64{3, 1} {
		r.model("int_fast", 7, v/10)
		r.model("int_slow", 7, v)
	}
	var text bytes.Buffer
	if err := r.print(&text); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"ingest   kefu/rival  speed  ×     0.8  1.1     1.4  ≥ 1     reached\n",
		"models   kefu/rival  wall   ×     8    11      14   ≤ 8     MISSED\n",
		"int_slow  7     2\nint_fast  7     0.2\n",
	} {
		if !strings.Contains(text.String(), want) {
			t.Errorf("%q is not in\n%s", want, text.String())
		}
	}
	var machine bytes.Buffer
	if err := r.printJSON(&machine); err != nil {
		t.Fatal(err)
	}
	var back result
	if err := json.Unmarshal(machine.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	if m := back.Measures[0]; m.Median != 1.1 || len(m.Values) != 3 || !*m.Reached || *back.Measures[1].Reached {
		t.Errorf("as JSON: %s", machine.String())
	}
}

func TestTheRivalWritesWhatItReads(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	for _, table := range rivalTables {
		header, row := table.order, strings.Repeat("1,", strings.Count(table.order, ","))+"1"
		if table.time != "" && !strings.Contains(header, table.time) {
			header, row = header+","+table.time, row+",2026-01-05 10:00:00"
		}
		row = strings.Replace(row, "1,1,1", "1,2026-01-05 10:00:00,1", strings.Count(table.order, "sent_at"))
		if table.name == "agent_presence" {
			row = "1,2026-01-05 10:00:00"
		}
		if err := os.WriteFile(filepath.Join(from, table.name+".csv"), []byte(header+"\n"+row+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	n, err := rivalTask(t.Context(), []string{"load", "2", from, to})
	if err != nil || n != int64(len(rivalTables)) {
		t.Fatalf("the rival wrote %d rows of %d, %v", n, len(rivalTables), err)
	}
	if n, err = rivalTask(t.Context(), []string{"sort", "2", to, t.TempDir()}); err != nil || n != 1 {
		t.Errorf("the rival sorted %d rows of 1, %v", n, err)
	}
}

func TestACloneSharesFilesAndCopiesTheState(t *testing.T) {
	from, to := t.TempDir(), filepath.Join(t.TempDir(), "to")
	for _, name := range []string{"var/state.db", "var/lake/a.parquet"} {
		path := filepath.Join(from, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := clone(from, to); err != nil {
		t.Fatal(err)
	}
	for name, shared := range map[string]bool{"var/state.db": false, "var/lake/a.parquet": true} {
		a, err := os.Stat(filepath.Join(from, name))
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.Stat(filepath.Join(to, name))
		if err != nil || os.SameFile(a, b) != shared {
			t.Errorf("%s: shared is %v, %v", name, !shared, err)
		}
	}
}

func TestABareCopyCopiesWhatWasLoaded(t *testing.T) {
	server := postgrestest.Start(t)
	ctx := t.Context()
	conn, err := pgx.Connect(ctx, server.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(ctx) })
	_, err = conn.Exec(ctx, `create schema kpi; create table kpi.a (k text primary key, n numeric(18,6)); create table kpi.b (dt date);
		insert into kpi.a values ('甲', 1.5), ('', null); insert into kpi.b values ('2026-01-05')`)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{work: t.TempDir()}
	for range 2 { // whatever an earlier round has left
		if _, err := b.bareCopy(ctx, conn, 3); err != nil {
			t.Fatal(err)
		}
	}
	var rows string
	err = conn.QueryRow(ctx, "select string_agg(k || coalesce(n::text, '-'), ' ' order by k) || (select min(dt) from bare.b) from bare.a").Scan(&rows)
	if err != nil || rows != "- 甲1.5000002026-01-05" {
		t.Errorf("copied %q, %v", rows, err)
	}
	if _, err := b.bareCopy(ctx, conn, 4); err == nil {
		t.Error("a row less than was loaded is no error")
	}
}
