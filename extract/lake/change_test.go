package lake

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestOldFilesReadUnderNewColumns(t *testing.T) {
	w := newWorld(t)
	spec := w.ensure(ordersSpec())
	first := w.write(spec, "2026-01-05", order("2026-01-05", 1))
	before := w.commit("orders", first)

	wider := ordersSpec()
	wider.Columns[3].Type = "DECIMAL(20,2)"
	wider.Columns[4].Type = "BIGINT"
	wider.Columns[7] = Column{Name: "note", Type: "VARCHAR"} // rate is gone
	wider = w.ensure(wider)
	if again := w.ensure(wider); again.FieldIDs() != wider.FieldIDs() {
		t.Errorf("ids changed from %s to %s", wider.FieldIDs(), again.FieldIDs())
	}
	second := w.write(wider, "2026-01-06", "select * exclude (quantity, rate), 3000000000 as quantity, 'late' as note from ("+order("2026-01-06", 2)+")")
	w.commit("orders", first, second)
	const q = "select typeof(quantity), quantity, typeof(amount), amount::varchar, note from $t order by quantity"
	equal(t, "widened", w.rows(wider, 0, q), []string{"BIGINT 1 DECIMAL(20,2) 12.30 NULL", "BIGINT 3000000000 DECIMAL(20,2) 12.30 late"})
	equal(t, "before, with today's columns", w.rows(wider, before, q), []string{"BIGINT 1 DECIMAL(20,2) 12.30 NULL"})
	equal(t, "before, with the columns of then", w.rows(spec, before, "select quantity, rate from $t"), []string{"1 0.5"})

	// A name that comes back is a new column: it must not show what the old one held.
	back := wider
	back.Columns = append(append([]Column{}, wider.Columns...), Column{Name: "rate", Type: "DOUBLE"})
	back = w.ensure(back)
	equal(t, "column that came back", w.rows(back, 0, "select rate from $t"), []string{"NULL", "NULL"})
	w.commit("orders", first) // old files are still accepted
	equal(t, "old file alone", w.rows(back, 0, "select quantity, note is null, rate from $t"), []string{"1 true NULL"})
}

// A table of an older layout is divided: what stood in one file moves to
// partitions when it is written anew, and old snapshots stay.
func TestATableWithoutPartitionsIsGivenThem(t *testing.T) {
	w := newWorld(t)
	plain := Spec{Name: "items", Columns: []Column{{Name: "order_id", Type: "VARCHAR"}, {Name: "quantity", Type: "INTEGER"}}}
	plain = w.ensure(plain)
	whole := w.write(plain, "", "select 'o1' as order_id, 1::integer as quantity union all select 'o2', 2")
	before := w.commit("items", whole)

	divided := plain
	divided.Columns = append(append([]Column{}, plain.Columns...), Column{Name: "bucket", Type: "VARCHAR", Required: true})
	divided.Partition, divided.PartitionBy = "bucket", ByValue
	divided = w.ensure(divided)
	if back, err := w.Describe(w.ctx, "items"); err != nil || back.Partition != "bucket" || back.PartitionBy != ByValue {
		t.Fatalf("described: %+v, %v", back, err)
	}
	if got := w.files("items", 0); len(got) != 1 || got[0].Partition != "" {
		t.Fatalf("files of the older layout: %+v", got)
	}
	equal(t, "older file", w.rows(divided, 0, "select order_id, bucket from $t order by 1"), []string{"o1 NULL", "o2 NULL"})

	a := w.write(divided, "a", "select 'o1' as order_id, 1::integer as quantity, 'a' as bucket")
	f := w.write(divided, "f", "select 'o2' as order_id, 2::integer as quantity, 'f' as bucket")
	w.commit("items", whole, a) // both layouts may stand side by side
	equal(t, "both", w.rows(divided, 0, "select order_id, bucket from $t order by 1, 2 nulls last"), []string{"o1 a", "o1 NULL", "o2 NULL"})
	w.commit("items", a, f)
	got := w.files("items", 0)
	if len(got) != 2 || got[0].Partition != "a" || got[1].Partition != "f" {
		t.Errorf("divided files: %+v", got)
	}
	equal(t, "before", w.rows(plain, before, "select order_id from $t order by 1"), []string{"o1", "o2"})
	wrong := w.write(divided, "a", "select 'o3' as order_id, 3::integer as quantity, 'b' as bucket")
	if _, err := w.Commit(w.ctx, "items", []File{wrong}, nil); err == nil || !strings.Contains(err.Error(), `belongs to partition "b", not "a"`) {
		t.Errorf("a file of another partition: %v", err)
	}
	again := w.ensure(divided)
	if again.FieldIDs() != divided.FieldIDs() {
		t.Errorf("ids changed from %s to %s", divided.FieldIDs(), again.FieldIDs())
	}
	if _, err := w.Ensure(w.ctx, plain); err == nil {
		t.Error("the divided table was joined again")
	}
}

