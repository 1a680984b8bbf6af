package main

import (
	"encoding/json"
	"testing"

	"kefu/transform/transformtest/world"
)

// What `etl run --json` prints has the documented keys, also where there is
// nothing to tell.
func TestTheSummaryHasItsKeys(t *testing.T) {
	t.Parallel()
	shop := world.Shop{Platform: "other", ID: "one", Name: "one", Timezone: "Asia/Shanghai"}
	i := newInstallation(t, "", exportSource{name: "one", preset: "canonical", shop: shop})
	i.deliver(delivery{source: "one", name: "orders.csv", text: goodOrders})
	keys := map[string][]string{
		"": {"run_id", "status", "sources", "ingest", "models", "checks", "load"}, "sources": {"name", "files", "read", "accepted", "merged", "duplicates", "skipped", "rejected"},
		"ingest": {"rows", "seconds"}, "models": {"name", "ranges", "rows", "seconds"}, "checks": {"name", "status"}, "load": {"warehouse", "tables", "rows", "seconds"},
	}
	for _, night := range []string{"the first night", "a night of nothing new"} {
		said := i.etl("run", "--json")
		var sum map[string]any
		if err := json.Unmarshal([]byte(said.out), &sum); err != nil || said.code != exitDone {
			t.Fatalf("%s: %d %v\n%s%s", night, said.code, err, said.out, said.err)
		}
		for part, want := range keys {
			objects := []any{sum[part]}
			switch value := sum[part].(type) {
			case []any:
				objects = value
			case nil:
				if part != "" {
					t.Errorf("%s: %s is null or missing", night, part)
					continue
				}
				objects = []any{sum}
			}
			for _, o := range objects {
				object, _ := o.(map[string]any)
				for _, key := range want {
					if value, ok := object[key]; !ok || value == nil {
						t.Errorf("%s: %q of %q is null or missing in %v", night, key, part, object)
					}
				}
			}
		}
	}
}
