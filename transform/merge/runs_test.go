package merge_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"kefu/extract/dataset"
	"kefu/transform/merge"
)

// nights are random deliveries of messages and orders: new, known, corrected,
// contradicting, on few days and in any order.
func nights(r *rand.Rand) [][]delivery {
	var out [][]delivery
	for night := range 3 {
		var files []delivery
		for n := range 1 + r.IntN(3) {
			d := delivery{file: merge.File{ID: fmt.Sprintf("f%d-%d", night, n)}}
			for range r.IntN(60) {
				day := fmt.Sprintf("2026-01-%02d", 1+r.IntN(4))
				d.messages = append(d.messages, message(fmt.Sprintf("m%02d", r.IntN(80)), day+fmt.Sprintf(" 10:00:%02d", r.IntN(3)), fmt.Sprint("h", r.IntN(3)/2)))
				updated := ""
				if r.IntN(4) > 0 {
					updated = fmt.Sprintf("2026-01-%02d 12:00:00", 5+r.IntN(6))
				}
				d.orders = append(d.orders, order(fmt.Sprintf("o%02d", r.IntN(40)), day, "paid", updated, fmt.Sprint("h", r.IntN(5))))
			}
			d.unusable, d.twice = r.IntN(8) == 0, r.IntN(6) == 0
			files = append(files, d)
		}
		out = append(out, files)
	}
	return out
}

type delivery struct {
	file             merge.File
	messages, orders []row
	unusable         bool // it turns out to be when all is read
	twice            bool // it is read once more, from the start
}

// deliver merges a night with the given limits.
func (f *fixture) deliver(files []delivery, bytes int64) map[string]*merge.Outcome {
	f.t.Helper()
	m := merge.New(f.engine, f.store)
	m.Limit(bytes)
	for _, d := range files {
		if d.twice {
			f.read(m, d, len(d.messages)/2)
			f.drop(m, d.file.ID)
		}
		f.read(m, d, len(d.messages))
		if d.unusable {
			f.drop(m, d.file.ID)
		} else {
			m.Arrived(d.file)
		}
	}
	out := map[string]*merge.Outcome{}
	for _, name := range m.Datasets() {
		o, err := m.Merge(f.t.Context(), dataset.ByName(name), f.files[name])
		if err != nil {
			f.t.Fatal(err)
		}
		f.files[name] = o.Files
		out[name] = o
	}
	m.Discard()
	return out
}

// read adds the rows of a delivery, or the first of them.
func (f *fixture) read(m *merge.Merger, d delivery, rows int) {
	f.t.Helper()
	for from := 0; from < rows; from += 20 {
		to := min(from+20, rows)
		f.add(m, "chat_messages", d.file.ID, from, d.messages[from:to])
		f.add(m, "orders", d.file.ID, from, d.orders[from:to])
	}
}

func (f *fixture) drop(m *merge.Merger, id string) {
	f.t.Helper()
	if err := m.Drop(f.t.Context(), id); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) add(m *merge.Merger, name, file string, line int, rows []row) {
	f.t.Helper()
	for i, r := range rows {
		r["source_line"] = line + i + 1
	}
	b := f.batch(dataset.ByName(name), file, rows)
	defer b.Release()
	if err := m.Add(f.t.Context(), dataset.ByName(name), file, b); err != nil {
		f.t.Fatal(err)
	}
}

// accounts is what of an outcome does not depend on how its files came about.
func accounts(outcomes map[string]*merge.Outcome) map[string]any {
	out := map[string]any{}
	for name, o := range outcomes {
		out[name] = []any{o.Counts, o.Conflicts, o.Rows, o.Changed}
	}
	return out
}

func TestWhatIsReadOnceMoreCountsOnce(t *testing.T) {
	for seed := range uint64(3) {
		nights := nights(rand.New(rand.NewPCG(seed, 2)))
		again, once := newFixture(t), newFixture(t)
		for n, night := range nights {
			plain := slices.Clone(night)
			for i := range night {
				night[i].twice, plain[i].twice = true, false
			}
			want := accounts(once.deliver(plain, 1<<30))
			if got := accounts(again.deliver(night, 9000)); !reflect.DeepEqual(got, want) {
				t.Fatalf("seed %d, night %d: %v, want %v", seed, n, got, want)
			}
		}
	}
}

