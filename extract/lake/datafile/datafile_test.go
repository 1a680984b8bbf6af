package datafile_test

import (
	"bytes"
	"database/sql"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"
	_ "github.com/duckdb/duckdb-go/v2" // reads what is written

	"kefu/extract/lake"
	"kefu/extract/lake/datafile"
)

var types = []struct {
	sql   string
	arrow arrow.DataType
}{
	{"VARCHAR", arrow.BinaryTypes.String},
	{"VARCHAR", &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}},
	{"TIMESTAMP", &arrow.TimestampType{Unit: arrow.Microsecond}},
	{"DATE", arrow.FixedWidthTypes.Date32},
	{"INTEGER", arrow.PrimitiveTypes.Int32},
	{"BIGINT", arrow.PrimitiveTypes.Int64},
	{"BOOLEAN", arrow.FixedWidthTypes.Boolean},
	{"DOUBLE", arrow.PrimitiveTypes.Float64},
	{"DECIMAL(18,2)", &arrow.Decimal128Type{Precision: 18, Scale: 2}},
}

// value spells a value of a column as the engine does when it is cast to text.
func value(r *rand.Rand, sql string, distinct int) string {
	n := r.IntN(distinct)
	switch sql {
	case "VARCHAR":
		return []string{"", "买家甲", "a", strings.Repeat("长", 90)}[n%4] + []string{"", fmt.Sprint(n)}[min(n/4, 1)]
	case "TIMESTAMP":
		return fmt.Sprintf("2026-01-%02d 10:11:12.%05d1", 1+n%28, n%100_000)
	case "DATE":
		return fmt.Sprintf("%d-01-%02d", 1969+n%90, 1+n%28)
	case "INTEGER":
		return fmt.Sprint(n*7919%2147483647 - 1000)
	case "BIGINT":
		return fmt.Sprint(int64(n)<<40 - 5)
	case "BOOLEAN":
		return fmt.Sprint(n%2 == 0)
	case "DOUBLE":
		return fmt.Sprintf("%d.5", n)
	default:
		return fmt.Sprintf("%d.%02d", n*31-40, n%100)
	}
}

type fixture struct {
	t      *testing.T
	db     *sql.DB
	writer *datafile.Writer
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return &fixture{t, db, datafile.NewWriter()}
}

// query returns rows as texts, NULL for what is missing.
func (f *fixture) query(q string) [][]string {
	f.t.Helper()
	rows, err := f.db.QueryContext(f.t.Context(), q)
	if err != nil {
		f.t.Fatalf("%s: %v", q, err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		f.t.Fatal(err)
	}
	var out [][]string
	for rows.Next() {
		cells, ptrs := make([]sql.NullString, len(names)), make([]any, len(names))
		for i := range cells {
			ptrs[i] = &cells[i]
		}
		if err := rows.Scan(ptrs...); err != nil {
			f.t.Fatal(err)
		}
		texts := make([]string, len(names))
		for i, c := range cells {
			if texts[i] = c.String; !c.Valid {
				texts[i] = "NULL"
			}
		}
		out = append(out, texts)
	}
	if err := rows.Err(); err != nil {
		f.t.Fatal(err)
	}
	return out
}

// random makes rows of every type, some missing, and what they say.
func random(t *testing.T, r *rand.Rand, n int) (lake.Spec, arrow.RecordBatch, [][]string) {
	t.Helper()
	spec := lake.Spec{Name: "t"}
	var fields []arrow.Field
	for i, typ := range types {
		spec.Columns = append(spec.Columns, lake.Column{Name: fmt.Sprint("c", i), Type: typ.sql, ID: 10 * (i + 1)})
		fields = append(fields, arrow.Field{Name: fmt.Sprint("c", i), Type: typ.arrow, Nullable: true})
	}
	want := make([][]string, n)
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))
	defer b.Release()
	for i, typ := range types {
		missing := []int{0, 0, 2, 10, 1}[r.IntN(5)] // of ten
		distinct, stretch := []int{1, 2, 9, 500, 100_000}[r.IntN(5)], 1+r.IntN(30)
		said := ""
		for row := range n {
			if row%stretch == 0 {
				said = value(r, typ.sql, distinct)
			}
			if missing > r.IntN(10) {
				b.Field(i).AppendNull()
				want[row] = append(want[row], "NULL")
				continue
			}
			if err := b.Field(i).AppendValueFromString(said); err != nil {
				t.Fatal(err)
			}
			want[row] = append(want[row], said)
		}
	}
	return spec, b.NewRecordBatch(), want
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	f := newFixture(t)
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 7))
		spec, rows, want := random(t, r, []int{1, 7, 8, 9, 64, 1000, 2500}[r.IntN(7)])
		// A reader may get a part of a batch.
		if n := rows.NumRows(); n > 9 {
			from := int64(r.IntN(9))
			rows, want = rows.NewSlice(from, n-1), want[from:n-1]
		}
		path := filepath.Join(t.TempDir(), "rows.parquet")
		if err := f.writer.Write(path, spec, rows); err != nil {
			t.Fatal(err)
		}
		casts := make([]string, len(spec.Columns))
		for i, c := range spec.Columns {
			casts[i] = fmt.Sprintf("cast(%s as varchar)", c.Name)
		}
		got := f.query("select " + strings.Join(casts, ", ") + " from " + spec.Relation([]lake.File{{Path: path}}))
		if len(got) != len(want) {
			t.Fatalf("seed %d: %d rows of %d", seed, len(got), len(want))
		}
		for i := range got {
			if !slices.Equal(got[i], want[i]) {
				t.Fatalf("seed %d, row %d: %q, want %q", seed, i, got[i], want[i])
			}
		}
		f.bounds(path, spec, want)
		f.readElsewhere(path, len(want))
	}
}

