package merge

import (
	"fmt"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// rooms are where the rows of a stack are copied to, column by column. What was
// gathered there gives way to what is gathered next.
type rooms []room

type room struct {
	valid, text, bits []byte
	offsets, narrow   []int32
	starts            []int
	wide              []int64
	amounts           []decimal128.Num
}

// gather copies rows, in the order given, into one batch, which is good until
// the rooms are used again.
func (s *stack) gather(rows []ref, in *rooms) (arrow.RecordBatch, error) {
	for len(*in) < len(s.columns) {
		*in = append(*in, room{})
	}
	columns := make([]arrow.Array, len(s.columns))
	defer func() {
		for _, c := range columns {
			if c != nil {
				c.Release()
			}
		}
	}()
	for i := range columns {
		var err error
		if columns[i], err = s.columns[i].gather(rows, &(*in)[i]); err != nil {
			return nil, fmt.Errorf("order column %s: %w", s.schema.Field(i).Name, err)
		}
	}
	return array.NewRecordBatch(s.schema, columns, int64(len(rows))), nil
}

func (c *column) gather(rows []ref, in *room) (arrow.Array, error) {
	typ := c.arrays[0].DataType()
	valid, nulls := c.gatherValidity(rows, in)
	buffers := []*memory.Buffer{valid, nil}
	switch t := typ.(type) {
	case *arrow.StringType:
		offsets, text := c.gatherText(rows, nulls, in)
		buffers = append(buffers, memory.NewBufferBytes(text))
		buffers[1] = memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(offsets))
	case *arrow.DictionaryType:
		buffers[1] = memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(c.gatherCodes(rows, nulls, in)))
		data := array.NewDataWithDictionary(typ, len(rows), buffers, nulls, 0, c.united.Data().(*array.Data))
		defer data.Release()
		return array.MakeFromData(data), nil
	case *arrow.BooleanType:
		in.bits = gatherBits(in.bits, c.bitmaps(1), rows)
		buffers[1] = memory.NewBufferBytes(in.bits)
	case arrow.FixedWidthDataType:
		fixed, err := c.gatherFixed(rows, nulls, t.Bytes(), in)
		if err != nil {
			return nil, err
		}
		buffers[1] = memory.NewBufferBytes(fixed)
	default:
		return nil, fmt.Errorf("type %s cannot be ordered", typ)
	}
	data := array.NewData(typ, len(rows), buffers, nil, nulls, 0)
	defer data.Release()
	return array.MakeFromData(data), nil
}

// bitmap is a buffer of bits, from some of them on; without bytes all are set.
type bitmap struct {
	bytes []byte
	from  uint32
}

// bitmaps are the batches' buffers at a place.
func (c *column) bitmaps(place int) []bitmap {
	out := make([]bitmap, len(c.arrays))
	for b, a := range c.arrays {
		out[b].from = uint32(a.Data().Offset())
		if buffer := a.Data().Buffers()[place]; buffer != nil && (place > 0 || a.NullN() > 0) {
			out[b].bytes = buffer.Bytes()
		}
	}
	return out
}

// gatherValidity returns the bitmap of the rows that are there, nil where all are.
func (c *column) gatherValidity(rows []ref, in *room) (*memory.Buffer, int) {
	if c.nulls == 0 {
		return nil, 0
	}
	if c.nulls == c.rows {
		in.valid = resized(in.valid, int(bitutil.BytesForBits(int64(len(rows)))))
		clear(in.valid)
		return memory.NewBufferBytes(in.valid), len(rows)
	}
	in.valid = gatherBits(in.valid, c.bitmaps(0), rows)
	nulls := len(rows) - bitutil.CountSetBits(in.valid, 0, len(rows))
	if nulls == 0 {
		return nil, 0
	}
	return memory.NewBufferBytes(in.valid), nulls
}

func gatherBits(out []byte, from []bitmap, rows []ref) []byte {
	out = resized(out, int(bitutil.BytesForBits(int64(len(rows)))))
	clear(out)
	for i, r := range rows {
		m := &from[r.batch]
		if m.bytes == nil {
			out[i>>3] |= 1 << (i & 7)
			continue
		}
		at := r.row + m.from
		out[i>>3] |= m.bytes[at>>3] >> (at & 7) & 1 << (i & 7)
	}
	return out
}