func TestIncompatibleChangesAreRefused(t *testing.T) {
	w := newWorld(t)
	spec := w.ensure(ordersSpec())
	change := func(edit func(*Spec)) Spec {
		s := ordersSpec()
		edit(&s)
		return s
	}
	for _, c := range []struct {
		name string
		spec Spec
		says string
	}{
		{"type", change(func(s *Spec) { s.Columns[3].Type = "DOUBLE" }), "column amount: DECIMAL(18,2) cannot become DOUBLE"},
		{"scale", change(func(s *Spec) { s.Columns[3].Type = "DECIMAL(20,4)" }), "DECIMAL(18,2) cannot become DECIMAL(20,4)"},
		{"narrower", change(func(s *Spec) { s.Columns[5].Type = "INTEGER" }), "BIGINT cannot become INTEGER"},
		{"partition", change(func(s *Spec) { s.PartitionBy = ByMonth }), `("event_date" by "day") cannot become "event_date" by "month"`},
		{"no partition", change(func(s *Spec) { s.Partition, s.PartitionBy = "", "" }), `cannot become "" by ""`},
	} {
		_, err := w.Ensure(w.ctx, c.spec)
		var incompatible *IncompatibleError
		if !errors.As(err, &incompatible) || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	for _, c := range []struct {
		name string
		spec Spec
		says string
	}{
		{"unknown type", change(func(s *Spec) { s.Columns[0].Type = "HUGEINT" }), `type "HUGEINT" cannot be stored`},
		{"two of a name", change(func(s *Spec) { s.Columns[0].Name = "seq" }), "two columns seq"},
		{"partition column missing", change(func(s *Spec) { s.Partition = "dt" }), `"dt" is not one of its DATE columns`},
		{"path as name", change(func(s *Spec) { s.Name = "../x" }), "must be a plain name"},
	} {
		if _, err := w.Ensure(w.ctx, c.spec); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	if now, err := w.Describe(w.ctx, "orders"); err != nil || now.FieldIDs() != spec.FieldIDs() {
		t.Errorf("after refusals: %+v, %v", now, err)
	}
	if err := w.Drop(w.ctx, "orders"); err != nil {
		t.Fatal(err)
	}
	w.ensure(change(func(s *Spec) { s.Columns[3].Type = "DOUBLE" }))
}

func TestCommitAgainstAChangedTableIsAConflict(t *testing.T) {
	w := newWorld(t)
	spec := w.ensure(ordersSpec())
	a := w.write(spec, "2026-01-05", order("2026-01-05", 1))
	b := w.write(spec, "2026-01-06", order("2026-01-06", 2))
	stale, err := w.load(w.ctx, "orders")
	if err != nil {
		t.Fatal(err)
	}
	w.commit("orders", a)
	add, err := w.measure(w.ctx, stale, []located{{b, locationOf(b.Path)}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.replace(w.ctx, stale, nil, add, nil); !errors.Is(err, ErrConflict) {
		t.Fatalf("a commit that had not seen the other: %v", err)
	}
	equal(t, "rows", w.rows(spec, 0, "select quantity from $t"), []string{"1"})
}

func TestCommittersAndReadersAtOnce(t *testing.T) {
	w := newWorld(t)
	spec := w.ensure(ordersSpec())
	files := []File{
		w.write(spec, "2026-01-05", order("2026-01-05", 1)),
		w.write(spec, "2026-01-06", order("2026-01-06", 2)),
		w.write(spec, "2026-01-07", order("2026-01-07", 3)),
	}
	w.commit("orders", files[0])
	var committed atomic.Int64
	var wg sync.WaitGroup
	for i := range files {
		other := w.open(w.opts) // as another process would
		wg.Go(func() {
			for range 5 {
				_, err := other.Commit(w.ctx, "orders", files[i:i+1], nil)
				switch {
				case err == nil:
					committed.Add(1)
				case !errors.Is(err, ErrConflict):
					t.Errorf("commit: %v", err)
				}
				got, _, err := other.Files(w.ctx, "orders", 0)
				if err != nil || len(got) != 1 {
					t.Errorf("a reader saw %v, %v", got, err)
				}
			}
		})
	}
	wg.Wait()
	if committed.Load() == 0 {
		t.Error("nobody got through")
	}
}

func TestExpireAndOrphans(t *testing.T) {
	w := newWorld(t)
	spec := w.ensure(ordersSpec())
	a := w.write(spec, "2026-01-05", order("2026-01-05", 1))
	b := w.write(spec, "2026-01-05", order("2026-01-05", 2))
	c := w.write(spec, "2026-01-05", order("2026-01-05", 3))
	uncommitted := w.write(spec, "2026-01-06", order("2026-01-06", 4))
	published := w.commit("orders", a)
	w.commit("orders", b)
	head := w.commit("orders", c)

	if got, err := w.RemoveOrphans(w.ctx, "orders", time.Hour); err != nil || len(got) != 0 {
		t.Fatalf("young files were removed: %v, %v", got, err)
	}
	plan, err := w.PlanExpiry(w.ctx, "orders", map[int64]bool{published: true})
	if err != nil || plan != (Expiry{Snapshots: 1, Files: 1, Bytes: size(t, b.Path)}) {
		t.Fatalf("planned %+v, %v", plan, err)
	}
	gone, err := w.Expire(w.ctx, "orders", map[int64]bool{published: true})
	if err != nil || gone != plan {
		t.Fatalf("expired %+v, planned %+v, %v", gone, plan, err)
	}
	if _, err := os.Stat(b.Path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file of the expired snapshot is still there: %v", err)
	}
	equal(t, "published", w.rows(spec, published, "select quantity from $t"), []string{"1"})
	equal(t, "head", w.rows(spec, head, "select quantity from $t"), []string{"3"})

	want := []Orphan{{Path: uncommitted.Path, Bytes: size(t, uncommitted.Path)}}
	if found, err := w.Orphans(w.ctx, "orders", 0); err != nil || !slices.Equal(found, want) {
		t.Errorf("found %v, want %v, %v", found, want, err)
	}
	if removed, err := w.RemoveOrphans(w.ctx, "orders", 0); err != nil || !slices.Equal(removed, want) {
		t.Errorf("removed %v, want %v, %v", removed, want, err)
	}
	if _, err := os.Stat(uncommitted.Path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the orphan is still there: %v", err)
	}
	equal(t, "published", w.rows(spec, published, "select quantity from $t"), []string{"1"})
	w.commit("orders", w.write(spec, "2026-01-06", order("2026-01-06", 5)))
	if gone, err := w.Expire(w.ctx, "orders", nil); err != nil || gone.Snapshots != 2 || gone.Files != 2 {
		t.Errorf("expired %+v, %v", gone, err)
	}
	if _, _, err := w.Files(w.ctx, "orders", published); !errors.Is(err, ErrNoSnapshot) {
		t.Errorf("an expired snapshot reads: %v", err)
	}
}

func size(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

// Small files of one partition are better one; files of different partitions,
// and a single small one, stay.
func TestSmallFilesAreFound(t *testing.T) {
	w := newWorld(t)
	spec := w.ensure(ordersSpec())
	alone := w.write(spec, "2026-01-04", order("2026-01-04", 1))
	a := w.write(spec, "2026-01-05", order("2026-01-05", 1))
	b := w.write(spec, "2026-01-05", order("2026-01-05", 2))
	first := w.commit("orders", alone, a)
	if got, err := w.SmallFiles(w.ctx, "orders", 0); err != nil || len(got) != 0 {
		t.Errorf("one file a partition: %v, %v", got, err)
	}
	w.commit("orders", alone, a, b)
	got, err := w.SmallFiles(w.ctx, "orders", 0)
	if err != nil || len(got) != 1 || got[0].Partition != "2026-01-05" || len(got[0].Files) != 2 {
		t.Errorf("two files a partition: %+v, %v", got, err)
	}
	if got, err := w.SmallFiles(w.ctx, "orders", first); err != nil || len(got) != 0 {
		t.Errorf("the first snapshot: %v, %v", got, err)
	}
}

func TestLakeCanBeMovedWithItsState(t *testing.T) {
	w := newWorld(t)
	spec := w.ensure(ordersSpec())
	a := w.write(spec, "2026-01-05", order("2026-01-05", 1))
	first := w.commit("orders", a)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	home := filepath.Join(t.TempDir(), "新 家 100%")
	if err := os.MkdirAll(home, 0o755); err != nil {
		t.Fatal(err)
	}
	moved := w.opts
	moved.Root = filepath.Join(home, "湖")
	moves := [][2]string{{w.opts.Root, moved.Root}}
	if moved.Catalog != "" {
		moved.Catalog = filepath.Join(home, "state.db")
		moves = append(moves, [2]string{w.opts.Catalog, moved.Catalog})
	}
	for _, m := range moves {
		if err := os.Rename(m[0], m[1]); err != nil {
			t.Fatal(err)
		}
	}
	// The old place must not come back, nor be read.
	if err := os.WriteFile(w.opts.Root, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for round := range 2 {
		w.Lake = w.open(moved)
		equal(t, "first", w.rows(spec, first, "select quantity from $t"), []string{"1"})
		files := append(w.files("orders", 0), w.write(spec, "2026-01-06", order("2026-01-06", 2+round)))
		for _, f := range files {
			if !strings.HasPrefix(f.Path, moved.Root) {
				t.Errorf("file %s is not in the new place", f.Path)
			}
		}
		w.commit("orders", files...)
	}
	equal(t, "rows", w.rows(spec, 0, "select quantity from $t order by 1"), []string{"1", "2", "3"})
	w.ensure(Spec{Name: "made_here", Columns: []Column{{Name: "a", Type: "BIGINT"}}})
	if _, err := w.Expire(w.ctx, "orders", nil); err != nil {
		t.Error(err)
	}
	orphan := w.write(spec, "2026-01-06", order("2026-01-06", 9))
	removed, err := w.RemoveOrphans(w.ctx, "orders", 0)
	if err != nil || len(removed) == 0 {
		t.Errorf("orphans: %v, %v", removed, err)
	}
	if _, err := os.Stat(orphan.Path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the orphan is still there: %v", err)
	}
	equal(t, "rows", w.rows(spec, 0, "select quantity from $t order by 1"), []string{"1", "2", "3"})
}

func TestWrongLakeDirectoryIsRefused(t *testing.T) {
	w := newWorld(t)
	w.ensure(ordersSpec())
	wrong := w.opts
	wrong.Root = t.TempDir()
	_, err := Open(w.ctx, wrong)
	if err == nil || !strings.Contains(err.Error(), "lacks table orders of the catalog (the lake was created at ") {
		t.Errorf("an empty directory: %v", err)
	}
}

func TestCatalogIsRebuiltFromTheLake(t *testing.T) {
	w := newWorld(t)
	spec := w.ensure(ordersSpec())
	a := w.write(spec, "2026-01-05", order("2026-01-05", 1))
	id := w.commit("orders", a)
	w.ensure(Spec{Name: "dim", Columns: []Column{{Name: "a", Type: "BIGINT"}}})
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	moved := newCatalog(t, t.TempDir(), w.opts.Root+" moved")
	if err := os.Rename(w.opts.Root, moved.Root); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(w.ctx, moved); !errors.Is(err, ErrStateLost) {
		t.Errorf("a lake without its catalog: %v", err)
	}
	lost := moved
	lost.Recover = true
	w.Lake = w.open(lost)
	names, err := w.Rebuild(w.ctx)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "tables", names, []string{"dim", "orders"})
	if names, err := w.Rebuild(w.ctx); err != nil || len(names) != 0 {
		t.Errorf("again: %v, %v", names, err)
	}
	w.Lake = w.open(moved)
	_, head, err := w.Files(w.ctx, "orders", 0)
	if err != nil || head != id {
		t.Errorf("head %d, want %d, %v", head, id, err)
	}
	b := w.write(spec, "2026-01-06", order("2026-01-06", 2))
	w.commit("orders", append(w.files("orders", 0), b)...)
	equal(t, "rows", w.rows(spec, 0, "select quantity from $t order by 1"), []string{"1", "2"})
}
