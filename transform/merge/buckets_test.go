package merge_test

import (
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"kefu/extract/dataset"
	"kefu/extract/lake"
	"kefu/extract/sqltext"
	"kefu/transform/merge"
)

func item(order string, quantity int, updated string) row {
	return row{"order_id": order, "item_id": order + "-1", "quantity": quantity, "updated_at": updated, "digest": fmt.Sprint(quantity)}
}

func bucketOf(order string) string {
	sum := md5.Sum([]byte(order))
	return hex.EncodeToString(sum[:])[:1]
}

func items(n int) []row {
	var out []row
	for i := range n {
		out = append(out, item(fmt.Sprintf("o%02d", i), 1, "2026-01-05 10:00:00"))
	}
	return out
}

func TestAChangedItemRewritesItsBucketAlone(t *testing.T) {
	f := newFixture(t)
	f.arrive("order_items", map[merge.File][]row{file("f1"): items(64)})
	before := slices.Clone(f.files["order_items"])
	for _, b := range before {
		if b.Partition == "" {
			t.Fatalf("file %s stands in no bucket", b.Path)
		}
	}
	out := f.arrive("order_items", map[merge.File][]row{file("f2"): {item("o07", 2, "2026-01-06 10:00:00")}})
	if want := []string{bucketOf("o07")}; !slices.Equal(out.Changed, want) {
		t.Errorf("buckets %v were written, want %v", out.Changed, want)
	}
	for _, b := range before {
		if kept := slices.Contains(f.files["order_items"], b); kept == (b.Partition == bucketOf("o07")) {
			t.Errorf("file of bucket %s: kept is %v", b.Partition, kept)
		}
	}
	if got := f.content("order_items", "order_id", "quantity"); strings.Count(got, ";") != 63 || !strings.Contains(got, "o07 2") {
		t.Errorf("lake holds %s", got)
	}
}

// join writes what the fixture holds of a table as one file without buckets,
// as the older layout had it.
func (f *fixture) join(name string) {
	f.t.Helper()
	var paths []string
	for _, file := range f.files[name] {
		paths = append(paths, sqltext.Literal(file.Path))
	}
	spec := merge.Spec(dataset.ByName(name))
	spec.Columns = slices.DeleteFunc(spec.Columns, func(c lake.Column) bool { return c.Name == "bucket" })
	spec, err := f.store.Ensure(f.t.Context(), spec)
	if err != nil {
		f.t.Fatal(err)
	}
	path := f.store.NewFilePath(name, "")
	err = f.engine.Exec(f.t.Context(), fmt.Sprintf("copy (select * exclude (bucket) from read_parquet([%s])) to %s (format parquet, field_ids %s)",
		strings.Join(paths, ", "), sqltext.Literal(path), spec.FieldIDs()))
	if err != nil {
		f.t.Fatal(err)
	}
	f.files[name] = []lake.File{{Path: path}}
}

func TestItemsOfTheOlderLayoutMoveToBuckets(t *testing.T) {
	f := newFixture(t)
	f.arrive("order_items", map[merge.File][]row{file("f1"): items(40)})
	f.join("order_items")
	want := strings.Replace(f.content("order_items", "order_id", "quantity"), "o03 1", "o03 5", 1)
	out := f.arrive("order_items", map[merge.File][]row{file("f2"): {item("o03", 5, "2026-01-06 10:00:00"), item("o04", 1, "2026-01-05 10:00:00")}})
	if got := f.content("order_items", "order_id", "quantity"); got != want {
		t.Errorf("lake holds %s, want %s", got, want)
	}
	if got := out.Counts["f2"]; got.Accepted != 1 || got.Duplicates != 1 {
		t.Errorf("counts are %+v", got)
	}
	for _, file := range f.files["order_items"] {
		got := f.buckets(file)
		if file.Partition == "" || got != file.Partition {
			t.Errorf("a file of partition %q holds buckets %q", file.Partition, got)
		}
	}
	again := f.arrive("order_items", map[merge.File][]row{file("f3"): items(3)})
	if len(again.Changed) != 0 {
		t.Errorf("known rows changed %v", again.Changed)
	}
}

// buckets lists the buckets that the rows of a file name.
func (f *fixture) buckets(file lake.File) string {
	f.t.Helper()
	rows, err := f.engine.Query(f.t.Context(), "select string_agg(distinct bucket, ',') from read_parquet("+sqltext.Literal(file.Path)+")")
	if err != nil {
		f.t.Fatal(err)
	}
	defer rows.Close()
	var out string
	for rows.Next() {
		if err := rows.Scan(&out); err != nil {
			f.t.Fatal(err)
		}
	}
	if err := rows.Err(); err != nil {
		f.t.Fatal(err)
	}
	return out
}

// writers lists who wrote the files of a table.
func (f *fixture) writers(name string) []string {
	f.t.Helper()
	var out []string
	for _, file := range f.files[name] {
		rows, err := f.engine.Query(f.t.Context(), "select created_by from parquet_file_metadata("+sqltext.Literal(file.Path)+")")
		if err != nil {
			f.t.Fatal(err)
		}
		for rows.Next() {
			var by string
			if err := rows.Scan(&by); err != nil {
				f.t.Fatal(err)
			}
			out = append(out, by)
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			f.t.Fatal(err)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Items wait until all of them have come, however often messages are written
// meanwhile; only where they are too many are they written twice.
func TestItemsAreWrittenOnce(t *testing.T) {
	for _, c := range []struct {
		limit int64
		want  []string
	}{{40_000, []string{"kefu"}}, {1_000, []string{"DuckDB"}}} {
		f := newFixture(t)
		m := merge.New(f.engine, f.store)
		m.Limit(c.limit)
		for from := 0; from < 320; from += 20 {
			f.add(m, "order_items", "f1", from, items(320)[from:from+20])
			var messages []row
			for i := range 60 {
				messages = append(messages, message(fmt.Sprintf("m%d-%d", from, i), fmt.Sprintf("2026-01-%02d 10:00:00", 1+from/20), "h"))
			}
			f.add(m, "chat_messages", "f1", from, messages)
		}
		m.Arrived(file("f1"))
		out, err := m.Merge(t.Context(), dataset.ByName("order_items"), nil)
		if err != nil {
			t.Fatal(err)
		}
		f.files["order_items"] = out.Files
		if got := f.content("order_items", "order_id"); out.Rows != 320 || strings.Count(got, ";") != 319 {
			t.Errorf("limit %d: %d rows entered", c.limit, out.Rows)
		}
		if got := f.writers("order_items"); len(got) != 1 || !strings.HasPrefix(got[0], c.want[0]) {
			t.Errorf("limit %d: the files were written by %q, want %q", c.limit, got, c.want)
		}
		m.Discard()
	}
}
