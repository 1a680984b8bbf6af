package datafile_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"kefu/extract/lake"
)

// series are numbers as columns have them: what they are written as depends on
// how they follow upon another.
var series = []struct {
	name string
	next func(r *rand.Rand, i int) int64
}{
	{"all alike", func(*rand.Rand, int) int64 { return math.MinInt32 }},
	{"few", func(r *rand.Rand, _ int) int64 { return r.Int64N(5) - 2 }},
	{"in a row", func(_ *rand.Rand, i int) int64 { return int64(i) * 3 }},
	{"times", func(r *rand.Rand, i int) int64 { return 1_767_000_000_000_000 + int64(i)*r.Int64N(9)*1_000_000 }},
	{"any", func(r *rand.Rand, _ int) int64 { return int64(r.Uint64()) }},
	{"the ends", func(r *rand.Rand, _ int) int64 {
		return []int64{math.MinInt64, math.MaxInt64, math.MinInt32, math.MaxInt32, 0, -1}[r.IntN(6)]
	}},
	{"far apart", func(r *rand.Rand, i int) int64 { return int64(i%100/99)<<62 + r.Int64N(3) }},
}

// numbers makes a column of each of the series in 64 and in 32 bits, some with gaps.
func numbers(r *rand.Rand, n int) (lake.Spec, arrow.RecordBatch) {
	spec := lake.Spec{Name: "t"}
	var fields []arrow.Field
	for i, s := range series {
		for j, typ := range []arrow.DataType{arrow.PrimitiveTypes.Int64, arrow.PrimitiveTypes.Int32} {
			name := fmt.Sprint(s.name, " ", j)
			fields = append(fields, arrow.Field{Name: name, Type: typ, Nullable: true})
			spec.Columns = append(spec.Columns, lake.Column{Name: name, Type: []string{"BIGINT", "INTEGER"}[j], ID: 2*i + j + 1})
		}
	}
	b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))
	defer b.Release()
	for i, s := range series {
		gap := []int{0, 0, 2, 50}[r.IntN(4)]
		for row := range n {
			v := s.next(r, row)
			if gap > 0 && r.IntN(gap) == 0 {
				b.Field(2 * i).AppendNull()
				b.Field(2*i + 1).AppendNull()
				continue
			}
			b.Field(2 * i).(*array.Int64Builder).Append(v)
			b.Field(2*i + 1).(*array.Int32Builder).Append(int32(v))
		}
	}
	return spec, b.NewRecordBatch()
}

// Whatever the numbers, the engine and Arrow's own reader see them.
func TestNumbersAreReadByAll(t *testing.T) {
	f := newFixture(t)
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 11))
		spec, rows := numbers(r, []int{1, 2, 31, 33, 128, 129, 130, 257, 1000, 20_000}[r.IntN(10)])
		path := filepath.Join(t.TempDir(), "rows.parquet")
		if err := f.writer.Write(path, spec, rows); err != nil {
			t.Fatal(err)
		}
		got := f.query("select * from " + spec.Relation([]lake.File{{Path: path}}))
		table := readArrow(t, path)
		for i, name := range rows.Schema().Fields() {
			want := rows.Column(i)
			for row := range want.Len() {
				say := "NULL"
				if want.IsValid(row) {
					say = want.ValueStr(row)
				}
				if got[row][i] != say {
					t.Fatalf("seed %d, %s, row %d of %d: the engine reads %s, want %s", seed, name.Name, row, want.Len(), got[row][i], say)
				}
			}
			if column := table.Column(i).Data(); len(column.Chunks()) != 1 || !array.Equal(column.Chunk(0), want) {
				t.Fatalf("seed %d: Arrow reads %s otherwise", seed, name.Name)
			}
		}
	}
}

func readArrow(t *testing.T, path string) arrow.Table {
	t.Helper()
	in, err := file.OpenParquetFile(path, false)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = in.Close() }()
	r, err := pqarrow.NewFileReader(in, pqarrow.ArrowReadProperties{}, memory.DefaultAllocator)
	if err != nil {
		t.Fatal(err)
	}
	table, err := r.ReadTable(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// Numbers take the room that what they say needs: a few repeat, others follow
// upon another, and only those that mean nothing to each other are kept whole.
func TestNumbersAreEncodedByWhatTheyAre(t *testing.T) {
	f := newFixture(t)
	const n = 100_000
	schema := arrow.NewSchema([]arrow.Field{{Name: "constant", Type: arrow.PrimitiveTypes.Int64}, {Name: "few", Type: arrow.PrimitiveTypes.Int32},
		{Name: "rising", Type: arrow.PrimitiveTypes.Int64}, {Name: "hash", Type: arrow.PrimitiveTypes.Int64}}, nil)
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	r := rand.New(rand.NewPCG(1, 2))
	for i := range n {
		b.Field(0).(*array.Int64Builder).Append(7)
		b.Field(1).(*array.Int32Builder).Append(int32(r.IntN(200)))
		b.Field(2).(*array.Int64Builder).Append(int64(i)*1_000_000 + r.Int64N(1000))
		b.Field(3).(*array.Int64Builder).Append(int64(r.Uint64()))
	}
	spec := lake.Spec{Name: "t"}
	for i, c := range []string{"BIGINT", "INTEGER", "BIGINT", "BIGINT"} {
		spec.Columns = append(spec.Columns, lake.Column{Name: schema.Field(i).Name, Type: c, ID: i + 1})
	}
	path := filepath.Join(t.TempDir(), "rows.parquet")
	if err := f.writer.Write(path, spec, b.NewRecordBatch()); err != nil {
		t.Fatal(err)
	}
	want := map[string]struct {
		encodings string
		bytes     int
	}{"constant": {"RLE_DICTIONARY, PLAIN, RLE", 200}, "few": {"RLE_DICTIONARY, PLAIN, RLE", n + 2000}, "rising": {"DELTA_BINARY_PACKED, RLE", 12*n/8 + n/20}, "hash": {"PLAIN, RLE", 8*n + 200}}
	for _, got := range f.query("select path_in_schema, encodings, total_compressed_size from parquet_metadata('" + path + "')") {
		w := want[got[0]]
		var bytes int
		if _, err := fmt.Sscan(got[2], &bytes); err != nil || bytes > w.bytes || got[1] != w.encodings {
			t.Errorf("%s: %s in %d bytes, want %s in at most %d (%v)", got[0], got[1], bytes, w.encodings, w.bytes, err)
		}
	}
}
