package world

import (
	"reflect"
	"testing"

	"kefu/extract/dataset"
)

// Equal seeds give equal worlds, whose rows align with the lake's tables.
func TestRandomIsDeterministicAndAligned(t *testing.T) {
	for seed := uint64(1); seed <= 50; seed++ {
		a, err := Random(seed)
		if err != nil {
			t.Fatal(err)
		}
		b, err := Random(seed)
		if err != nil {
			t.Fatal(err)
		}
		tables := Pack{a}.Tables()
		if !reflect.DeepEqual(tables, Pack{b}.Tables()) || a.Rules != b.Rules {
			t.Fatalf("seed %d: two different worlds", seed)
		}
		for name, rows := range tables {
			for _, row := range rows {
				if got, want := len(row), len(dataset.ByName(name).Stored()); got != want {
					t.Fatalf("seed %d: %s has %d columns, want %d", seed, name, got, want)
				}
			}
		}
	}
}

// The worlds reach what they are made for.
func TestRandomReachesEdgeCases(t *testing.T) {
	found := map[string]bool{}
	for seed := uint64(1); seed <= 300; seed++ {
		w, err := Random(seed)
		if err != nil {
			t.Fatal(err)
		}
		for i := range w.Messages {
			m := &w.Messages[i]
			found["transfer to self"] = found["transfer to self"] || (m.Kind == "transfer" && m.AgentID == m.ToAgentID)
			found["message at the start of a day"] = found["message at the start of a day"] || m.SentAt.Equal(w.Start(w.Dt(m.SentAt)))
			found["bot account"] = found["bot account"] || w.IsBot(m.AgentID, w.Dt(m.SentAt))
			found["excluded agent"] = found["excluded agent"] || w.ExcludesAgent(m.AgentID, w.Dt(m.SentAt))
			found["automatic by pattern"] = found["automatic by pattern"] || (!m.IsAuto && w.IsAutomatic(m))
			found["watchword"] = found["watchword"] || w.HasWatchword(m)
		}
		for _, o := range w.Orders {
			found["paid when created"] = found["paid when created"] || o.PaidAt.Equal(o.CreatedAt)
			found["paid on the first instant after the next day"] = found["paid on the first instant after the next day"] ||
				o.PaidAt.Equal(w.End(w.Dt(o.CreatedAt)+1))
		}
		found["London"] = found["London"] || w.Shop.Timezone == "Europe/London"
		found["no order"] = found["no order"] || len(w.Orders) == 0
	}
	for name, yes := range found {
		if !yes {
			t.Errorf("no world has: %s", name)
		}
	}
}
