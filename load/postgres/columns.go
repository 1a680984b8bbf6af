package postgres

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
)

// column is the values of an Arrow column as fields of COPY's rows. A field is
// the length of a value and the value, or the mark of NULL. Rows are written
// column by column, into a piece that has room for all of them: that takes half
// the time of writing them one after the other.
type column interface {
	// measure adds to the size of each row that of its field.
	measure(sizes []int)
	// write puts the fields of the rows from, from+1 … at their places in a
	// piece, and moves each place behind its field.
	write(piece []byte, places []int, from int)
}

// columnOf makes the values of an Arrow column fields of that type.
func columnOf(name, kind string, values arrow.Array) (column, error) {
	if values.DataType().ID() == arrow.NULL {
		return missing{}, nil
	}
	var made column
	var err error
	switch base, _, _ := strings.Cut(kind, "("); base {
	case "VARCHAR":
		made = textColumn(values)
	case "BOOLEAN":
		if flags, ok := values.(*array.Boolean); ok {
			made = &flagColumn{flags, knownOf(values)}
		}
	case "INTEGER":
		made, err = integerColumn(name, values)
	case "BIGINT":
		made = bigintColumn(values)
	case "DOUBLE":
		made = doubleColumn(values)
	case "DECIMAL":
		made = decimalColumn(values)
	case "DATE":
		if days, ok := values.(*array.Date32); ok {
			made = &column32{arrow.Int32Traits.CastFromBytes(arrow.Date32Traits.CastToBytes(days.Date32Values())), epochDays, knownOf(values)}
		}
	case "TIMESTAMP":
		made = timestampColumn(values)
	}
	if made == nil && err == nil {
		err = &castError{name, values.DataType().String(), kind}
	}
	return made, err
}

// known tells which values of a column are not NULL.
type known struct {
	bits   []byte // nil: all of them
	offset int
}

func knownOf(values arrow.Array) known {
	if values.NullN() == 0 {
		return known{}
	}
	return known{values.NullBitmapBytes(), values.Data().Offset()}
}

func (k known) has(i int) bool { return k.bits == nil || bitutil.BitIsSet(k.bits, k.offset+i) }

// measure adds the sizes of fields whose values are as long as each other.
func (k known) measure(sizes []int, width int) {
	for i := range sizes {
		sizes[i] += len(copyNull)
		if k.has(i) {
			sizes[i] += width
		}
	}
}

// putNull writes the mark of NULL and returns the place behind it.
func putNull(piece []byte, at int) int { return at + copy(piece[at:], copyNull) }

// missing is a column that the file lacks: all of it is NULL.
type missing struct{}

func (missing) measure(sizes []int) { known{}.measure(sizes, 0) }

func (missing) write(piece []byte, places []int, _ int) {
	for i, at := range places {
		places[i] = putNull(piece, at)
	}
}

// column64 has values of eight bytes, counted from another beginning than the
// server does.
type column64 struct {
	values []int64
	origin int64
	known
}

func (c *column64) measure(sizes []int) { c.known.measure(sizes, 8) }

func (c *column64) write(piece []byte, places []int, from int) {
	values := c.values[from : from+len(places)]
	for i, at := range places {
		if !c.has(from + i) {
			places[i] = putNull(piece, at)
			continue
		}
		field := piece[at : at+12]
		binary.BigEndian.PutUint32(field, 8)
		binary.BigEndian.PutUint64(field[4:], uint64(values[i]-c.origin)) //nolint:gosec // two's complement
		places[i] = at + 12
	}
}

// column32 has values of four bytes.
type column32 struct {
	values []int32
	origin int32
	known
}

func (c *column32) measure(sizes []int) { c.known.measure(sizes, 4) }

func (c *column32) write(piece []byte, places []int, from int) {
	values := c.values[from : from+len(places)]
	for i, at := range places {
		if !c.has(from + i) {
			places[i] = putNull(piece, at)
			continue
		}
		field := piece[at : at+8]
		binary.BigEndian.PutUint32(field, 4)
		binary.BigEndian.PutUint32(field[4:], uint32(values[i]-c.origin)) //nolint:gosec // two's complement
		places[i] = at + 8
	}
}

type flagColumn struct {
	flags *array.Boolean
	known
}

func (c *flagColumn) measure(sizes []int) { c.known.measure(sizes, 1) }

func (c *flagColumn) write(piece []byte, places []int, from int) {
	for i, at := range places {
		if !c.has(from + i) {
			places[i] = putNull(piece, at)
			continue
		}
		field := piece[at : at+5]
		binary.BigEndian.PutUint32(field, 1)
		field[4] = 0
		if c.flags.Value(from + i) {
			field[4] = 1
		}
		places[i] = at + 5
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

func integerColumn(name string, values arrow.Array) (column, error) {
	if numbers, ok := values.(*array.Int32); ok {
		return &column32{numbers.Int32Values(), 0, knownOf(values)}, nil
	}
	whole := wholeNumbers(values)
	if whole == nil {
		return nil, nil
	}
	made := &column32{make([]int32, values.Len()), 0, knownOf(values)}
	for i := range made.values {
		n := whole(i)
		made.values[i] = int32(n) //nolint:gosec // compared in the next line
		if n != int64(made.values[i]) && made.has(i) {
			return nil, fmt.Errorf("column %s: %d does not fit into INTEGER", name, n)
		}
	}
	return made, nil
}

func bigintColumn(values arrow.Array) column {
	if numbers, ok := values.(*array.Int64); ok {
		return &column64{numbers.Int64Values(), 0, knownOf(values)}
	}
	if whole := wholeNumbers(values); whole != nil {
		return converted(values, whole)
	}
	return nil
}

// converted is a column of eight bytes whose values are made one by one.
func converted(values arrow.Array, convert func(int) int64) column {
	made := &column64{make([]int64, values.Len()), 0, knownOf(values)}
	for i := range made.values {
		if made.has(i) {
			made.values[i] = convert(i)
		}
	}
	return made
}

func doubleColumn(values arrow.Array) column {
	var float func(int) float64
	switch numbers := values.(type) {
	case *array.Float64:
		bits := arrow.Int64Traits.CastFromBytes(arrow.Float64Traits.CastToBytes(numbers.Float64Values()))
		return &column64{bits, 0, knownOf(values)}
	case *array.Float32:
		float = func(i int) float64 { return float64(numbers.Value(i)) }
	case *array.Decimal128:
		scale := numbers.DataType().(*arrow.Decimal128Type).Scale
		float = func(i int) float64 { return numbers.Value(i).ToFloat64(scale) }
	default:
		whole := wholeNumbers(values)
		if whole == nil {
			return nil
		}
		float = func(i int) float64 { return float64(whole(i)) }
	}
	return converted(values, func(i int) int64 { return floatBits(float(i)) })
}

func timestampColumn(values arrow.Array) column {
	instants, ok := values.(*array.Timestamp)
	if !ok {
		return nil
	}
	counts := arrow.Int64Traits.CastFromBytes(arrow.TimestampTraits.CastToBytes(instants.TimestampValues()))
	times, over := int64(1), int64(1) // to microseconds
	switch instants.DataType().(*arrow.TimestampType).Unit {
	case arrow.Second:
		times = 1_000_000
	case arrow.Millisecond:
		times = 1000
	case arrow.Nanosecond:
		over = 1000
	case arrow.Microsecond:
		return &column64{counts, epochMicros, knownOf(values)}
	}
	return converted(values, func(i int) int64 { return counts[i]*times/over - epochMicros })
}
