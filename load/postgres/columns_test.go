package postgres

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// given is a column whose i-th value, where it is not NULL, append appends to
// the builder; want is the field that becomes of it.
type given struct {
	kind   string // of the table
	values arrow.DataType
	append func(b array.Builder, i int)
	want   func(i int) []byte
}

// words are texts of which some cannot be stored, and two make one character
// where they stand side by side.
var words = []string{"客服", "", "plain", "zero\x00byte", "\xe5\xae", "\xa2", "it's", "🙂"}

func columnsGiven() map[string]given {
	text := func(i int) []byte { return appendText(nil, words[i%len(words)]) }
	plain := func(i int) []byte { return appendText(nil, fmt.Sprint("text ", i)) }
	whole := func(i int) []byte { return appendInt64(nil, int64(i-20)) }
	stamp := func(i int) []byte { return appendInt64(nil, int64(i)*3_600_000_000-epochMicros) }
	times := func(perSecond int64) func(b array.Builder, i int) {
		return func(b array.Builder, i int) {
			b.(*array.TimestampBuilder).Append(arrow.Timestamp(int64(i) * 3600 * perSecond))
		}
	}
	decimals := &arrow.Decimal128Type{Precision: 18, Scale: 2}
	decimal := func(b array.Builder, i int) {
		b.(*array.Decimal128Builder).Append(decimal128.FromI64(int64(i-20) * 12_345_678_901))
	}
	return map[string]given{
		"texts":       {"VARCHAR", arrow.BinaryTypes.String, func(b array.Builder, i int) { b.(*array.StringBuilder).Append(fmt.Sprint("text ", i)) }, plain},
		"words":       {"VARCHAR", arrow.BinaryTypes.String, func(b array.Builder, i int) { b.(*array.StringBuilder).Append(words[i%len(words)]) }, text},
		"large texts": {"VARCHAR", arrow.BinaryTypes.LargeString, func(b array.Builder, i int) { b.(*array.LargeStringBuilder).Append(fmt.Sprint("text ", i)) }, plain},
		"bytes":       {"VARCHAR", arrow.BinaryTypes.Binary, func(b array.Builder, i int) { b.(*array.BinaryBuilder).AppendString(words[i%len(words)]) }, text},
		"views":       {"VARCHAR", arrow.BinaryTypes.StringView, func(b array.Builder, i int) { b.(*array.StringViewBuilder).Append(words[i%len(words)]) }, text},
		"codes": {"VARCHAR", &arrow.DictionaryType{IndexType: arrow.PrimitiveTypes.Int32, ValueType: arrow.BinaryTypes.String},
			func(b array.Builder, i int) {
				_ = b.(*array.BinaryDictionaryBuilder).AppendString(words[i%len(words)])
			}, text},
		"flags": {"BOOLEAN", arrow.FixedWidthTypes.Boolean, func(b array.Builder, i int) { b.(*array.BooleanBuilder).Append(i%3 == 0) },
			func(i int) []byte { return []byte{0, 0, 0, 1, byte((3 - i%3) / 3)} }},
		"integers":      {"INTEGER", arrow.PrimitiveTypes.Int32, func(b array.Builder, i int) { b.(*array.Int32Builder).Append(int32(i) - 20) }, func(i int) []byte { return appendInt32(nil, int32(i)-20) }},
		"wide integers": {"INTEGER", arrow.PrimitiveTypes.Int64, func(b array.Builder, i int) { b.(*array.Int64Builder).Append(int64(i) - 20) }, func(i int) []byte { return appendInt32(nil, int32(i)-20) }},
		"bigints":       {"BIGINT", arrow.PrimitiveTypes.Int64, func(b array.Builder, i int) { b.(*array.Int64Builder).Append(int64(i) - 20) }, whole},
		"small bigints": {"BIGINT", arrow.PrimitiveTypes.Int8, func(b array.Builder, i int) { b.(*array.Int8Builder).Append(int8(i) - 20) }, whole},
		"doubles":       {"DOUBLE", arrow.PrimitiveTypes.Float64, func(b array.Builder, i int) { b.(*array.Float64Builder).Append(float64(i) / 7) }, func(i int) []byte { return appendFloat(nil, float64(i)/7) }},
		"floats":        {"DOUBLE", arrow.PrimitiveTypes.Float32, func(b array.Builder, i int) { b.(*array.Float32Builder).Append(float32(i) / 8) }, func(i int) []byte { return appendFloat(nil, float64(i)/8) }},
		"whole doubles": {"DOUBLE", arrow.PrimitiveTypes.Int16, func(b array.Builder, i int) { b.(*array.Int16Builder).Append(int16(i)) }, func(i int) []byte { return appendFloat(nil, float64(i)) }},
		"decimals": {"DECIMAL(18,2)", decimals, decimal,
			func(i int) []byte { return appendDecimal(nil, decimal128.FromI64(int64(i-20)*12_345_678_901), 2) }},
		"whole decimals": {"DECIMAL(18,2)", arrow.PrimitiveTypes.Int32, func(b array.Builder, i int) { b.(*array.Int32Builder).Append(int32(i)) }, func(i int) []byte { return appendDecimal(nil, decimal128.FromI64(int64(i)), 0) }},
		"days":           {"DATE", arrow.FixedWidthTypes.Date32, func(b array.Builder, i int) { b.(*array.Date32Builder).Append(arrow.Date32(i)) }, func(i int) []byte { return appendInt32(nil, int32(i)-epochDays) }},
		"seconds":        {"TIMESTAMP", arrow.FixedWidthTypes.Timestamp_s, times(1), stamp},
		"milliseconds":   {"TIMESTAMP", arrow.FixedWidthTypes.Timestamp_ms, times(1e3), stamp},
		"microseconds":   {"TIMESTAMP", arrow.FixedWidthTypes.Timestamp_us, times(1e6), stamp},
		"nanoseconds":    {"TIMESTAMP", arrow.FixedWidthTypes.Timestamp_ns, times(1e9), stamp},
		"nothing":        {"DOUBLE", arrow.Null, func(b array.Builder, _ int) { b.AppendNull() }, func(int) []byte { return copyNull }},
	}
}

