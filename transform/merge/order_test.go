package merge

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"kefu/transform/lexicon"
)

// part is a value of a key: missing ones come last.
type part struct {
	missing bool
	number  int64
	text    string
}

func (a part) compare(b part) int {
	if a.missing || b.missing {
		return cmp.Compare(boolNumber(a.missing), boolNumber(b.missing))
	}
	return cmp.Or(cmp.Compare(a.number, b.number), cmp.Compare(a.text, b.text))
}

func boolNumber(b bool) int {
	if b {
		return 1
	}
	return 0
}

var words = &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String}

// kinds of columns that rows are sorted by, with values that collide often,
// lie far apart, or agree in more than eight bytes.
var kinds = []struct {
	name string
	typ  arrow.DataType
	draw func(r *rand.Rand) part
}{
	{"small numbers", arrow.PrimitiveTypes.Int64, func(r *rand.Rand) part { return part{number: int64(r.IntN(5)) - 2} }},
	{"any numbers", arrow.PrimitiveTypes.Int64, func(r *rand.Rand) part {
		return part{number: []int64{math.MinInt64, -1, 0, 1, math.MaxInt64, int64(r.Uint64())}[r.IntN(6)]}
	}},
	{"times of a day", &arrow.TimestampType{Unit: arrow.Microsecond}, func(r *rand.Rand) part { return part{number: 1_767_000_000_000_000 + r.Int64N(86_400)*1_000_000} }},
	{"days", arrow.FixedWidthTypes.Date32, func(r *rand.Rand) part { return part{number: int64(r.IntN(3))} }},
	{"flags", arrow.FixedWidthTypes.Boolean, func(r *rand.Rand) part { return part{number: int64(r.IntN(2))} }},
	{"ids", arrow.BinaryTypes.String, func(r *rand.Rand) part { return part{text: fmt.Sprintf("order-00000000%d", r.IntN(300))} }},
	{"any texts", arrow.BinaryTypes.String, func(r *rand.Rand) part {
		return part{text: []string{"", "a", "a\x00", "\xff\xff\xff\xff\xff\xff\xff\xff\xff", "买家", "买家甲", "ab"}[r.IntN(7)]}
	}},
	{"one text", arrow.BinaryTypes.String, func(*rand.Rand) part { return part{text: "tmall"} }},
	{"words", words, func(r *rand.Rand) part { return part{text: fmt.Sprintf("买家%x", r.IntN(40))} }},
	{"one word", words, func(*rand.Rand) part { return part{text: "tmall"} }},
}

// table makes batches of rows with those columns, and what they say.
func table(t *testing.T, r *rand.Rand, columns []int, rows int) ([]arrow.RecordBatch, map[ref][]part) {
	t.Helper()
	var fields []arrow.Field
	gaps := make([]int, len(columns)) // every how many values one is missing; 0 = none
	for i, c := range columns {
		fields = append(fields, arrow.Field{Name: fmt.Sprint(i, kinds[c].name), Type: kinds[c].typ, Nullable: true})
		gaps[i] = []int{0, 0, 3, 1}[r.IntN(4)]
	}
	var batches []arrow.RecordBatch
	said := map[ref][]part{}
	for len(said) < rows {
		b := array.NewRecordBuilder(memory.DefaultAllocator, arrow.NewSchema(fields, nil))
		for row := range min(1+r.IntN(rows), rows-len(said)) {
			parts := make([]part, len(columns))
			for i, c := range columns {
				if parts[i] = kinds[c].draw(r); gaps[i] > 0 && r.IntN(gaps[i]) == 0 {
					parts[i] = part{missing: true}
				}
				enter(t, b.Field(i), parts[i])
			}
			said[ref{uint32(len(batches)), uint32(row)}] = parts
		}
		batches = append(batches, b.NewRecordBatch())
		b.Release()
	}
	return batches, said
}

func enter(t *testing.T, to array.Builder, p part) {
	t.Helper()
	if p.missing {
		to.AppendNull()
		return
	}
	switch b := to.(type) {
	case *array.Int64Builder:
		b.Append(p.number)
	case *array.TimestampBuilder:
		b.Append(arrow.Timestamp(p.number))
	case *array.Date32Builder:
		b.Append(arrow.Date32(p.number))
	case *array.BooleanBuilder:
		b.Append(p.number == 1)
	case *array.StringBuilder:
		b.Append(p.text)
	case *array.BinaryDictionaryBuilder:
		if err := b.AppendString(p.text); err != nil {
			t.Fatal(err)
		}
	default:
		t.Fatalf("no builder of %T", to)
	}
}

// Rows are sorted by all their keys, one after the other, missing values last
// and equal rows as they came.
func TestRowsAreSortedByAllTheirKeys(t *testing.T) {
	for seed := range uint64(150) {
		r := rand.New(rand.NewPCG(seed, 3))
		columns := make([]int, 1+r.IntN(4))
		order := make([]int, len(columns))
		for i := range columns {
			columns[i], order[i] = r.IntN(len(kinds)), i
		}
		batches, said := table(t, r, columns, []int{1, 5, 200, 2_000}[r.IntN(4)])
		var rows []ref
		for at := range said {
			rows = append(rows, at)
		}
		byPlace := func(a, b ref) int { return cmp.Or(cmp.Compare(a.batch, b.batch), cmp.Compare(a.row, b.row)) }
		slices.SortFunc(rows, byPlace)
		want := slices.Clone(rows)
		slices.SortStableFunc(want, func(a, b ref) int {
			for i := range columns {
				if c := said[a][i].compare(said[b][i]); c != 0 {
					return c
				}
			}
			return byPlace(a, b)
		})
		s, err := newStack(batches, &lexicon.Lexicon{})
		if err != nil {
			t.Fatal(err)
		}
		newSorter(s, order, &sorting{}).sort(rows)
		if !slices.Equal(rows, want) {
			var names []string
			for _, c := range columns {
				names = append(names, kinds[c].name)
			}
			t.Fatalf("seed %d: %d rows by %q are in another order", seed, len(rows), names)
		}
		release(batches)
	}
}

// A repeated fingerprint is found wherever it stands, and only that.
func TestRepeatedFingerprintsAreFound(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 4))
		n := []int{0, 1, 2, 100, 20_000, 100_000}[r.IntN(6)]
		all := map[uint64]bool{}
		for len(all) < n {
			k := r.Uint64()
			switch r.IntN(10) {
			case 0:
				k >>= 50 // close together, 0 among them
			case 1:
				k |= 0xffff << 48
			}
			all[k] = true
		}
		var p prints
		chunk := []uint64{}
		for k := range all {
			if chunk = append(chunk, k); r.IntN(1+n/5) == 0 {
				p.chunks, chunk = append(p.chunks, chunk), nil
			}
		}
		p.chunks = append(p.chunks, chunk)
		if p.repeat() {
			t.Fatalf("seed %d: none of %d fingerprints repeats", seed, n)
		}
		if n == 0 {
			continue
		}
		for k := range all { // any of them
			p.chunks = append(p.chunks, []uint64{k})
			break
		}
		if !p.repeat() {
			t.Fatalf("seed %d: the fingerprint that repeats among %d is not found", seed, n)
		}
	}
}
