package loadtest

import (
	"testing"

	"kefu/load"
)

func testEmpty(t *testing.T, f *fixture) {
	if held := f.held(t); held.Publication != "" || len(held.Snapshots) > 0 {
		t.Errorf("held %+v", held)
	}
}

func testFirst(t *testing.T, f *fixture) {
	publication, _ := f.first(t)
	result := f.load(t, publication)
	if result.Tables != 3 || result.Rows != 4+2+1 {
		t.Errorf("result %+v", result)
	}
	f.expect(t, allDays, firstDays)
	f.expect(t, "select shop_id, rate, cast(amount as varchar) from kpi_agent_day where agent_id = 'a2'", "店铺 0.5 4.000000")
	f.expect(t, "select column_name from information_schema.columns where table_name = 'kpi_agent_day' order by ordinal_position",
		"shop_id\nagent_id\ndt\nreceived_buyers\nrate\namount")
	f.expect(t, "select metric, position, note from dim_metric", "sales_amount 1 NULL")
	held := f.held(t)
	if held.Publication != "p1" || held.Snapshots["kpi_agent_day"] != 11 || held.Snapshots["dim_agent"] != 21 || held.LoadedAt.IsZero() {
		t.Errorf("held %+v", held)
	}
}

func testAgain(t *testing.T, f *fixture) {
	publication, _ := f.first(t)
	f.load(t, publication)
	before := f.held(t)
	if result := f.load(t, publication); result.Tables != 0 || result.Rows != 0 {
		t.Errorf("result %+v", result)
	}
	if after := f.held(t); !after.LoadedAt.Equal(before.LoadedAt) {
		t.Errorf("loaded at %v, then %v", before.LoadedAt, after.LoadedAt)
	}
	f.expect(t, allDays, firstDays)

	publication.ID = "p2" // another publication of the same snapshots
	f.load(t, publication)
	f.expect(t, allDays, firstDays)
	if held := f.held(t); held.Publication != "p2" || held.Snapshots["kpi_agent_day"] != 11 {
		t.Errorf("held %+v", held)
	}
}

func testPartial(t *testing.T, f *fixture) {
	publication, m := f.first(t)
	f.load(t, publication)

	jan := write(t, f, row("a1", "2026-01-05", 30))
	march := write(t, f, row("a3", "2026-03-31", 40))
	publication.ID = "p2"
	publication.Tables[0] = load.Change{
		Table: agentDays(), Snapshot: 12, Base: 11, Files: append(append(append([]string(nil), jan...), march...), m.none...),
		Changed: []load.Partition{{Value: "2026-01", Files: jan}, {Value: "2026-03", Files: march}}, Removed: []string{"2026-02"},
	}
	f.load(t, publication)
	f.expect(t, allDays, "a1 NULL 6\na1 2026-01-05 30\na3 2026-03-31 40")
	f.expect(t, "select count(*) from dim_agent", "2")

	publication.ID = "p3"
	publication.Tables[0] = load.Change{
		Table: agentDays(), Snapshot: 13, Base: 12, Files: append(append([]string(nil), jan...), march...), Removed: []string{""},
	}
	f.load(t, publication)
	f.expect(t, allDays, "a1 2026-01-05 30\na3 2026-03-31 40")
}

func testUnknownBase(t *testing.T, f *fixture) {
	publication, m := f.first(t)
	f.load(t, publication)
	feb := write(t, f, row("a9", "2026-02-09", 9))
	jan := write(t, f, row("a8", "2026-01-08", 8))
	publication.ID = "p3" // p2 was never loaded here; it changed January
	publication.Tables[0] = load.Change{
		Table: agentDays(), Snapshot: 13, Base: 12, Files: append(append(append([]string(nil), jan...), feb...), m.none...),
		Changed: []load.Partition{{Value: "2026-02", Files: feb}},
	}
	f.load(t, publication)
	f.expect(t, allDays, "a1 NULL 6\na8 2026-01-08 8\na9 2026-02-09 9")
}

func testUnknownSnapshot(t *testing.T, f *fixture) {
	publication, _ := f.first(t)
	publication.Tables[0].Snapshot = 0
	f.load(t, publication)
	publication.ID = "p2"
	publication.Tables[0].Files = write(t, f, row("a1", "2026-01-05", 1))
	f.load(t, publication)
	f.expect(t, allDays, "a1 2026-01-05 1")
}