// Columns that are written beside each other become rows of the values that
// they have, whatever part of them is written, with and without NULLs.
func TestColumnsBecomeRows(t *testing.T) {
	const n = 60
	for name, c := range columnsGiven() {
		for _, every := range []int{1000, 4, 1} { // each so many-th is NULL, from the last on
			builder := array.NewBuilder(memory.DefaultAllocator, c.values)
			for i := range n {
				if i%every == every-1 {
					builder.AppendNull()
				} else {
					c.append(builder, i)
				}
			}
			all := builder.NewArray()
			for _, part := range [][2]int{{0, n}, {7, 33}, {9, 9}} {
				values := array.NewSlice(all, int64(part[0]), int64(part[1]))
				var want []byte
				for i := part[0]; i < part[1]; i++ {
					field := copyNull
					if i%every != every-1 {
						field = c.want(i)
					}
					want = append(append(append(want, 0, 2), field...), field...)
				}
				made, err := columnOf("c", c.kind, values)
				if err != nil {
					t.Fatalf("%s: %v", name, err)
				}
				if got := rowsOf([]column{made, made}, values.Len()); !bytes.Equal(got, want) {
					t.Errorf("%s %v, every %d-th NULL:\n%x, want\n%x", name, part, every, got, want)
				}
			}
		}
	}
}

// rowsOf writes the rows of columns five at a time.
func rowsOf(columns []column, n int) []byte {
	sizes := make([]int, n)
	for i := range sizes {
		sizes[i] = 2
	}
	for _, c := range columns {
		c.measure(sizes)
	}
	out := &sheet{}
	for from := 0; from < n; {
		from += out.rows(columns, sizes[from:min(from+5, n)], from)
	}
	return out.data
}

// A piece ends with the row that makes it large enough, and a row may be larger.
func TestPiecesEndWithARow(t *testing.T) {
	builder := array.NewStringBuilder(memory.DefaultAllocator)
	for _, size := range []int{10, sendBytes - 30, 100, 3 * sendBytes, 5} {
		builder.Append(strings.Repeat("x", size))
	}
	made, err := columnOf("c", "VARCHAR", builder.NewArray())
	if err != nil {
		t.Fatal(err)
	}
	sizes := []int{2, 2, 2, 2, 2}
	made.measure(sizes)
	var counts []int
	for from := 0; from < len(sizes); {
		out := &sheet{}
		n := out.rows([]column{made}, sizes[from:], from)
		if first := binary.BigEndian.Uint32(out.data[2:]); int(first) != sizes[from]-6 {
			t.Errorf("the piece from row %d on begins with %d bytes", from, first)
		}
		counts = append(counts, n)
		from += n
	}
	if want := "[3 1 1]"; fmt.Sprint(counts) != want {
		t.Errorf("rows of the pieces: %v, want %s", counts, want)
	}
}

func TestColumnsThatDoNotFitNameThemselves(t *testing.T) {
	numbers := array.NewInt64Builder(memory.DefaultAllocator)
	numbers.Append(1 << 40)
	for kind, values := range map[string]arrow.Array{"INTEGER": numbers.NewArray(), "VARCHAR": array.NewBooleanBuilder(memory.DefaultAllocator).NewArray(),
		"DATE": array.NewStringBuilder(memory.DefaultAllocator).NewArray()} {
		if _, err := columnOf("the_column", kind, values); err == nil || !strings.Contains(err.Error(), "the_column") || !strings.Contains(err.Error(), kind) {
			t.Errorf("%s as %s: %v", values.DataType(), kind, err)
		}
	}
}

func TestMemoryIsHandedOutOnceMore(t *testing.T) {
	r := &reuse{}
	first := r.Allocate(1000)
	first[0], first[999] = 7, 7
	r.Free(first)
	again := r.Allocate(700)
	if &again[0] != &first[0] || len(again) != 700 || again[0] != 0 {
		t.Error("not what was given back, made empty")
	}
	again[1] = 9
	grown := r.Reallocate(1010, again)
	if &grown[0] != &first[0] || len(grown) != 1010 || grown[1] != 9 || grown[999] != 0 {
		t.Error("there was room in it")
	}
	if other := r.Allocate(600); &other[0] == &first[0] {
		t.Error("it is taken")
	}
	moved := r.Reallocate(5000, grown)
	if moved[1] != 9 || len(moved) != 5000 || &moved[0] == &first[0] {
		t.Error("what was in it is lost")
	}
}