// readElsewhere reads a file by the reader that looks for damage.
func (f *fixture) readElsewhere(path string, rows int) {
	f.t.Helper()
	in, err := os.Open(path)
	if err != nil {
		f.t.Fatal(err)
	}
	defer in.Close()
	table, err := pqarrow.ReadTable(f.t.Context(), in, nil, pqarrow.ArrowReadProperties{}, memory.DefaultAllocator)
	if err != nil || table.NumRows() != int64(rows) {
		f.t.Errorf("%d rows are read as %v, %v", rows, table, err)
	}
}

// bounds checks that the statistics hold every value: readers leave out what
// they exclude.
func (f *fixture) bounds(path string, spec lake.Spec, want [][]string) {
	f.t.Helper()
	for i, c := range spec.Columns {
		present := slices.DeleteFunc(slices.Clone(want), func(row []string) bool { return row[i] == "NULL" })
		if len(present) == 0 {
			continue
		}
		probe := present[len(present)/2][i]
		got := f.query(fmt.Sprintf("select count(*) from %s where %s = cast('%s' as %s)", spec.Relation([]lake.File{{Path: path}}), c.Name, probe, c.Type))
		n := 0
		for _, row := range present {
			if row[i] == probe {
				n++
			}
		}
		if got[0][0] != fmt.Sprint(n) {
			f.t.Fatalf("column %s: %s rows say %q, want %d", c.Name, got[0][0], probe, n)
		}
	}
}

