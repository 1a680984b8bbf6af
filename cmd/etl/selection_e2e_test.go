package main

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// A warehouse gets the tables that the pipelines which load it name, of the one
// publication; naming others later brings them, without computing anything.
func TestAWarehouseGetsTheTablesThatPipelinesName(t *testing.T) {
	t.Parallel()
	i := newInstallation(t, "", newAgedSource())
	i.deliver(delivery{source: "exports", name: "chat_messages-1.csv", text: chatFile(said("m1", "b1", 2), said("m2", "b2", 3))})
	i.extra = "pipelines:\n  - {name: days, models: [\"kpi_*_day\"]}\n  - {name: names, models: [dim_agent, dim_nothing]}\n  - {name: reading, models: []}\n"
	i.configure()
	if e := i.etl("check"); e.code != exitDone || !strings.Contains(e.err+e.out, `no table of the warehouses fits "dim_nothing"`) {
		t.Errorf("etl check ended with %d\n%s%s", e.code, e.out, e.err)
	}
	i.night(0)
	want := []string{"dim_agent", "kpi_agent_day", "kpi_group_day", "kpi_shop_day", "kpi_topic_day"}
	some := i.tables()
	if got := slices.Sorted(maps.Keys(some)); !slices.Equal(got, want) {
		t.Errorf("the warehouse has %v, want %v", got, want)
	}
	i.night(0, "--pipeline", "names")
	sameTables(t, "by the other pipeline", some, i.tables())

	i.extra = ""
	i.configure()
	if s := i.night(0); len(s.Reasons) > 0 {
		t.Errorf("naming other tables made the run compute: %+v", s.Reasons)
	}
	all := i.tables()
	mustHaveRows(t, all, "kpi_shop_window", "inquiries", "dim_metric")
	for _, name := range want {
		if !slices.Equal(all[name], some[name]) {
			t.Errorf("%s differs", name)
		}
	}
}
