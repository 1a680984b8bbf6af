package loadtest

import (
	"testing"

	"kefu/load"
)

// received is a view of the select given.
func received(name, query string) load.View {
	return load.View{Name: name, Comment: "Who was received; by 客服.", Key: []string{"agent_id"}, SQL: query,
		Columns: []load.Column{{Name: "agent_id", Comment: "agent's account"}, {Name: "buyers", Comment: "接待人数"}}}
}

const (
	perAgent = "with days as (select * from kpi_agent_day where dt is not null) " +
		"select agent_id, sum(received_buyers) as buyers from days group by agent_id"
	perKnownAgent = "select d.agent_id, a[2] as buyers from (select agent_id, array[0.5, received_buyers, null] as a from kpi_agent_day) d " +
		"join dim_agent k on k.agent_id = d.agent_id"
)

func testViews(t *testing.T, f *fixture) {
	publication, m := f.first(t)
	publication.Views = []load.View{received("kpi_long", perAgent)}
	f.load(t, publication)
	const query = "select agent_id, cast(buyers as integer) from kpi_long order by 1, 2"
	f.expect(t, query, "a1 8\na2 4")

	// Whole tables and partitions change under it.
	publication.ID = "p2"
	feb := write(t, f, row("a1", "2026-02-01", 50))
	publication.Tables[0] = load.Change{Table: agentDays(), Snapshot: 12, Base: 11, Files: append(append(feb, m.jan...), m.none...),
		Changed: []load.Partition{{Value: "2026-02", Files: feb}}}
	publication.Tables[1].Snapshot = 22
	f.load(t, publication)
	f.expect(t, query, "a1 53\na2 4")

	// Another select, another name, none.
	publication.Views = []load.View{received("kpi_long", perKnownAgent), received("kpi_other", perAgent)}
	f.load(t, publication)
	f.expect(t, query, "a1 3\na1 6\na1 50\na2 4")
	f.expect(t, "select count(*) from kpi_other", "2")
	if again := f.load(t, publication); again.Tables != 0 {
		t.Errorf("the same views again: %+v", again)
	}
	publication.Views = nil
	f.load(t, publication)
	f.expect(t, "select count(*) from information_schema.tables where table_name in ('kpi_long', 'kpi_other')", "0")

	// A view becomes a table of its name, and a table a view.
	publication.Views = []load.View{received("kpi_other", perAgent), received("kpi_long", perAgent)}
	f.load(t, publication)
	other := dimension()
	other.Name = "kpi_long"
	publication.Views = []load.View{received("kpi_other", perAgent), received("dim_agent", perAgent)}
	publication.Tables[1] = load.Change{Table: other, Snapshot: 31, Files: write(t, f, row("a9", "", 9))}
	f.load(t, publication)
	f.expect(t, "select agent_id from kpi_long", "a9")
	f.expect(t, "select cast(buyers as integer) from dim_agent order by 1", "4\n53")
}
