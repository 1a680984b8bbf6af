package postgres

import (
	"encoding/binary"
	"fmt"
	"math"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	server "kefu/extract/postgres"
)

// The binary form of COPY: a signature, rows of fields with their length, and
// an end.
var (
	copyStart = append([]byte("PGCOPY\n\xff\r\n\x00"), 0, 0, 0, 0, 0, 0, 0, 0)
	copyEnd   = []byte{0xff, 0xff}
	copyNull  = []byte{0xff, 0xff, 0xff, 0xff}
)

// PostgreSQL counts from 2000-01-01, Arrow from 1970-01-01.
const (
	epochDays   = 10957
	epochMicros = epochDays * 86_400_000_000
)

// field appends the i-th value of a column, with its length.
type field func(to []byte, i int) ([]byte, error)

// castError says that a column of the files cannot be stored as wanted.
type castError struct{ column, from, to string }

func (e *castError) Error() string {
	return fmt.Sprintf("column %s is %s in the file, which cannot become %s", e.column, e.from, e.to)
}

// encoder returns how the values of an Arrow column become a column of that
// type.
func encoder(name, kind string, column arrow.Array) (field, error) {
	value, err := valueEncoder(name, kind, column)
	if err != nil || column.NullN() == 0 {
		return value, err
	}
	return func(to []byte, i int) ([]byte, error) {
		if column.IsNull(i) {
			return append(to, copyNull...), nil
		}
		return value(to, i)
	}, nil
}

func valueEncoder(name, kind string, column arrow.Array) (field, error) {
	if column.DataType().ID() == arrow.NULL {
		return func(to []byte, _ int) ([]byte, error) { return append(to, copyNull...), nil }, nil
	}
	var value field
	switch base, _, _ := strings.Cut(kind, "("); base {
	case "VARCHAR":
		value = textField(column)
	case "BOOLEAN":
		value = booleanField(column)
	case "INTEGER":
		value = integerField(name, column)
	case "BIGINT":
		if whole := wholeNumbers(column); whole != nil {
			value = func(to []byte, i int) ([]byte, error) { return appendInt64(to, whole(i)), nil }
		}
	case "DOUBLE":
		value = doubleField(column)
	case "DECIMAL":
		value = decimalField(column)
	case "DATE":
		if days, ok := column.(*array.Date32); ok {
			values := days.Date32Values()
			value = func(to []byte, i int) ([]byte, error) { return appendInt32(to, int32(values[i])-epochDays), nil }
		}
	case "TIMESTAMP":
		value = timestampField(column)
	}
	if value == nil {
		return nil, &castError{name, column.DataType().String(), kind}
	}
	return value, nil
}

func appendInt32(to []byte, n int32) []byte {
	to = append(to, 0, 0, 0, 4)
	return binary.BigEndian.AppendUint32(to, uint32(n)) //nolint:gosec // two's complement
}

func appendInt64(to []byte, n int64) []byte {
	to = append(to, 0, 0, 0, 8)
	return binary.BigEndian.AppendUint64(to, uint64(n)) //nolint:gosec // two's complement
}

func appendFloat(to []byte, f float64) []byte { return appendInt64(to, int64(math.Float64bits(f))) } //nolint:gosec // the same bits

func appendText(to []byte, s string) []byte {
	s = server.Text(s)
	to = binary.BigEndian.AppendUint32(to, uint32(len(s))) //nolint:gosec // a text of the lake
	return append(to, s...)
}

func textField(column arrow.Array) field {
	switch texts := column.(type) {
	case *array.String:
		return func(to []byte, i int) ([]byte, error) { return appendText(to, texts.Value(i)), nil }
	case *array.LargeString:
		return func(to []byte, i int) ([]byte, error) { return appendText(to, texts.Value(i)), nil }
	case *array.StringView:
		return func(to []byte, i int) ([]byte, error) { return appendText(to, texts.Value(i)), nil }
	case *array.Binary:
		return func(to []byte, i int) ([]byte, error) { return appendText(to, texts.ValueString(i)), nil }
	case *array.Dictionary:
		return codedField(texts)
	}
	return nil
}

// codedField encodes each text of a dictionary once.
func codedField(column *array.Dictionary) field {
	text := textField(column.Dictionary())
	codes, ok := column.Indices().(*array.Int32)
	if text == nil || !ok {
		return nil
	}
	encoded := make([][]byte, column.Dictionary().Len())
	for i := range encoded {
		var err error
		if encoded[i], err = text(nil, i); err != nil {
			return nil
		}
	}
	places := codes.Int32Values()
	return func(to []byte, i int) ([]byte, error) { return append(to, encoded[places[i]]...), nil }
}

func booleanField(column arrow.Array) field {
	flags, ok := column.(*array.Boolean)
	if !ok {
		return nil
	}
	return func(to []byte, i int) ([]byte, error) {
		bit := byte(0)
		if flags.Value(i) {
			bit = 1
		}
		return append(to, 0, 0, 0, 1, bit), nil
	}
}

// wholeNumbers reads an integer column of any width; nil for others.
func wholeNumbers(column arrow.Array) func(int) int64 {
	switch numbers := column.(type) {
	case *array.Int64:
		return numbers.Value
	case *array.Int32:
		return func(i int) int64 { return int64(numbers.Value(i)) }
	case *array.Int16:
		return func(i int) int64 { return int64(numbers.Value(i)) }
	case *array.Int8:
		return func(i int) int64 { return int64(numbers.Value(i)) }
	}
	return nil
}

func integerField(name string, column arrow.Array) field {
	whole := wholeNumbers(column)
	if whole == nil {
		return nil
	}
	return func(to []byte, i int) ([]byte, error) {
		n := whole(i)
		if n != int64(int32(n)) { //nolint:gosec // that is the question
			return nil, fmt.Errorf("column %s: %d does not fit into INTEGER", name, n)
		}
		return appendInt32(to, int32(n)), nil //nolint:gosec // it fits
	}
}

func doubleField(column arrow.Array) field {
	switch numbers := column.(type) {
	case *array.Float64:
		return func(to []byte, i int) ([]byte, error) { return appendFloat(to, numbers.Value(i)), nil }
	case *array.Float32:
		return func(to []byte, i int) ([]byte, error) { return appendFloat(to, float64(numbers.Value(i))), nil }
	case *array.Decimal128:
		scale := numbers.DataType().(*arrow.Decimal128Type).Scale
		return func(to []byte, i int) ([]byte, error) { return appendFloat(to, numbers.Value(i).ToFloat64(scale)), nil }
	}
	if whole := wholeNumbers(column); whole != nil {
		return func(to []byte, i int) ([]byte, error) { return appendFloat(to, float64(whole(i))), nil }
	}
	return nil
}

func timestampField(column arrow.Array) field {
	instants, ok := column.(*array.Timestamp)
	if !ok {
		return nil
	}
	values := instants.TimestampValues()
	times, over := int64(1), int64(1) // to microseconds
	switch instants.DataType().(*arrow.TimestampType).Unit {
	case arrow.Second:
		times = 1_000_000
	case arrow.Millisecond:
		times = 1000
	case arrow.Nanosecond:
		over = 1000
	case arrow.Microsecond:
	}
	return func(to []byte, i int) ([]byte, error) {
		return appendInt64(to, int64(values[i])*times/over-epochMicros), nil
	}
}