func testHiddenPartition(t *testing.T, f *fixture) {
	publication, m := f.first(t)
	table := agentDays()
	table.Columns, table.Key = []load.Column{{Name: "agent_id", Type: "VARCHAR"}, {Name: "received_buyers", Type: "BIGINT"}}, nil
	publication.Tables[0].Table = table
	f.load(t, publication)
	feb := write(t, f, row("a9", "2026-02-09", 9))
	publication.ID = "p2"
	publication.Tables[0] = load.Change{
		Table: table, Snapshot: 12, Base: 11, Files: append(append([]string(nil), m.jan...), feb...),
		Changed: []load.Partition{{Value: "2026-02", Files: feb}}, Removed: []string{""},
	}
	f.load(t, publication)
	f.expect(t, "select agent_id, received_buyers from kpi_agent_day order by 2", "a1 3\na2 4\na9 9")
}

func testEvolution(t *testing.T, f *fixture) {
	publication, m := f.first(t)
	f.load(t, publication)
	type evolved struct {
		Shop  string `parquet:"shop_id"`
		Agent string `parquet:"agent_id"`
		Dt    *int32 `parquet:"dt,date,optional"`
		Recv  int64  `parquet:"received_buyers"`
		Extra string `parquet:"extra"`
	}
	feb := write(t, f, evolved{"店铺", "a1", day("2026-02-01"), 7, "new"})
	table := agentDays()
	table.Columns = []load.Column{
		{Name: "agent_id", Type: "VARCHAR"}, {Name: "shop_id", Type: "VARCHAR"}, {Name: "dt", Type: "DATE"},
		{Name: "received_buyers", Type: "DOUBLE"}, {Name: "extra", Type: "VARCHAR"}, {Name: "later", Type: "INTEGER"},
	}
	publication.ID = "p2"
	// The files of other partitions predate the columns; Changed alone would not do.
	publication.Tables[0] = load.Change{
		Table: table, Snapshot: 12, Base: 11, Files: append(append([]string(nil), m.jan...), feb...),
		Changed: []load.Partition{{Value: "2026-02", Files: feb}}, Removed: []string{""},
	}
	f.load(t, publication)
	f.expect(t, "select agent_id, shop_id, cast(dt as varchar), received_buyers, extra, later is null from kpi_agent_day order by dt",
		"a1 店铺 2026-01-05 3 NULL true\na2 店铺 2026-01-31 4 NULL true\na1 店铺 2026-02-01 7 new true")
	f.expect(t, "select count(*) from information_schema.columns where table_name = 'kpi_agent_day'", "6")
}

func testDropped(t *testing.T, f *fixture) {
	publication, _ := f.first(t)
	f.load(t, publication)
	publication.ID = "p2"
	publication.Tables, publication.Inline = publication.Tables[:1], nil
	f.load(t, publication)
	f.expect(t, "select table_name from information_schema.tables where table_name in ('kpi_agent_day', 'dim_agent', 'dim_metric')", "kpi_agent_day")
	if held := f.held(t); len(held.Snapshots) != 1 {
		t.Errorf("held %+v", held)
	}
}

func testInline(t *testing.T, f *fixture) {
	publication, _ := f.first(t)
	log := load.RunsTable([]load.Run{{ID: "r1", Status: "done", Read: 12}})
	publication.Inline = append(publication.Inline, log)
	f.load(t, publication)
	f.expect(t, "select run_id, status, rows_read, ended_at from etl_runs", "r1 done 12 NULL")

	publication.Inline[1] = load.RunsTable([]load.Run{{ID: "r1", Status: "done"}, {ID: "r2", Status: "done"}})
	if result := f.load(t, publication); result.Tables != 0 {
		t.Errorf("a new row of the log alone wrote %+v", result)
	}
	many := make([]string, 0, 250)
	for i := range 250 {
		many = append(many, string(rune('一'+i)))
	}
	publication.Inline[0] = definitions(many...) // same publication, other definitions
	f.load(t, publication)
	f.expect(t, "select count(*), count(distinct metric), cast(sum(position) as varchar) from dim_metric", "250 250 31375")
	f.expect(t, "select count(*) from etl_runs", "2")
}