// resized makes a slice so long; what it holds is to be overwritten.
func resized[T any](s []T, n int) []T { return slices.Grow(s[:0], n)[:n] }

// gatherText first finds where the texts are, then copies them.
func (c *column) gatherText(rows []ref, nulls int, in *room) (offsets []int32, text []byte) {
	in.offsets = resized(in.offsets, len(rows)+1)
	offsets = in.offsets
	if nulls == len(rows) {
		clear(offsets)
		return offsets, nil
	}
	ends, bytes := make([][]int32, len(c.arrays)), make([][]byte, len(c.arrays))
	for b, a := range c.arrays {
		if s, ok := a.(*array.String); ok && s.Len() > 0 {
			ends[b] = s.ValueOffsets()
			if held := s.Data().Buffers()[2]; held != nil {
				bytes[b] = held.Bytes()
			}
		}
	}
	in.starts = resized(in.starts, len(rows))
	starts, size := in.starts, int32(0)
	offsets[0] = 0
	for i, r := range rows {
		o := ends[r.batch][r.row:]
		starts[i] = int(o[0])
		size += o[1] - o[0]
		offsets[i+1] = size
	}
	in.text = resized(in.text, int(size)+block)
	text = in.text
	for i, r := range rows {
		copyText(text[offsets[i]:], bytes[r.batch][starts[i]:], int(offsets[i+1]-offsets[i]))
	}
	return offsets, text[:size]
}

// block is how many bytes are copied at once: of a text that is shorter what
// stands behind it is copied, too, where the next text will stand.
const block = 16

func copyText(to, from []byte, n int) {
	if n <= block && len(from) >= block {
		*(*[block]byte)(to) = [block]byte(from)
		return
	}
	copy(to, from[:n])
}

func (c *column) gatherCodes(rows []ref, nulls int, in *room) []int32 {
	in.narrow = resized(in.narrow, len(rows))
	out := in.narrow
	if len(c.words) <= 1 || nulls == len(rows) {
		clear(out)
		return out
	}
	from := make([][]int32, len(c.arrays))
	for b, a := range c.arrays {
		if d, ok := a.(*array.Dictionary); ok {
			from[b] = indices(d)
		}
	}
	if nulls == 0 {
		for i, r := range rows {
			out[i] = c.codes[r.batch][from[r.batch][r.row]]
		}
		return out
	}
	for i, r := range rows {
		out[i] = 0
		if bitutil.BitIsSet(in.valid, i) {
			out[i] = c.codes[r.batch][from[r.batch][r.row]]
		}
	}
	return out
}

// indices are the codes of a column with a dictionary.
func indices(d *array.Dictionary) []int32 { return buffered(d, arrow.Int32Traits.CastFromBytes) }

// buffered reads a column's values, those that are missing included.
func buffered[T any](a arrow.Array, cast func([]byte) []T) []T {
	from := a.Data().Offset()
	if a.Len() == 0 {
		return nil
	}
	return cast(a.Data().Buffers()[1].Bytes())[from : from+a.Len()]
}

func (c *column) gatherFixed(rows []ref, nulls, width int, in *room) ([]byte, error) {
	switch width {
	case arrow.Int32SizeBytes:
		in.narrow = gatherValues(in.narrow, c.arrays, rows, nulls, arrow.Int32Traits.CastFromBytes)
		return arrow.Int32Traits.CastToBytes(in.narrow), nil
	case arrow.Int64SizeBytes:
		in.wide = gatherValues(in.wide, c.arrays, rows, nulls, arrow.Int64Traits.CastFromBytes)
		return arrow.Int64Traits.CastToBytes(in.wide), nil
	case arrow.Decimal128SizeBytes:
		in.amounts = gatherValues(in.amounts, c.arrays, rows, nulls, arrow.Decimal128Traits.CastFromBytes)
		return arrow.Decimal128Traits.CastToBytes(in.amounts), nil
	default:
		return nil, fmt.Errorf("values of %d bytes cannot be ordered", width)
	}
}

func gatherValues[T any](out []T, arrays []arrow.Array, rows []ref, nulls int, cast func([]byte) []T) []T {
	out = resized(out, len(rows))
	if nulls == len(rows) {
		clear(out)
		return out
	}
	from := make([][]T, len(arrays))
	for b, a := range arrays {
		from[b] = buffered(a, cast)
	}
	for i, r := range rows {
		out[i] = from[r.batch][r.row]
	}
	return out
}
