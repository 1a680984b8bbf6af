package merge_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"kefu/extract/dataset"
	"kefu/extract/lake"
	"kefu/extract/sqltext"
	"kefu/transform/duckdb"
	"kefu/transform/merge"
)

// folder is a lake without a catalog.
type folder struct {
	dir    string
	serial atomic.Int64
}

func (f *folder) NewFilePath(table, partition string) string {
	return filepath.Join(f.dir, fmt.Sprintf("%s-%s-%d.parquet", table, partition, f.serial.Add(1)))
}

func (f *folder) Ensure(_ context.Context, s lake.Spec) (lake.Spec, error) {
	for i := range s.Columns {
		s.Columns[i].ID = i + 1
	}
	return s, nil
}

func (f *folder) Seal(...string) error { return nil }

type fixture struct {
	t      *testing.T
	engine *duckdb.Engine
	store  *folder
	files  map[string][]lake.File
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	dir := t.TempDir()
	e, err := duckdb.Open(t.Context(), duckdb.Options{Directories: []string{dir}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	return &fixture{t: t, engine: e, store: &folder{dir: dir}, files: map[string][]lake.File{}}
}

// row is a row by column name; the rest is NULL.
type row map[string]any

// arrive merges files of one dataset, each a list of rows.
func (f *fixture) arrive(name string, files map[merge.File][]row) *merge.Outcome {
	f.t.Helper()
	s := dataset.ByName(name)
	m := merge.New(f.engine, f.store)
	ids := make([]merge.File, 0, len(files))
	for file := range files {
		ids = append(ids, file)
	}
	slices.SortFunc(ids, func(a, b merge.File) int { return strings.Compare(a.ID, b.ID) })
	for _, file := range ids {
		rows := f.batch(s, file.ID, files[file])
		if err := m.Add(f.t.Context(), s, file.ID, rows); err != nil {
			f.t.Fatal(err)
		}
		rows.Release()
		m.Arrived(file)
	}
	out, err := m.Merge(f.t.Context(), s, f.files[name])
	if err != nil {
		f.t.Fatal(err)
	}
	f.files[name] = out.Files
	return out
}

func (f *fixture) batch(s *dataset.Schema, file string, rows []row) arrow.RecordBatch {
	f.t.Helper()
	var fields []arrow.Field
	for _, c := range s.Stored() {
		fields = append(fields, arrow.Field{Name: c.Name, Type: arrowType(c.Type), Nullable: true})
	}
	schema := arrow.NewSchema(fields, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	for n, r := range rows {
		for i, c := range s.Stored() {
			v, ok := r[c.Name]
			switch c.Name {
			case "platform":
				v, ok = "other", true
			case "shop_id":
				v, ok = "s", true
			case "source_file":
				v, ok = file, true
			case "digest":
				if text, is := v.(string); is {
					v = digestOf(text)
				}
			case "source_line":
				if !ok {
					v, ok = fmt.Sprint(n+1), true
				}
			}
			if !ok {
				b.Field(i).AppendNull()
			} else if err := b.Field(i).AppendValueFromString(fmt.Sprint(v)); err != nil {
				f.t.Fatal(err)
			}
		}
	}
	return b.NewRecordBatch()
}

// digestOf is a number for a content, greater for what sorts later.
func digestOf(content string) int64 {
	var b [8]byte
	copy(b[1:], content)
	return int64(binary.BigEndian.Uint64(b[:]))
}

func arrowType(t dataset.Type) arrow.DataType {
	switch t {
	case dataset.Instant:
		return &arrow.TimestampType{Unit: arrow.Microsecond}
	case dataset.Date:
		return arrow.FixedWidthTypes.Date32
	case dataset.Money:
		return &arrow.Decimal128Type{Precision: 18, Scale: 2}
	case dataset.Integer:
		return arrow.PrimitiveTypes.Int32
	case dataset.Long:
		return arrow.PrimitiveTypes.Int64
	case dataset.Boolean:
		return arrow.FixedWidthTypes.Boolean
	default:
		return arrow.BinaryTypes.String
	}
}

// content lists the rows of a table by the columns given, sorted.
func (f *fixture) content(name string, columns ...string) string {
	f.t.Helper()
	var paths []string
	for _, file := range f.files[name] {
		paths = append(paths, sqltext.Literal(file.Path))
	}
	if len(paths) == 0 {
		return ""
	}
	for i, c := range columns {
		columns[i] = "coalesce(cast(" + c + " as varchar), '-')"
	}
	rows, err := f.engine.Query(f.t.Context(), fmt.Sprintf("select concat_ws(' ', %s) from read_parquet([%s]) order by 1", strings.Join(columns, ", "), strings.Join(paths, ", ")))
	if err != nil {
		f.t.Fatal(err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			f.t.Fatal(err)
		}
		out = append(out, s)
	}
	if err := rows.Err(); err != nil {
		f.t.Fatal(err)
	}
	return strings.Join(out, "; ")
}

func order(id, day, status, updated, hash string) row {
	r := row{"event_date": day, "order_id": id, "created_at": day + " 10:00:00", "status": status, "digest": hash, "own_latest_at": day + " 10:00:00"}
	if updated != "" {
		r["updated_at"] = updated
	}
	return r
}

func file(id string) merge.File { return merge.File{ID: id} }

func TestTheLatestVersionWinsWhateverTheOrderOfArrival(t *testing.T) {
	asOf := time.Date(2026, 1, 9, 0, 0, 0, 0, time.UTC)
	arrivals := []map[merge.File][]row{
		{file("f1"): {order("o1", "2026-01-05", "created", "2026-01-05 10:00:00", "a"), order("o2", "2026-01-05", "created", "2026-01-05 11:00:00", "b")}},
		{file("f2"): {order("o1", "2026-01-05", "paid", "2026-01-06 10:00:00", "c")}},
		// Corrected: the order belongs to another day.
		{file("f3"): {order("o1", "2026-01-04", "shipped", "2026-01-07 10:00:00", "d"), order("o3", "2026-01-05", "created", "2026-01-05 12:00:00", "e")}},
		// Without a time of its own the file's counts.
		{{ID: "f4", AsOf: asOf}: {order("o2", "2026-01-05", "finished", "", "f")}},
		// A tie in all times: the greater hash wins.
		{file("f5"): {order("o3", "2026-01-05", "paid", "2026-01-05 12:00:00", "z")}},
	}
	want := "2026-01-04 o1 shipped; 2026-01-05 o2 finished; 2026-01-05 o3 paid"
	for seed := range uint64(20) {
		f := newFixture(t)
		for _, i := range rand.New(rand.NewPCG(seed, 0)).Perm(len(arrivals)) {
			f.arrive("orders", arrivals[i])
		}
		if got := f.content("orders", "event_date", "order_id", "status"); got != want {
			t.Fatalf("seed %d: lake holds %s, want %s", seed, got, want)
		}
	}
}

func TestRowsOfMutableDatasetsAreAccountedFor(t *testing.T) {
	f := newFixture(t)
	f.arrive("orders", map[merge.File][]row{file("f1"): {order("o1", "2026-01-05", "created", "2026-01-05 10:00:00", "a"), order("o2", "2026-01-06", "created", "2026-01-06 10:00:00", "b")}})
	out := f.arrive("orders", map[merge.File][]row{
		file("f2"): {
			order("o1", "2026-01-05", "created", "2026-01-05 10:00:00", "a"), // known
			order("o2", "2026-01-06", "paid", "2026-01-07 10:00:00", "c"),    // newer
			order("o2", "2026-01-06", "created", "2026-01-06 09:00:00", "d"), // older
			order("o3", "2026-01-06", "created", "2026-01-06 10:00:00", "e"), // new
		},
		file("f3"): {order("o3", "2026-01-06", "created", "2026-01-06 10:00:00", "e")}, // twice in one night
	})
	if got, want := fmt.Sprint(out.Counts["f2"], out.Counts["f3"]), "{2 1 1} {0 0 1}"; got != want {
		t.Errorf("accepted, merged, duplicates are %s, want %s", got, want)
	}
	if !slices.Equal(out.Changed, []string{"2026-01-06"}) {
		t.Errorf("partitions %v were written, want the changed day alone", out.Changed)
	}
}

func message(id, at, hash string) row {
	return row{"event_date": at[:10], "message_id": id, "sent_at": at, "buyer_id": "b", "agent_id": "a", "sender": "buyer", "digest": hash}
}

func TestMessagesRepeatOrContradict(t *testing.T) {
	f := newFixture(t)
	f.arrive("chat_messages", map[merge.File][]row{file("f1"): {message("m1", "2026-01-05 10:00:00", "a")}})
	out := f.arrive("chat_messages", map[merge.File][]row{file("f2"): {
		message("m1", "2026-01-05 10:00:00", "a"), // repeats
		message("m1", "2026-01-06 10:00:00", "b"), // contradicts, on another day
		message("m2", "2026-01-06 10:00:00", "c"),
		message("m2", "2026-01-06 10:00:00", "d"), // contradicts within the file
	}})
	if got, want := fmt.Sprint(out.Counts["f2"], out.Conflicts), "{1 0 1} [{f2 2} {f2 4}]"; got != want {
		t.Errorf("accepted, merged, duplicates and conflicts are %s, want %s", got, want)
	}
	if got, want := f.content("chat_messages", "message_id", "digest"), fmt.Sprintf("m1 %d; m2 %d", digestOf("a"), digestOf("c")); got != want {
		t.Errorf("lake holds %s, want %s", got, want)
	}
	again := f.arrive("chat_messages", map[merge.File][]row{file("f1"): {message("m1", "2026-01-05 10:00:00", "a")}})
	if len(again.Changed) != 0 || again.Counts["f1"].Accepted != 1 {
		t.Errorf("a known file changed %v and counts %v", again.Changed, again.Counts["f1"])
	}
}

// The latest time that a row speaks of decides between versions; rows that have
// none do without it.
func TestWhatDecidesBetweenVersionsIsKeptWhereThereAreAny(t *testing.T) {
	f := newFixture(t)
	said := message("m1", "2026-01-05 10:00:00", "a")
	said["own_latest_at"] = "2026-01-05 10:00:00"
	f.arrive("chat_messages", map[merge.File][]row{file("f1"): {said}})
	f.arrive("orders", map[merge.File][]row{file("f1"): {order("o1", "2026-01-05", "paid", "", "a")}})
	if got, want := f.content("chat_messages", "sent_at", "own_latest_at", "source_file"), "2026-01-05 10:00:00 - f1"; got != want {
		t.Errorf("messages hold %s, want %s", got, want)
	}
	if got, want := f.content("orders", "own_latest_at", "source_file"), "2026-01-05 10:00:00 f1"; got != want {
		t.Errorf("orders hold %s, want %s", got, want)
	}
}

func TestAGuessedAgentDoesNotDependOnTheOrderOfArrival(t *testing.T) {
	guess := func(agent string) row {
		m := message("m1", "2026-01-05 10:00:00", "a")
		m["agent_id"] = agent
		return m
	}
	for _, agents := range [][]string{{"a1", "a2"}, {"a2", "a1"}} {
		f := newFixture(t)
		f.arrive("chat_messages", map[merge.File][]row{file("f1"): {guess(agents[0])}})
		out := f.arrive("chat_messages", map[merge.File][]row{file("f2"): {guess(agents[1])}})
		if got := f.content("chat_messages", "agent_id"); got != "a1" {
			t.Errorf("after %v the message belongs to %s, want a1", agents, got)
		}
		if len(out.Conflicts) != 0 || out.Counts["f2"].Duplicates != 1 {
			t.Errorf("the repeated message counts as %v with conflicts %v", out.Counts["f2"], out.Conflicts)
		}
	}
}

func TestACompletedFileTakesBackWhatItGave(t *testing.T) {
	f := newFixture(t)
	masked := message("m-masked", "2026-01-05 10:00:00", "a")
	f.arrive("chat_messages", map[merge.File][]row{file("f1"): {masked, message("m2", "2026-01-06 10:00:00", "b")}, file("f2"): {message("m3", "2026-01-05 11:00:00", "c")}})
	out := f.arrive("chat_messages", map[merge.File][]row{{ID: "f1", Replace: true}: {message("m1", "2026-01-05 10:00:00", "d"), message("m2", "2026-01-06 10:00:00", "b")}})
	if got, want := f.content("chat_messages", "message_id"), "m1; m2; m3"; got != want {
		t.Errorf("lake holds %s, want %s", got, want)
	}
	if out.Counts["f1"].Accepted != 2 {
		t.Errorf("the completed file counts %+v, want 2 accepted", out.Counts["f1"])
	}
}

// A file that is read anew under a corrected preset says what it says now,
// whichever content would win between files, and wherever the row lay.
func TestAFileReadAnewReplacesItsOwnRows(t *testing.T) {
	for _, hashes := range [][2]string{{"a", "b"}, {"b", "a"}} {
		f := newFixture(t)
		f.arrive("orders", map[merge.File][]row{
			file("f1"): {order("o1", "2026-01-06", "paid", "", hashes[0]), order("o2", "2026-01-06", "paid", "", "same")},
			file("f2"): {order("o3", "2026-01-06", "paid", "", "other")},
		})
		corrected := []row{order("o1", "2026-01-05", "paid", "", hashes[1]), order("o2", "2026-01-06", "paid", "", "same")}
		for round := range 2 {
			out := f.arrive("orders", map[merge.File][]row{{ID: "f1", Replace: true}: corrected})
			if got, want := f.content("orders", "order_id", "event_date"), "o1 2026-01-05; o2 2026-01-06; o3 2026-01-06"; got != want {
				t.Errorf("lake holds %s, want %s", got, want)
			}
			if out.Counts["f1"].Accepted != 2 {
				t.Errorf("the corrected file counts %+v, want 2 accepted", out.Counts["f1"])
			}
			if round == 1 && len(out.Changed) > 0 {
				t.Errorf("read once more without a correction it changes %v", out.Changed)
			}
		}
	}
}

func TestAFileReadAnewReplacesWhatRulesOnTextsDecided(t *testing.T) {
	f := newFixture(t)
	judged := func(auto bool) row {
		m := message("m1", "2026-01-05 10:00:00", "a")
		m["is_auto"] = auto
		return m
	}
	f.arrive("chat_messages", map[merge.File][]row{file("f1"): {judged(false)}})
	f.arrive("chat_messages", map[merge.File][]row{file("f1"): {judged(true)}})
	if got := f.content("chat_messages", "is_auto"); got != "false" {
		t.Fatalf("a plain repetition changed the row to %s", got)
	}
	out := f.arrive("chat_messages", map[merge.File][]row{{ID: "f1", Refresh: true}: {judged(true)}})
	if got := f.content("chat_messages", "is_auto"); got != "true" || out.Counts["f1"].Accepted != 1 {
		t.Errorf("is_auto is %s and the counts %v after reading anew", got, out.Counts["f1"])
	}
}

func TestAMissingPartOfAKeyIsAValue(t *testing.T) {
	f := newFixture(t)
	agent := func(from, name, hash string) row {
		r := row{"agent_id": "a", "name": name, "digest": hash}
		if from != "" {
			r["valid_from"] = from
		}
		return r
	}
	early, late := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC)
	f.arrive("agents", map[merge.File][]row{{ID: "f1", AsOf: early}: {agent("", "old", "a"), agent("2026-01-10", "moved", "b")}})
	f.arrive("agents", map[merge.File][]row{{ID: "f2", AsOf: late}: {agent("", "new", "c")}})
	if got, want := f.content("agents", "valid_from", "name"), "- new; 2026-01-10 moved"; got != want {
		t.Errorf("lake holds %s, want %s", got, want)
	}
	for _, file := range f.files["agents"] {
		if _, err := os.Stat(file.Path); err != nil {
			t.Error(err)
		}
	}
}
