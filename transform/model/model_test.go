package model

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func file(scope, extra, sql string) *fstest.MapFile {
	return &fstest.MapFile{Data: []byte("/* model\ndescription: d\ngrain: [a]\nscope: " + scope + "\n" + extra + "*/\n" + sql + "\n")}
}

// words takes every word that follows from or join as a reference.
func words(sql string) ([]string, error) {
	var out []string
	fields := strings.Fields(sql)
	if sql == "bad" {
		return nil, errors.New("no select")
	}
	for i, f := range fields {
		if (f == "from" || f == "join") && i+1 < len(fields) {
			out = append(out, fields[i+1])
		}
	}
	return out, nil
}

func build(t *testing.T, files fstest.MapFS) (*Graph, error) {
	t.Helper()
	models, err := Parse(files)
	if err != nil {
		return nil, err
	}
	return Build(models, []string{"orders"}, "macro", words)
}

func TestModelsComeAfterWhatTheyRead(t *testing.T) {
	g, err := build(t, fstest.MapFS{
		"marts/a.sql":        file("day", "", "select * from b join c"),
		"intermediate/b.sql": file("buyer", "stored: true\n", "select * from c"),
		"staging/c.sql":      file("buyer", "stored: true\n", "select * from orders"),
	})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, m := range g.Ordered {
		names = append(names, m.Name)
	}
	if got := strings.Join(names, " "); got != "c b a" {
		t.Errorf("order is %q, want c b a", got)
	}
}

func TestBadModelsAreRefused(t *testing.T) {
	cases := map[string]struct {
		files fstest.MapFS
		want  string
	}{
		"no header":      {fstest.MapFS{"marts/a.sql": {Data: []byte("select 1")}}, "marts/a.sql:1: the file must start with"},
		"open header":    {fstest.MapFS{"marts/a.sql": {Data: []byte("/* model\ngrain: [a]\nselect 1")}}, "not closed"},
		"unknown key":    {fstest.MapFS{"marts/a.sql": file("day", "grains: [a]\n", "select 1")}, `marts/a.sql:5:1: read header: unknown field "grains"`},
		"no mapping":     {fstest.MapFS{"marts/a.sql": file("day", "hidden: [a\n", "select 1")}, "marts/a.sql:5:9: read header: "},
		"bad select":     {fstest.MapFS{"marts/a.sql": file("day", "", "\n  bad ;")}, "marts/a.sql: parse select (it starts at line 7): "},
		"unknown scope":  {fstest.MapFS{"marts/a.sql": file("week", "", "select 1")}, `scope "week"`},
		"stored view":    {fstest.MapFS{"marts/a.sql": file("day", "stored: true\nmaterialized: view\n", "select 1")}, "cannot be a view"},
		"published only": {fstest.MapFS{"marts/a.sql": file("day", "publish: true\n", "select 1")}, "must be stored"},
		"hidden under view": {fstest.MapFS{
			"marts/a.sql": file("full", "materialized: view\npublish: true\ncolumns: {x: x}\n", "select * from b"), "marts/b.sql": file("day", "stored: true\n", "select 1"),
		}, `reads "b", which is not published`},
		"table under view": {fstest.MapFS{
			"marts/a.sql": file("full", "materialized: view\npublish: true\ncolumns: {x: x}\n", "select * from b"), "marts/b.sql": file("full", "", "select 1"),
		}, "neither stored nor a view"},
		"undocumented view": {fstest.MapFS{"marts/a.sql": file("full", "materialized: view\npublish: true\n", "select 1")}, "documents all its columns"},
		"view of days":      {fstest.MapFS{"marts/a.sql": file("day", "materialized: view\npublish: true\n", "select 1")}, "or a view of scope full"},
		"nothing to do":     {fstest.MapFS{"marts/a.sql": file("day", "", "")}, "no select"},
		"unknown table":     {fstest.MapFS{"marts/a.sql": file("day", "", "select * from nowhere")}, `reads "nowhere"`},
		"circle":            {fstest.MapFS{"marts/a.sql": file("day", "", "select * from b"), "marts/b.sql": file("day", "", "select * from a")}, "in a circle"},
		"later scope":       {fstest.MapFS{"marts/a.sql": file("buyer", "", "select * from b"), "marts/b.sql": file("day", "", "select * from orders")}, "later scope"},
		"unstored earlier":  {fstest.MapFS{"marts/a.sql": file("day", "", "select * from b"), "marts/b.sql": file("buyer", "", "select * from orders")}, "must be stored"},
		"two of a name":     {fstest.MapFS{"marts/a.sql": file("day", "", "select 1"), "staging/a.sql": file("day", "", "select 1")}, "stands also in"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := build(t, c.files)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestAPublishedViewBringsWhatItRestsOn(t *testing.T) {
	g, err := build(t, fstest.MapFS{
		"marts/long.sql":             file("full", "materialized: view\npublish: true\ncolumns: {x: x}\n", "select * from days join windows"),
		"intermediate/days.sql":      file("full", "materialized: view\n", "select * from bases"),
		"intermediate/windows.sql":   file("full", "materialized: view\n", "select * from bases join kpi_window"),
		"intermediate/bases.sql":     file("full", "materialized: view\n", "select * from kpi_day"),
		"intermediate/elsewhere.sql": file("full", "materialized: view\n", "select * from long"),
		"marts/kpi_day.sql":          file("day", "stored: true\npublish: true\n", "select 1"),
		"marts/kpi_window.sql":       file("window", "stored: true\npublish: true\n", "select 1"),
	})
	if err != nil {
		t.Fatal(err)
	}
	views := g.PublishedViews()
	if len(views) != 1 || views[0].Name != "long" {
		t.Fatalf("published views: %v", views)
	}
	if tables := g.Tables(views[0]); !slices.Equal(slices.Sorted(slices.Values(tables)), []string{"kpi_day", "kpi_window"}) {
		t.Errorf("it rests on %v", tables)
	}
	got := strings.Join(strings.Fields(g.Standalone(views[0])), " ")
	days, windows := "days as not materialized ( select * from bases )", "windows as not materialized ( select * from bases join kpi_window )"
	tail := "select * from ( select * from days join windows ) as long"
	for _, want := range []string{
		"with bases as not materialized ( select * from kpi_day ), " + days + ", " + windows + " " + tail,
		"with bases as not materialized ( select * from kpi_day ), " + windows + ", " + days + " " + tail,
	} {
		if got == want {
			return
		}
	}
	t.Errorf("stands alone as %s", got)
}

func TestFingerprintFollowsTextThatMatters(t *testing.T) {
	print := func(upstream string) string {
		g, err := build(t, fstest.MapFS{
			"marts/a.sql":   file("day", "", "select * from b"),
			"staging/b.sql": file("day", "", upstream),
			"marts/c.sql":   file("day", "", "select * from orders"),
		})
		if err != nil {
			t.Fatal(err)
		}
		return fmt.Sprint(g.Fingerprint("a"), " ", g.Fingerprint("c"))
	}
	base := print("select x from orders")
	if got := print("-- a remark\nselect x from orders"); got != base {
		t.Error("a comment changed a fingerprint")
	}
	other := strings.Fields(print("select y from orders"))
	if was := strings.Fields(base); other[0] == was[0] || other[1] != was[1] {
		t.Errorf("fingerprints %v after a change upstream of a alone, before %v", other, was)
	}
	if print("select '--x' from orders") == print("select '--y' from orders") {
		t.Error("two dashes in a text were taken for a comment")
	}
}
