package loadtest

import (
	"context"
	"os"
	"sync"
	"testing"

	"kefu/load"
)

// broken changes the first table well and the second with a file that ends in
// the middle.
func (f *fixture) broken(t *testing.T, publication load.Publication) load.Publication {
	t.Helper()
	rows := make([]agentDay, 5000)
	for i := range rows {
		rows[i] = row("a1", "2026-01-05", int64(i))
	}
	torn := write(t, f, rows...)
	if err := os.Truncate(torn[0], 1000); err != nil {
		t.Fatal(err)
	}
	broken := load.Publication{ID: "p2", Inline: publication.Inline}
	broken.Tables = []load.Change{
		{Table: agentDays(), Snapshot: 12, Files: write(t, f, row("a9", "2026-01-05", 9))},
		{Table: dimension(), Snapshot: 22, Files: torn},
	}
	return broken
}

func testFailed(t *testing.T, f *fixture) {
	publication, _ := f.first(t)
	broken := f.broken(t, publication)
	if _, err := f.warehouse.Load(t.Context(), broken); err == nil {
		t.Fatal("a torn file was loaded into an empty warehouse")
	}
	if held := f.held(t); held.Publication != "" {
		t.Errorf("held %+v", held)
	}

	f.load(t, publication)
	if _, err := f.warehouse.Load(t.Context(), broken); err == nil {
		t.Fatal("a torn file was loaded")
	}
	f.expect(t, allDays, firstDays)
	f.expect(t, "select count(*) from dim_agent", "2")
	if held := f.held(t); held.Publication != "p1" || held.Snapshots["kpi_agent_day"] != 11 {
		t.Errorf("held %+v", held)
	}

	broken.Tables[1].Files = write(t, f, row("a9", "", 9))
	f.load(t, broken)
	f.expect(t, allDays, "a9 2026-01-05 9")
}

func testCancelled(t *testing.T, f *fixture) {
	publication, _ := f.first(t)
	f.load(t, publication)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.warehouse.Load(ctx, generation(t, f, 1)); err == nil {
		t.Error("a cancelled load went through")
	}
	f.expect(t, allDays, firstDays)
}

func testInvalid(t *testing.T, f *fixture) {
	publication, _ := f.first(t)
	f.load(t, publication)
	for name, spoil := range map[string]func(*load.Publication){
		"no id":                        func(p *load.Publication) { p.ID = "" },
		"the same table twice":         func(p *load.Publication) { p.Tables = append(p.Tables, p.Tables[0]) },
		"a table without columns":      func(p *load.Publication) { p.Tables[0].Table.Columns = nil },
		"a key that is no column":      func(p *load.Publication) { p.Tables[0].Table.Key = []string{"nobody"} },
		"a partition that is no month": func(p *load.Publication) { p.Tables[0].Removed = []string{"2026-13"} },
		"a partition named twice": func(p *load.Publication) {
			p.Tables[0].Changed, p.Tables[0].Removed = []load.Partition{{Value: "2026-01"}}, []string{"2026-01"}
		},
		"a row of another width": func(p *load.Publication) { p.Inline[0].Rows = [][]any{{"x"}} },
	} {
		invalid, _ := f.first(t)
		invalid.ID = "p2"
		spoil(&invalid)
		if _, err := f.warehouse.Load(t.Context(), invalid); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	f.expect(t, allDays, firstDays)
}

func testConcurrent(t *testing.T, f *fixture) {
	publications := []load.Publication{generation(t, f, 1), generation(t, f, 2), generation(t, f, 3)}
	var wg sync.WaitGroup
	for _, publication := range publications {
		wg.Go(func() {
			if _, err := f.warehouse.Load(t.Context(), publication); err != nil {
				t.Errorf("load %s: %v", publication.ID, err)
			}
		})
	}
	wg.Wait()
	last := f.held(t).Publication
	f.expect(t, "select distinct 'g' || received_buyers from kpi_agent_day", last)
	f.expect(t, "select distinct 'g' || received_buyers from dim_agent", last)
}

func testWholeStates(t *testing.T, f *fixture) {
	const loads = 6
	f.load(t, generation(t, f, 0))
	publications := make([]load.Publication, loads)
	for i := range publications {
		publications[i] = generation(t, f, int64(i+1))
	}
	done := make(chan struct{})
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					f.readOnce(t)
				}
			}
		})
	}
	for _, publication := range publications {
		f.load(t, publication)
	}
	close(done)
	wg.Wait()
	f.expect(t, "select distinct received_buyers from kpi_agent_day", "6")
}

// readOnce looks at both tables in one statement.
func (f *fixture) readOnce(t *testing.T) {
	db := f.Reader(t, f.warehouse)
	defer db.Close()
	seen, err := cells(t.Context(), db, `select count(distinct n), count(*) from
		(select received_buyers as n from kpi_agent_day union all select received_buyers from dim_agent) as both_tables`)
	if err != nil {
		t.Errorf("read while loading: %v", err)
	} else if seen != "1 3" {
		t.Errorf("generations and rows seen in one moment: %s", seen)
	}
}
