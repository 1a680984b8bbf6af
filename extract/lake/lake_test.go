package lake

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
	_ "github.com/duckdb/duckdb-go/v2"

	"kefu/extract/postgres"
	"kefu/extract/postgres/postgrestest"
	"kefu/extract/sqltext"
)

// world is a lake with an engine beside it.
type world struct {
	*Lake
	t    testing.TB
	ctx  context.Context
	duck *sql.DB
	opts Options
}

func newWorld(t testing.TB) *world {
	t.Helper()
	dir := t.TempDir()
	w := &world{t: t, ctx: t.Context(), opts: newCatalog(t, dir, filepath.Join(dir, "lake"))}
	w.Lake = w.open(w.opts)
	duck, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { duck.Close() })
	w.duck = duck
	return w
}

// newCatalog is a lake whose catalog is a file in the folder, or a database in
// the second round of the tests.
func newCatalog(t testing.TB, folder, root string) Options {
	t.Helper()
	if !onServer {
		return Options{Catalog: filepath.Join(folder, "state.db"), Root: root}
	}
	return onDatabase(t, postgrestest.Shared(t).Database(t), root)
}

func onDatabase(t testing.TB, dsn, root string) Options {
	t.Helper()
	server, err := postgres.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	return Options{Server: server, Schema: "kefu", Root: root}
}

func (w *world) open(opts Options) *Lake {
	w.t.Helper()
	l, err := Open(w.ctx, opts)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = l.Close() })
	return l
}

