package loadtest

import (
	"fmt"
	"testing"

	"github.com/parquet-go/parquet-go"

	"kefu/load"
)

// agentDay is a row of the table of most tests, as the lake has it.
type agentDay struct {
	Shop     string  `parquet:"shop_id"`
	Agent    string  `parquet:"agent_id"`
	Dt       *int32  `parquet:"dt,date,optional"`
	Received int64   `parquet:"received_buyers"`
	Rate     float64 `parquet:"rate"`
	Amount   int64   `parquet:"amount,decimal(6:18)"`
	BuyerKey string  `parquet:"buyer_key"` // hidden: the tables do not list it
}

func row(agent, dt string, received int64) agentDay {
	return agentDay{Shop: "店铺", Agent: agent, Dt: day(dt), Received: received, Rate: 0.5, Amount: received * 1_000_000, BuyerKey: "k"}
}

// write makes one Parquet file.
func write[T any](t *testing.T, f *fixture, rows ...T) []string {
	t.Helper()
	path := f.path()
	if err := parquet.WriteFile(path, rows); err != nil {
		t.Fatalf("write %s: %v", path, err)
	}
	return []string{path}
}

func agentDays() load.Table {
	return load.Table{
		Name: "kpi_agent_day", Comment: "One row per agent and day; 客服's day.", Key: []string{"shop_id", "agent_id", "dt"}, PartitionColumn: "dt",
		Columns: []load.Column{
			{Name: "shop_id", Type: "VARCHAR", Comment: "shop"},
			{Name: "agent_id", Type: "VARCHAR", Comment: "agent account"},
			{Name: "dt", Type: "DATE", Comment: "business day"},
			{Name: "received_buyers", Type: "BIGINT", Comment: "接待人数"},
			{Name: "rate", Type: "DOUBLE", Comment: "a rate; it's NULL for 0/0"},
			{Name: "amount", Type: "DECIMAL(18,6)", Comment: "an amount"},
		},
	}
}

func dimension() load.Table {
	return load.Table{
		Name: "dim_agent", Comment: "Agents.", Key: []string{"agent_id"},
		Columns: []load.Column{{Name: "agent_id", Type: "VARCHAR"}, {Name: "received_buyers", Type: "BIGINT"}},
	}
}

func definitions(names ...string) load.Inline {
	inline := load.Inline{Table: load.Table{
		Name: "dim_metric", Comment: "KPIs.", Key: []string{"metric"},
		Columns: []load.Column{{Name: "metric", Type: "VARCHAR"}, {Name: "position", Type: "INTEGER"}, {Name: "note", Type: "VARCHAR"}},
	}}
	for i, name := range names {
		inline.Rows = append(inline.Rows, []any{name, i + 1, nil})
	}
	return inline
}

// months is a lake table in three partitions.
type months struct{ jan, feb, none []string }

func (m months) all() []string {
	return append(append(append([]string(nil), m.jan...), m.feb...), m.none...)
}

func (f *fixture) months(t *testing.T) months {
	t.Helper()
	return months{
		jan:  write(t, f, row("a1", "2026-01-05", 3), row("a2", "2026-01-31", 4)),
		feb:  write(t, f, row("a1", "2026-02-01", 5)),
		none: write(t, f, row("a1", "", 6)),
	}
}

func (f *fixture) first(t *testing.T) (load.Publication, months) {
	t.Helper()
	m := f.months(t)
	return load.Publication{ID: "p1",
		Tables: []load.Change{
			{Table: agentDays(), Snapshot: 11, Files: m.all()},
			{Table: dimension(), Snapshot: 21, Files: write(t, f, row("a1", "", 0), row("a2", "", 0))},
		},
		Inline: []load.Inline{definitions("sales_amount")},
	}, m
}

const (
	allDays   = "select agent_id, cast(dt as varchar), received_buyers from kpi_agent_day order by 3"
	firstDays = "a1 2026-01-05 3\na2 2026-01-31 4\na1 2026-02-01 5\na1 NULL 6"
)

func generation(t *testing.T, f *fixture, n int64) load.Publication {
	t.Helper()
	return load.Publication{ID: fmt.Sprint("g", n), Tables: []load.Change{
		{Table: agentDays(), Snapshot: 100 + n, Files: write(t, f, row("a1", "2026-01-05", n), row("a1", "2026-02-05", n))},
		{Table: dimension(), Snapshot: 200 + n, Files: write(t, f, row("a1", "", n))},
	}}
}