func TestHowManyRunsThereAreChangesNothing(t *testing.T) {
	columns := map[string][]string{
		"chat_messages": {"event_date", "message_id", "sent_at", "digest", "source_file", "source_line"},
		"orders":        {"event_date", "order_id", "updated_at", "version_at", "digest", "source_file", "source_line"},
	}
	for seed := range uint64(3) {
		nights := nights(rand.New(rand.NewPCG(seed, 1)))
		whole := newFixture(t)
		var want []map[string]any
		var held []map[string]string
		for _, night := range nights {
			want = append(want, accounts(whole.deliver(night, 1<<30)))
			held = append(held, whole.contents(columns))
		}
		for _, limit := range []int64{1, 9000} {
			parts, ever := newFixture(t), map[string]bool{}
			for n, night := range nights {
				if got := accounts(parts.deliver(night, limit)); !reflect.DeepEqual(got, want[n]) {
					t.Fatalf("seed %d, %d bytes, night %d: %v, want %v", seed, limit, n, got, want[n])
				}
				if got := parts.contents(columns); !reflect.DeepEqual(got, held[n]) {
					t.Fatalf("seed %d, %d bytes, night %d: lake holds %v, want %v", seed, limit, n, got, held[n])
				}
				parts.onlyItsFiles(ever)
			}
		}
	}
}

// Where no key repeats there is nothing to judge, however many runs there are.
func TestRowsThatStandAloneEnter(t *testing.T) {
	var files []delivery
	for n := range 3 {
		d := delivery{file: merge.File{ID: fmt.Sprint("f", n), AsOf: time.Date(2026, 2, 1+n, 0, 0, 0, 0, time.UTC)}}
		for i := range 50 {
			at := fmt.Sprintf("2026-01-%02d", 1+i%4)
			d.messages = append(d.messages, message(fmt.Sprintf("m%d-%d", n, i), at+" 10:00:00", "h"))
			d.orders = append(d.orders, order(fmt.Sprintf("o%d-%d", n, i), at, "paid", []string{"", "2026-01-09 12:00:00"}[i%2], "h"))
		}
		files = append(files, d)
	}
	for _, limit := range []int64{1, 9000, 1 << 30} {
		f := newFixture(t)
		for name, o := range f.deliver(files, limit) {
			if o.Rows != 150 || len(o.Changed) != 4 || len(o.Files) != 4 || len(o.Conflicts) > 0 {
				t.Errorf("%d bytes: %s: %+v", limit, name, o)
			}
			for _, d := range files {
				if c := o.Counts[d.file.ID]; c != (merge.Counts{Accepted: 50}) {
					t.Errorf("%d bytes: %s: %s has %+v", limit, name, d.file.ID, c)
				}
			}
		}
		var want []string
		for n := range 3 {
			for i := range 50 {
				at := fmt.Sprintf("2026-02-%02d 00:00:00", 1+n)
				if i%2 == 1 {
					at = "2026-01-09 12:00:00"
				}
				want = append(want, fmt.Sprintf("o%d-%d %s", n, i, at))
			}
		}
		slices.Sort(want)
		if got := f.content("orders", "order_id", "version_at"); got != strings.Join(want, "; ") {
			t.Errorf("%d bytes: the lake holds %.200s…", limit, got)
		}
	}
}

// contents lists the rows of tables by the columns given.
func (f *fixture) contents(columns map[string][]string) map[string]string {
	out := map[string]string{}
	for name, c := range columns {
		out[name] = f.content(name, slices.Clone(c)...)
	}
	return out
}

// onlyItsFiles checks that nothing is left of runs that the lake did not take.
func (f *fixture) onlyItsFiles(ever map[string]bool) {
	f.t.Helper()
	for _, files := range f.files {
		for _, file := range files {
			ever[file.Path] = true
			if info, err := os.Stat(file.Path); err != nil || info.Size() != file.Bytes {
				f.t.Errorf("file %+v: %v", file, err)
			}
		}
	}
	found, err := filepath.Glob(filepath.Join(f.store.dir, "*.parquet"))
	if err != nil {
		f.t.Fatal(err)
	}
	for _, path := range found {
		if !ever[path] {
			f.t.Errorf("%s is left behind", path)
		}
	}
}
