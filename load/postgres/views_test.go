package postgres

import (
	"fmt"
	"testing"

	"kefu/load"
)

// doubled is a view of ours over the table t of numbers.
func doubled(name string) load.View {
	return load.View{Name: name, Comment: "Twice; n's", Key: []string{"dt", "twice"}, SQL: "select dt, 2 * n as twice from t",
		Columns: []load.Column{{Name: "dt", Comment: "day"}, {Name: "twice", Comment: "2 n"}}}
}

// Our own views do not keep a table from being renamed into place; rights on
// them are handed on, and they stay where nothing changes under them.
func TestViewsFollowTheirTables(t *testing.T) {
	w, dsn := fresh(t)
	w.swapBytes = 0
	first := numbers(t, "p1", 1, 10)
	first.Views = []load.View{doubled("d")}
	mustLoad(t, w, first)
	conn := connection(t, dsn)
	execute(t, conn, `create role viewer; grant select on d to viewer`)
	t.Cleanup(func() { execute(t, conn, "drop owned by viewer; drop role viewer") })
	table := value(t, conn, "select 't'::regclass::oid")

	second := numbers(t, "p2", 2, 20)
	second.Views = first.Views
	mustLoad(t, w, second)
	expect(t, conn, "select count(*) from d", "20")
	if value(t, conn, "select 't'::regclass::oid") == table {
		t.Error("the table was not renamed into place")
	}
	expect(t, conn, "select has_table_privilege('viewer', 'd', 'select')", "true")
	expect(t, conn, "select col_description('d'::regclass, 2)", "2 n")
	expect(t, conn, "select obj_description('d'::regclass)", "Twice; n's Key: dt, twice.")

	w.swapBytes = 1 << 40
	view := value(t, conn, "select 'd'::regclass::oid")
	third := numbers(t, "p3", 3, 30)
	third.Views = first.Views
	mustLoad(t, w, third)
	expect(t, conn, "select count(*) from d", "30")
	if value(t, conn, "select 'd'::regclass::oid") != view {
		t.Error("the view was made anew although its table stood")
	}

	// Who drops or changes a view of ours gets it back.
	for i, damage := range []string{"drop view d", "drop view d; create view d as select 1 as other"} {
		execute(t, conn, damage)
		third.ID = fmt.Sprint("p", 4+i)
		mustLoad(t, w, third)
		expect(t, conn, "select count(twice) from d", "30")
	}
}

// What others have built on a view of ours stays: its tables are replaced in
// place.
func TestWhatOthersBuiltOnAViewStays(t *testing.T) {
	w, dsn := fresh(t)
	w.swapBytes = 0
	first := numbers(t, "p1", 1, 10)
	first.Views = []load.View{doubled("d"), doubled("e")}
	mustLoad(t, w, first)
	conn := connection(t, dsn)
	execute(t, conn, "create view mine as select max(twice) as most from d; create view public.theirs as select count(*) as n from e")

	second := numbers(t, "p2", 2, 20)
	second.Views = first.Views
	mustLoad(t, w, second)
	expect(t, conn, "select count(*) from mine where most is not null", "1")
	expect(t, conn, "select n from public.theirs", "20")
	expect(t, conn, "select count(*) from d", "20")

	third := numbers(t, "p3", 3, 30)
	if _, err := w.Load(t.Context(), third); err == nil {
		t.Error("a view on which others have built was dropped")
	}
	expect(t, conn, "select count(*) from d", "20")
}