func (w *world) ensure(spec Spec) Spec {
	w.t.Helper()
	out, err := w.Ensure(w.ctx, spec)
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

// write lets the engine write the rows of a query as an uncommitted file.
func (w *world) write(spec Spec, partition, query string) File {
	w.t.Helper()
	f := File{Path: w.NewFilePath(spec.Name, partition), Partition: partition}
	stmt := fmt.Sprintf("copy (%s) to %s (format parquet, compression zstd, field_ids %s)", query, sqltext.Literal(f.Path), spec.FieldIDs())
	if _, err := w.duck.ExecContext(w.ctx, stmt); err != nil {
		w.t.Fatal(err)
	}
	if err := Seal(f.Path); err != nil {
		w.t.Fatal(err)
	}
	return f
}

func (w *world) commit(name string, want ...File) int64 {
	w.t.Helper()
	id, err := w.Commit(w.ctx, name, want, map[string]string{PropRun: "run-1"})
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

func (w *world) files(name string, snapshot int64) []File {
	w.t.Helper()
	files, _, err := w.Files(w.ctx, name, snapshot)
	if err != nil {
		w.t.Fatal(err)
	}
	return files
}

// rows queries with $t standing for the files of the snapshot.
func (w *world) rows(spec Spec, snapshot int64, query string) []string {
	w.t.Helper()
	query = strings.ReplaceAll(query, "$t", spec.Relation(w.files(spec.Name, snapshot)))
	rows, err := w.duck.QueryContext(w.ctx, query)
	if err != nil {
		w.t.Fatalf("%s: %v", query, err)
	}
	defer rows.Close()
	cols, err := rows.Columns()
	if err != nil {
		w.t.Fatal(err)
	}
	var out []string
	for rows.Next() {
		values := make([]sql.NullString, len(cols))
		ptrs := make([]any, len(cols))
		for i := range values {
			ptrs[i] = &values[i]
		}
		if err := rows.Scan(ptrs...); err != nil {
			w.t.Fatal(err)
		}
		texts := make([]string, len(cols))
		for i, v := range values {
			texts[i] = v.String
			if !v.Valid {
				texts[i] = "NULL"
			}
		}
		out = append(out, strings.Join(texts, " "))
	}
	if err := rows.Err(); err != nil {
		w.t.Fatal(err)
	}
	return out
}

func equal(t testing.TB, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: got %q, want %q", what, got, want)
	}
}

func ordersSpec() Spec {
	return Spec{Name: "orders", Partition: "event_date", PartitionBy: ByDay, Columns: []Column{
		{Name: "platform", Type: "VARCHAR", Required: true},
		{Name: "event_date", Type: "DATE", Required: true},
		{Name: "created_at", Type: "TIMESTAMP"},
		{Name: "amount", Type: "DECIMAL(18,2)"},
		{Name: "quantity", Type: "INTEGER"},
		{Name: "seq", Type: "BIGINT"},
		{Name: "is_auto", Type: "BOOLEAN"},
		{Name: "rate", Type: "DOUBLE"},
	}}
}

func order(day string, quantity int) string {
	return fmt.Sprintf(`select 'tmall' as platform, date '%[1]s' as event_date,
		timestamp '%[1]s 08:00:00.123456' as created_at, 12.30::decimal(18,2) as amount, %[2]d::integer as quantity,
		9223372036854775807 as seq, true as is_auto, 0.5::double as rate`, day, quantity)
}

func TestFilesOfTheEngineReadBackExactly(t *testing.T) {
	w := newWorld(t)
	spec := w.ensure(ordersSpec())
	a := w.write(spec, "2026-01-05", order("2026-01-05", 1))
	b := w.write(spec, "2026-01-06", order("2026-01-06", 2)+" union all "+order("2026-01-06", 3))
	id := w.commit("orders", a, b)

	files, head, err := w.Files(w.ctx, "orders", 0)
	if err != nil || head != id || len(files) != 2 {
		t.Fatalf("files: %v, head %d (committed %d), %v", files, head, id, err)
	}
	if files[0].Path != a.Path || files[0].Partition != "2026-01-05" || files[0].Rows != 1 || files[0].Bytes == 0 {
		t.Errorf("first file: %+v", files[0])
	}
	if files[1].Partition != "2026-01-06" || files[1].Rows != 2 {
		t.Errorf("second file: %+v", files[1])
	}
	equal(t, "rows", w.rows(spec, 0, `select platform, event_date::varchar, created_at::varchar, amount::varchar,
		quantity, seq, is_auto, rate from $t order by quantity`), []string{
		"tmall 2026-01-05 2026-01-05 08:00:00.123456 12.30 1 9223372036854775807 true 0.5",
		"tmall 2026-01-06 2026-01-06 08:00:00.123456 12.30 2 9223372036854775807 true 0.5",
		"tmall 2026-01-06 2026-01-06 08:00:00.123456 12.30 3 9223372036854775807 true 0.5",
	})
}

func TestOtherIcebergReadersSeeTheSame(t *testing.T) {
	w := newWorld(t)
	spec := w.ensure(ordersSpec())
	w.commit("orders", w.write(spec, "2026-01-05", order("2026-01-05", 7)+" union all "+order("2026-01-05", 8)))
	tbl, err := w.load(w.ctx, "orders")
	if err != nil {
		t.Fatal(err)
	}
	filter := iceberg.NewAnd(iceberg.LessThan(iceberg.Reference("quantity"), int32(8)), iceberg.NotNull(iceberg.Reference("created_at")),
		iceberg.IsIn(iceberg.Reference("platform"), "tmall", "jd"))
	data, err := tbl.Scan(table.WithSelectedFields("created_at", "amount", "quantity"), table.WithRowFilter(filter)).ToArrowTable(w.ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer data.Release()
	if data.NumRows() != 1 {
		t.Fatalf("rows: %d", data.NumRows())
	}
	at := data.Column(0).Data().Chunk(0).(*array.Timestamp).Value(0).ToTime(arrow.Microsecond)
	if want := time.Date(2026, 1, 5, 8, 0, 0, 123456000, time.UTC); !at.Equal(want) {
		t.Errorf("created_at: %s", at)
	}
	if got := data.Column(1).Data().Chunk(0).(*array.Decimal128).Value(0).ToString(2); got != "12.30" {
		t.Errorf("amount: %s", got)
	}
	if got := data.Column(2).Data().Chunk(0).(*array.Int32).Value(0); got != 7 {
		t.Errorf("quantity: %d", got)
	}
}

func TestCommitReplacesAndOldSnapshotsStay(t *testing.T) {
	w := newWorld(t)
	spec := w.ensure(ordersSpec())
	a := w.write(spec, "2026-01-05", order("2026-01-05", 1))
	b := w.write(spec, "2026-01-06", order("2026-01-06", 2))
	c := w.write(spec, "2026-01-06", order("2026-01-06", 3))
	const q = "select quantity from $t order by 1"
	first := w.commit("orders", a, b)
	second := w.commit("orders", a, c)
	if first == second {
		t.Fatal("a changed table kept its snapshot")
	}
	equal(t, "first", w.rows(spec, first, q), []string{"1", "2"})
	equal(t, "second", w.rows(spec, second, q), []string{"1", "3"})

	if again := w.commit("orders", c, a); again != second {
		t.Errorf("nothing changed, yet snapshot %d became %d", second, again)
	}
	back := w.commit("orders", a, b) // a file of an older snapshot comes back
	equal(t, "back", w.rows(spec, back, q), []string{"1", "2"})
	none := w.commit("orders")
	equal(t, "emptied", w.rows(spec, none, q), nil)
	all := w.commit("orders", a, b, c)
	equal(t, "all", w.rows(spec, all, q), []string{"1", "2", "3"})
	equal(t, "first, still", w.rows(spec, first, q), []string{"1", "2"})

	snaps, err := w.Snapshots(w.ctx, "orders")
	if err != nil || len(snaps) != 5 || snaps[0].ID != first || snaps[1].Parent != first || snaps[0].Properties[PropRun] != "run-1" {
		t.Errorf("snapshots: %+v, %v", snaps, err)
	}
}

func TestTableWithoutRows(t *testing.T) {
	w := newWorld(t)
	spec := w.ensure(ordersSpec())
	if id := w.commit("orders"); id != Empty {
		t.Errorf("snapshot: %d", id)
	}
	files, id, err := w.Files(w.ctx, "orders", 0)
	if err != nil || id != Empty || files != nil {
		t.Errorf("files: %v %d %v", files, id, err)
	}
	equal(t, "relation", w.rows(spec, Empty, "select count(*), count(amount) from $t"), []string{"0 0"})
	hollow := w.write(spec, "2026-01-05", order("2026-01-05", 1)+" limit 0")
	if id := w.commit("orders", hollow); id != Empty {
		t.Errorf("a file without rows made snapshot %d", id)
	}
	a := w.write(spec, "2026-01-05", order("2026-01-05", 1))
	w.commit("orders", hollow, a)
	equal(t, "rows", w.rows(spec, 0, "select quantity from $t"), []string{"1"})
	if got := w.files("orders", Empty); got != nil {
		t.Errorf("the empty snapshot now holds %v", got)
	}
}

func TestMonthPartitionsAndNone(t *testing.T) {
	w := newWorld(t)
	month := ordersSpec()
	month.Name, month.PartitionBy = "kpi", ByMonth
	month = w.ensure(month)
	f := w.write(month, "2026-01", order("2026-01-05", 1)+" union all "+order("2026-01-31", 2))
	old := w.write(month, "1969-12", order("1969-12-31", 3))
	w.commit("kpi", f, old)
	got := w.files("kpi", 0)
	if len(got) != 2 || got[0].Partition != "1969-12" || got[1].Partition != "2026-01" {
		t.Errorf("month files: %+v", got)
	}
	plain := ordersSpec()
	plain.Name, plain.Partition, plain.PartitionBy = "dim", "", ""
	plain = w.ensure(plain)
	w.commit("dim", w.write(plain, "", order("2026-01-05", 1)+" union all "+order("2026-02-01", 2)))
	if got := w.files("dim", 0); len(got) != 1 || got[0].Partition != "" || got[0].Rows != 2 {
		t.Errorf("plain files: %+v", got)
	}
	back, err := w.Describe(w.ctx, "kpi")
	if err != nil || back.PartitionBy != ByMonth || back.Partition != "event_date" || !slices.Equal(back.Columns, month.Columns) {
		t.Errorf("described: %+v, %v", back, err)
	}
}

func TestCommitRefusesFilesThatDoNotFit(t *testing.T) {
	w := newWorld(t)
	spec := w.ensure(ordersSpec())
	good := w.write(spec, "2026-01-05", order("2026-01-05", 1))
	wrongDay := w.write(spec, "2026-01-05", order("2026-01-06", 1))
	twoDays := w.write(spec, "", order("2026-01-05", 1)+" union all "+order("2026-01-06", 1))
	noPlatform := w.write(spec, "2026-01-05", "select * replace (cast(null as varchar) as platform) from ("+order("2026-01-05", 1)+")")
	wide := w.write(spec, "2026-01-05", "select * replace (1.5::double as amount) from ("+order("2026-01-05", 1)+")")
	short := good
	short.Rows = 2
	outside := File{Path: filepath.Join(t.TempDir(), "x.parquet")}
	gone := File{Path: w.NewFilePath("orders", "2026-01-05")}
	torn := File{Path: w.NewFilePath("orders", "2026-01-05")}
	if err := os.WriteFile(torn.Path, []byte("PAR1 torn"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		want []File
		says string
	}{
		{"another day", []File{wrongDay}, `belongs to partition "2026-01-06", not "2026-01-05"`},
		{"two days", []File{twoDays}, "more than one value"},
		{"required missing", []File{noPlatform}, "column platform is missing in 1 of 1 rows"},
		{"another type", []File{wide}, "amount"},
		{"torn", []File{short}, "holds 1 rows where 2 were written"},
		{"cut off", []File{torn}, torn.Path},
		{"outside", []File{outside}, "outside of the lake"},
		{"not there", []File{gone}, "no such file"},
		{"twice", []File{good, good}, "wanted twice"},
	} {
		if _, err := w.Commit(w.ctx, "orders", c.want, nil); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", c.name, err)
		}
		if _, id, err := w.Files(w.ctx, "orders", 0); err != nil || id != Empty {
			t.Errorf("%s: the refused commit made snapshot %d, %v", c.name, id, err)
		}
	}
	if _, err := w.Commit(w.ctx, "nothing", nil, nil); !errors.Is(err, ErrNoTable) {
		t.Errorf("unknown table: %v", err)
	}
	if _, _, err := w.Files(w.ctx, "orders", 4711); !errors.Is(err, ErrNoSnapshot) {
		t.Errorf("unknown snapshot: %v", err)
	}
}