func TestRowsBeyondOneGroup(t *testing.T) {
	f := newFixture(t)
	schema := arrow.NewSchema([]arrow.Field{{Name: "n", Type: arrow.PrimitiveTypes.Int64}, {Name: "s", Type: arrow.BinaryTypes.String}}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	const rows = 250_000
	for i := range rows {
		b.Field(0).(*array.Int64Builder).Append(int64(i))
		b.Field(1).(*array.StringBuilder).Append([]string{"甲", "乙"}[i/200_000])
	}
	spec := lake.Spec{Name: "t", Columns: []lake.Column{{Name: "n", Type: "BIGINT", ID: 1}, {Name: "absent", Type: "DATE", ID: 2}, {Name: "s", Type: "VARCHAR", ID: 3}}}
	path := filepath.Join(t.TempDir(), "rows.parquet")
	if err := f.writer.Write(path, spec, b.NewRecordBatch()); err != nil {
		t.Fatal(err)
	}
	got := f.query("select count(*), cast(sum(n) as varchar), count(absent), count(*) filter (where s = '甲'), typeof(any_value(absent)) from " + spec.Relation([]lake.File{{Path: path}}))
	if want := []string{"250000", "31249875000", "0", "200000", "DATE"}; !slices.Equal(got[0], want) {
		t.Errorf("got %v, want %v", got[0], want)
	}
	f.readElsewhere(path, rows)
	groups := f.query("select count(distinct row_group_id), max(stats_max_value) filter (where path_in_schema = 'n' and row_group_id = 0) from parquet_metadata('" + path + "')")
	if want := []string{"3", "122879"}; !slices.Equal(groups[0], want) {
		t.Errorf("row groups and the first one's largest number: %v, want %v", groups[0], want)
	}
}

// Numbers that cannot be compressed stand in the file as they are; a bit of one
// that turns over is noticed all the same.
func TestDamageShows(t *testing.T) {
	f := newFixture(t)
	r := rand.New(rand.NewPCG(1, 9))
	b := array.NewInt64Builder(memory.DefaultAllocator)
	defer b.Release()
	for range 20_000 {
		b.Append(r.Int64())
	}
	numbers := b.NewInt64Array()
	schema := arrow.NewSchema([]arrow.Field{{Name: "n", Type: arrow.PrimitiveTypes.Int64}}, nil)
	spec := lake.Spec{Name: "t", Columns: []lake.Column{{Name: "n", Type: "BIGINT", ID: 1}}}
	path := filepath.Join(t.TempDir(), "rows.parquet")
	if err := f.writer.Write(path, spec, array.NewRecordBatch(schema, []arrow.Array{numbers}, 20_000)); err != nil {
		t.Fatal(err)
	}
	written, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(written, binary.LittleEndian.AppendUint64(nil, uint64(numbers.Value(10_000))))
	if at < 0 {
		t.Fatal("the number does not stand there")
	}
	written[at] ^= 1
	if err := os.WriteFile(path, written, 0o600); err != nil {
		t.Fatal(err)
	}
	var sum float64
	err = f.db.QueryRowContext(t.Context(), "select sum(n::double) from read_parquet('"+path+"')").Scan(&sum)
	if err == nil || !strings.Contains(strings.ToLower(err.Error()), "zstd") {
		t.Errorf("read %v, %v", sum, err)
	}
}

func TestTheLakeTakesTheFiles(t *testing.T) {
	f := newFixture(t)
	dir := t.TempDir()
	l, err := lake.Open(t.Context(), lake.Options{Catalog: filepath.Join(dir, "state.db"), Root: filepath.Join(dir, "lake")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	for _, by := range []string{lake.ByDay, lake.ByMonth, lake.ByValue} {
		partition, name := map[string]string{lake.ByDay: "event_date", lake.ByMonth: "event_date", lake.ByValue: "bucket"}[by], "by_"+by
		spec, err := l.Ensure(t.Context(), lake.Spec{Name: name, Partition: partition, PartitionBy: by, Columns: []lake.Column{
			{Name: "event_date", Type: "DATE", Required: true}, {Name: "bucket", Type: "VARCHAR"}, {Name: "sent_at", Type: "TIMESTAMP"}, {Name: "amount", Type: "DECIMAL(18,2)"},
		}})
		if err != nil {
			t.Fatal(err)
		}
		schema := arrow.NewSchema([]arrow.Field{
			{Name: "event_date", Type: arrow.FixedWidthTypes.Date32}, {Name: "bucket", Type: arrow.BinaryTypes.String}, {Name: "sent_at", Type: &arrow.TimestampType{Unit: arrow.Microsecond}},
			{Name: "amount", Type: &arrow.Decimal128Type{Precision: 18, Scale: 2}, Nullable: true},
		}, nil)
		rows, _, err := array.RecordFromJSON(memory.DefaultAllocator, schema, strings.NewReader(
			`[{"event_date": "2026-01-05", "bucket": "a", "sent_at": "2026-01-05 08:00:00.000001", "amount": "12.30"}, {"event_date": "2026-01-05", "bucket": "a", "sent_at": "2026-01-05 09:00:00"}]`))
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]string{lake.ByDay: "2026-01-05", lake.ByMonth: "2026-01", lake.ByValue: "a"}[by]
		file := lake.File{Path: l.NewFilePath(name, want), Partition: want, Rows: 2}
		if err := f.writer.Write(file.Path, spec, rows); err != nil {
			t.Fatal(err)
		}
		if _, err := l.Commit(t.Context(), name, []lake.File{file}, nil); err != nil {
			t.Fatal(err)
		}
		files, _, err := l.Files(t.Context(), name, 0)
		if err != nil || len(files) != 1 || files[0].Rows != 2 || files[0].Partition != want {
			t.Errorf("%s: the lake holds %+v, %v", by, files, err)
		}
		got := f.query("select cast(sent_at as varchar), cast(amount as varchar), typeof(sent_at), typeof(amount) from " + spec.Relation(files) + " where amount is not null")
		if want := []string{"2026-01-05 08:00:00.000001", "12.30", "TIMESTAMP", "DECIMAL(18,2)"}; len(got) != 1 || !slices.Equal(got[0], want) {
			t.Errorf("%s: rows %v, want %v", by, got, want)
		}
	}
}

func TestTypesThatCannotBeWrittenAreRefused(t *testing.T) {
	f := newFixture(t)
	rows, _, err := array.RecordFromJSON(memory.DefaultAllocator, arrow.NewSchema([]arrow.Field{{Name: "a", Type: arrow.PrimitiveTypes.Uint8}}, nil), strings.NewReader(`[{"a": 1}]`))
	if err != nil {
		t.Fatal(err)
	}
	for _, typ := range []string{"INTEGER", "HUGEINT"} {
		spec := lake.Spec{Name: "t", Columns: []lake.Column{{Name: "a", Type: typ, ID: 1}}}
		if err := f.writer.Write(filepath.Join(t.TempDir(), "x.parquet"), spec, rows); err == nil || !strings.Contains(err.Error(), "cannot be written") {
			t.Errorf("%s: %v", typ, err)
		}
	}
}
