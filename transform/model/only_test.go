package model

import (
	"slices"
	"testing"
	"testing/fstest"
)

func TestOnlyComputesWhatIsAskedForAndKeepsIt(t *testing.T) {
	graph, err := build(t, fstest.MapFS{
		"intermediate/int_horizon.sql": file("shop", "stored: true\n", "select * from orders"),
		"intermediate/int_facts.sql":   file("buyer", "stored: true\n", "select * from orders"),
		"intermediate/int_sales.sql":   file("day", "materialized: view\n", "select * from int_facts"),
		"intermediate/int_other.sql":   file("buyer", "stored: true\n", "select * from orders"),
		"marts/kpi_day.sql":            file("day", "stored: true\n", "select * from int_sales"),
	})
	if err != nil {
		t.Fatal(err)
	}
	only := graph.Only("int_sales", "nonsense")
	var names []string
	for _, m := range only.Ordered {
		names = append(names, m.Name)
	}
	slices.Sort(names)
	if want := []string{"int_facts", "int_horizon", "int_sales"}; !slices.Equal(names, want) {
		t.Errorf("it computes %v, want %v", names, want)
	}
	if m := only.Model("int_sales"); !m.Stored || m.View {
		t.Error("what is asked for is not kept")
	}
	if m := graph.Model("int_sales"); m.Stored || !m.View {
		t.Error("the graph itself has changed")
	}
}
