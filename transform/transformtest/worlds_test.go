package transformtest

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"kefu/transform/transformtest/harness"
	"kefu/transform/transformtest/reference"
	"kefu/transform/transformtest/world"
)

// worldCount is how many random worlds a run compares; KEFU_WORLDS asks for
// another number, KEFU_SEED for other worlds.
const worldCount = 500

func randomPack(t *testing.T, count int) world.Pack {
	t.Helper()
	first := setting(t, "KEFU_SEED", 1)
	count = setting(t, "KEFU_WORLDS", count)
	var pack world.Pack
	for seed := first; seed < first+count; seed++ {
		w, err := world.Random(uint64(seed))
		if err != nil {
			t.Fatal(err)
		}
		pack = append(pack, w)
	}
	return pack
}

func setting(t *testing.T, name string, value int) int {
	t.Helper()
	text := os.Getenv(name)
	if text == "" {
		return value
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return n
}

// The models compute what the reference computes, in every table and column.
func TestWorldsOnTheEngine(t *testing.T) {
	pack := randomPack(t, worldCount)
	h, err := harness.ForPack(t.Context(), t.TempDir(), pack)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	if err := h.Load(t.Context(), pack.Tables()); err != nil {
		t.Fatal(err)
	}
	result, err := h.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range result.Checks {
		if c.Status == "failed" {
			t.Errorf("check %s.%s failed for %s in %d rows: %s", c.Model, c.Name, c.Shop, c.Violations, c.Sample)
		}
	}
	results, err := h.Results(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	compareWorlds(t, pack, results)
}

func compareWorlds(t *testing.T, pack world.Pack, got reference.Result) {
	t.Helper()
	byShop := map[string]reference.Result{}
	for table, rows := range got {
		for _, r := range rows {
			key := fmt.Sprint(r["platform"], "/", r["shop_id"])
			if byShop[key] == nil {
				byShop[key] = reference.Result{}
			}
			byShop[key][table] = append(byShop[key][table], r)
		}
	}
	differences := map[string][]string{}
	for _, w := range pack {
		want := reference.Compute(w)
		have := byShop[w.Shop.Platform+"/"+w.Shop.ID]
		for table, keys := range reference.Keys {
			for _, d := range reference.Compare(table, want[table], have[table], keys) {
				d.World = w.Name
				place := table + "." + d.Column
				differences[place] = append(differences[place], d.String())
			}
		}
	}
	report(t, differences)
}

// report shows a few differences of each column.
func report(t *testing.T, differences map[string][]string) {
	t.Helper()
	var places []string
	for place := range differences {
		places = append(places, place)
	}
	slices.Sort(places)
	for _, place := range places {
		list := differences[place]
		t.Errorf("%s: %d differences\n\t%s", place, len(list), strings.Join(list[:min(3, len(list))], "\n\t"))
	}
}
