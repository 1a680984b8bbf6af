package transformtest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"kefu/transform/rule"
	"kefu/transform/transformtest/harness"
	"kefu/transform/transformtest/world"
)

// incrementalWorlds is how many worlds arrive bit by bit.
const incrementalWorlds = 6

func start(t *testing.T, pack world.Pack) *harness.Harness {
	t.Helper()
	h, err := harness.ForPack(t.Context(), t.TempDir(), pack)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	return h
}

func load(t *testing.T, h *harness.Harness, tables map[string][][]any) {
	t.Helper()
	if err := h.Load(t.Context(), tables); err != nil {
		t.Fatal(err)
	}
}

func run(t *testing.T, h *harness.Harness, chunkRows int64) bool {
	t.Helper()
	result, err := h.RunInChunks(t.Context(), chunkRows)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range result.Checks {
		if c.Status == "failed" {
			t.Fatalf("check %s.%s failed for %s: %s", c.Model, c.Name, c.Shop, c.Sample)
		}
	}
	return result.Changed
}

// contents returns the rows of every stored model as sorted lines.
func contents(t *testing.T, h *harness.Harness) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	for _, m := range h.Graph().Stored() {
		rows, err := h.Rows(t.Context(), m.Name)
		if err != nil {
			t.Fatal(err)
		}
		lines := make([]string, len(rows))
		for i, r := range rows {
			names := make([]string, 0, len(r))
			for n := range r {
				names = append(names, n)
			}
			sort.Strings(names)
			var b strings.Builder
			for _, n := range names {
				fmt.Fprintf(&b, "%s=%v ", n, r[n])
			}
			lines[i] = b.String()
		}
		sort.Strings(lines)
		out[m.Name] = lines
	}
	return out
}

func same(t *testing.T, what string, want, got map[string][]string) {
	t.Helper()
	for table, lines := range want {
		if slices.Equal(lines, got[table]) {
			continue
		}
		t.Errorf("%s: %s has %d rows, want %d%s", what, table, len(got[table]), len(lines), firstDifference(lines, got[table]))
	}
}

func firstDifference(want, got []string) string {
	for i := range max(len(want), len(got)) {
		w, g := "", ""
		if i < len(want) {
			w = want[i]
		}
		if i < len(got) {
			g = got[i]
		}
		if w != g {
			return "\n\twant " + w + "\n\tgot  " + g
		}
	}
	return ""
}

// arrivals deals the rows of all tables out to so many moments.
func arrivals(tables map[string][][]any, moments int, seed uint64) []map[string][][]any {
	random := rand.New(rand.NewPCG(seed, 7))
	out := make([]map[string][][]any, moments)
	for i := range out {
		out[i] = map[string][][]any{}
	}
	names := make([]string, 0, len(tables))
	for name := range tables {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		for _, row := range tables[name] {
			for i := random.IntN(moments); i < moments; i++ {
				out[i][name] = append(out[i][name], row)
			}
		}
	}
	return out
}

// However the rows arrive, the tables end the same: bit by bit in any order, in
// chunks of a few buyers, computed once more from nothing.
func TestIncrementalEqualsFull(t *testing.T) {
	pack := randomPack(t, incrementalWorlds)
	tables := pack.Tables()
	full := start(t, pack)
	load(t, full, tables)
	run(t, full, 0)
	want := contents(t, full)

	for seed := range uint64(2) {
		h := start(t, pack)
		for _, so := range arrivals(tables, 3, seed) {
			load(t, h, so)
			run(t, h, 0)
		}
		same(t, fmt.Sprintf("in three arrivals, seed %d", seed), want, contents(t, h))
		if run(t, h, 0) {
			t.Error("a run without news changed tables")
		}
	}
	chunked := start(t, pack)
	load(t, chunked, tables)
	run(t, chunked, 500)
	same(t, "in small chunks", want, contents(t, chunked))
}

// A rule that changes for the past restates it as if it had always been so, and
// so does a row that goes.
func TestRestatementEqualsFreshInstallation(t *testing.T) {
	pack := randomPack(t, incrementalWorlds)
	tables := pack.Tables()
	full := start(t, pack)
	load(t, full, tables)
	run(t, full, 0)
	want := contents(t, full)

	h := start(t, pack)
	h.SetRules(shippedRules(t, pack))
	load(t, h, tables)
	run(t, h, 0)
	set, err := harness.Rules(pack)
	if err != nil {
		t.Fatal(err)
	}
	h.SetRules(set)
	run(t, h, 0)
	same(t, "after the rules changed", want, contents(t, h))

	bare := harness.Shops(pack)
	for i := range bare {
		bare[i].ChatsUntil, bare[i].OrdersUntil = time.Time{}, time.Time{}
	}
	h.SetShops(bare)
	run(t, h, 0)
	h.SetShops(harness.Shops(pack))
	run(t, h, 0)
	same(t, "after sources stated how far they are complete", want, contents(t, h))

	// Everything of every third buyer's messages comes too late, and goes again.
	fewer := map[string][][]any{}
	for name, rows := range tables {
		for i, r := range rows {
			if i%3 != 0 {
				fewer[name] = append(fewer[name], r)
			}
		}
	}
	load(t, h, fewer)
	run(t, h, 0)
	load(t, h, tables)
	run(t, h, 0)
	same(t, "after rows went and came back", want, contents(t, h))
}

// Who belonged to which group, who was a robot, may become known after all else.
func TestAgentsThatComeLastRestateTheirDays(t *testing.T) {
	pack := randomPack(t, 2*incrementalWorlds)
	tables := pack.Tables()
	full := start(t, pack)
	load(t, full, tables)
	run(t, full, 0)

	h := start(t, pack)
	agents := tables["agents"]
	delete(tables, "agents")
	load(t, h, tables)
	run(t, h, 0)
	tables["agents"] = agents
	load(t, h, tables)
	run(t, h, 0)
	same(t, "after the agents came", contents(t, full), contents(t, h))
}

func shippedRules(t *testing.T, pack world.Pack) *rule.Set {
	t.Helper()
	var shops []rule.Shop
	for _, s := range harness.Shops(pack) {
		zone, err := time.LoadLocation(s.Timezone)
		if err != nil {
			t.Fatal(err)
		}
		shops = append(shops, rule.Shop{Platform: s.Platform, ID: s.Shop, Zone: zone})
	}
	set, _ := rule.Parse(nil, shops)
	return set
}
