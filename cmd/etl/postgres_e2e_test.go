package main

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"kefu/extract/postgres"
	"kefu/extract/postgres/postgrestest"
	"kefu/load/duckdb"
)

// withServer adds a warehouse bi in the database of a DSN, and keeps the state in
// that of another one unless it is "".
func (i *installation) withServer(dsn, state string) {
	i.env = map[string]string{"KEFU_PG_DSN": dsn, "KEFU_STATE": state}
	i.stateDSN = state
	i.servers = ", {name: bi, type: postgres, dsn: \"${KEFU_PG_DSN}\", schema: kpi}"
	i.configure()
}

// everywhereAlike is what a database shows in its present schema, told alike for every
// kind of it: table → rows, without the tables about runs.
func everywhereAlike(t *testing.T, db *sql.DB) publishedTables {
	t.Helper()
	out, err := tellAlike(context.WithoutCancel(t.Context()), db, "")
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// tellAlike does so for relations of a kind, such as BASE TABLE, or of all kinds.
func tellAlike(ctx context.Context, db queryer, kind string) (publishedTables, error) {
	columns, err := texts(ctx, db, `select table_name || ' ' || column_name || ' ' || data_type from information_schema.columns c
		where table_schema = current_schema() and table_name not like 'etl%' and exists (select 1 from information_schema.tables t
			where t.table_schema = c.table_schema and t.table_name = c.table_name and (t.table_type = $1 or $1 = ''))
		order by table_name, ordinal_position`, kind)
	if err != nil {
		return nil, err
	}
	selects := map[string][]string{}
	for _, text := range columns {
		parts := strings.SplitN(text, " ", 3)
		value := fmt.Sprintf("cast(%q as varchar)", parts[1])
		if strings.HasPrefix(strings.ToUpper(parts[2]), "DOUBLE") {
			value = fmt.Sprintf("%q", parts[1]) // not every server spells it with the same digits
		}
		selects[parts[0]] = append(selects[parts[0]], parts[1]+" "+value)
	}
	out := publishedTables{}
	for table, list := range selects {
		if out[table], err = plainRows(ctx, db, table, list); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func plainRows(ctx context.Context, db queryer, table string, list []string) ([]string, error) {
	names, values := make([]string, len(list)), make([]string, len(list))
	for i, column := range list {
		names[i], values[i], _ = strings.Cut(column, " ")
	}
	rows, err := db.QueryContext(ctx, "select "+strings.Join(values, ", ")+" from "+table)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := []string{}
	for rows.Next() {
		cells, targets := make([]any, len(list)), make([]any, len(list))
		for i := range cells {
			targets[i] = &cells[i]
		}
		if err := rows.Scan(targets...); err != nil {
			return nil, err
		}
		parts := make([]string, len(list))
		for i, cell := range cells {
			text := fmt.Sprint(cell)
			if f, ok := cell.(float64); ok {
				text = strconv.FormatFloat(f, 'g', -1, 64)
			}
			parts[i] = names[i] + ": " + text
		}
		out = append(out, "{"+strings.Join(parts, ", ")+"}")
	}
	slices.Sort(out)
	return out, rows.Err()
}

func parsed(t *testing.T, dsn string) *postgres.Server {
	t.Helper()
	server, err := postgres.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	return server
}

// onServer is what the schema kpi of a database shows.
func onServer(t *testing.T, dsn string) publishedTables {
	t.Helper()
	db := parsed(t, dsn).Pool("kpi", postgres.Session{})
	defer db.Close()
	return everywhereAlike(t, db)
}

// inFile is what the DuckDB warehouse shows.
func (i *installation) inFile() publishedTables {
	i.t.Helper()
	db, err := duckdb.OpenReader(context.WithoutCancel(i.t.Context()), i.path("var/warehouse.duckdb"))
	if err != nil {
		i.t.Fatal(err)
	}
	defer db.Close()
	return everywhereAlike(i.t, db)
}

// hides fails the test where a text shows the password.
func hides(t *testing.T, server *postgrestest.Server, what string, said ...string) {
	t.Helper()
	for _, text := range said {
		if strings.Contains(text, server.Password()) {
			t.Errorf("%s shows the password: %s", what, lineWith(text, server.Password()))
		}
	}
}

// Two nights load a server and a file alike. While the server is away the file
// goes on, the run says so, and the next one catches up.
func TestAServerShowsWhatTheFileShows(t *testing.T) {
	t.Parallel()
	s := newStory(t)
	i, server := s.install(t, false), postgrestest.Start(t)
	dsn := server.Database(t)
	i.withServer(dsn, "")
	if said := i.etl("report", "--warehouse", "bi"); said.code != exitEnvironment || !strings.Contains(said.err, "etl run") {
		t.Errorf("a report of an empty warehouse: %+v", said)
	}
	half := slices.IndexFunc(s.files, func(f delivery) bool { return f.day > storyDay(4) })
	i.deliver(s.files[:half]...)
	if load := i.night(exitDone).Load; len(load) != 2 || load[0].Rows != load[1].Rows || load[1].Status != "done" {
		t.Errorf("loaded %+v", load)
	}
	first := onServer(t, dsn)
	mustHaveRows(t, first, "kpi_shop_day", "kpi_agent_window", "inquiries", "order_credits", "dim_metric")
	sameTables(t, "after the first night", i.inFile(), first)
	if said := i.etl("check"); said.code != exitDone {
		t.Errorf("check: %+v", said)
	}
	reports := map[string]string{}
	for _, name := range []string{"local", "bi"} {
		if said := i.etl("report", "--warehouse", name, "--out", i.path("report-"+name)); said.code != exitDone {
			t.Fatalf("report of %s: %+v", name, said)
		}
		reports[name] = withoutTimes(i.read("report-" + name + "/report.html"))
	}
	if reports["local"] != reports["bi"] {
		t.Error("the reports of file and server differ")
	}

	server.Stop(t)
	i.deliver(s.files[half:]...)
	said := i.etl("run")
	if said.code != exitFailed || !strings.Contains(said.out, "warehouse bi: ") || !strings.Contains(said.out, "loaded into warehouse local") {
		t.Errorf("the server is away: %+v", said)
	}
	hides(t, server, "etl run", said.out, said.err)
	said = i.etl("check")
	if said.code != exitEnvironment || !strings.Contains(said.err, "warehouse bi: connect to database") || !strings.Contains(said.err, "pipelines.yaml:") {
		t.Errorf("check while the server is away: %+v", said)
	}
	hides(t, server, "etl check", said.out, said.err, i.etl("runs").out, i.etl("runs", "--json").out)
	if said = i.etl("report", "--warehouse", "bi"); said.code != exitEnvironment {
		t.Errorf("a report while the server is away: %+v", said)
	}
	hides(t, server, "etl report", said.err)

	server.Resume(t)
	sameTables(t, "before it catches up", first, onServer(t, dsn))
	if load := i.night(exitDone).Load; load[0].Tables != 0 || load[1].Tables == 0 {
		t.Errorf("caught up by %+v", load)
	}
	sameTables(t, "after it caught up", i.inFile(), onServer(t, dsn))
	if len(difference(first, onServer(t, dsn))) == 0 {
		t.Error("the second night changed nothing")
	}
	if state, err := os.ReadFile(i.path("var/state.db")); err != nil || strings.Contains(string(state), server.Password()) {
		t.Errorf("the state shows the password (%v)", err)
	}
}

var reportTimes = regexp.MustCompile(`"(generated_at|loaded_at)":"[^"]*"`)

// withoutTimes leaves out of a report when it and its warehouse were made.
func withoutTimes(report string) string { return reportTimes.ReplaceAllString(report, "") }
