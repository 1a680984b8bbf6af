package transformtest

import (
	"errors"
	"slices"
	"testing"
	"time"

	"kefu/transform/compute"
	"kefu/transform/transformtest/harness"
)

// Shop by shop, in chunks of a few rows, stopped and begun again, the tables
// end as if everything had been computed at once, and no chunk is computed
// twice.
func TestChunksEqualTheWhole(t *testing.T) {
	pack := randomPack(t, 2)
	tables := pack.Tables()
	whole := start(t, pack)
	load(t, whole, tables)
	run(t, whole, 0)
	want := contents(t, whole)

	h := start(t, pack)
	load(t, h, tables)
	chunks := map[string]int{}
	for i, shop := range h.Shops() {
		in := compute.Input{Shops: []compute.Shop{shop}, Others: slices.DeleteFunc(slices.Clone(h.Shops()), func(o compute.Shop) bool { return o == shop }),
			Copied: i == 0, ChunkRows: 80}
		for stage, n := range stopped(t, h, in) {
			chunks[stage] += n
		}
	}
	if n := len(h.Shops()); chunks[compute.StageShops] != n || chunks[compute.StageFacts] <= n || chunks[compute.StageDays] <= n || chunks[compute.StageWindows] < n {
		t.Errorf("%d shops make the chunks %v", n, chunks)
	}
	same(t, "shop by shop, in chunks", want, contents(t, h))
	if run(t, h, 0) {
		t.Error("a run afterwards changed tables")
	}
	forced := compute.Force{From: time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2099, 12, 31, 0, 0, 0, 0, time.UTC)}
	result, err := h.RunWith(t.Context(), compute.Input{Forced: []compute.Force{forced}, ChunkRows: 300, Shelf: h.NewShelf()})
	if err != nil {
		t.Fatal(err)
	}
	if result.Changed || len(result.Tables) > 0 {
		t.Error("computing everything once more changed tables")
	}
}

// stopped computes a few chunks at a time, until all are there, and returns how
// many chunks each stage had.
func stopped(t *testing.T, h *harness.Harness, in compute.Input) map[string]int {
	t.Helper()
	dir, stages := h.NewShelf().Dir, map[string]int{}
	var all []compute.Chunk
	for {
		shelf := &harness.Shelf{Dir: dir, Stop: 6}
		in.Shelf = shelf
		_, err := h.RunWith(t.Context(), in)
		if err != nil && !errors.Is(err, harness.ErrStopped) {
			t.Fatal(err)
		}
		if shelf.Found != len(all) {
			t.Fatalf("%d chunks were found, %d had been computed", shelf.Found, len(all))
		}
		for _, c := range shelf.Computed {
			if slices.Contains(all, c) {
				t.Errorf("%s is computed again", c)
			}
			all = append(all, c)
			stages[c.Stage]++
		}
		if err == nil {
			return stages
		}
	}
}
