package merge

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/arrow/memory"
)

// stack is the rows of several batches of one layout, one upon the other.
type stack struct {
	schema  *arrow.Schema
	batches []arrow.RecordBatch
	columns []column
}

// ref names a row: the batch that holds it and its place there.
type ref struct{ batch, row uint32 }

// column is one column over all batches.
type column struct {
	arrays []arrow.Array
	nulls  int
	words  []string  // of texts with dictionaries: one for all batches
	codes  [][]int32 // by batch and code of the batch: the place in words
}

func newStack(batches []arrow.RecordBatch) (*stack, error) {
	s := &stack{schema: batches[0].Schema(), batches: batches}
	for i := range s.schema.NumFields() {
		c := column{arrays: make([]arrow.Array, len(batches))}
		for b, batch := range batches {
			c.arrays[b] = batch.Column(i)
			c.nulls += c.arrays[b].NullN()
		}
		if _, ok := c.arrays[0].(*array.Dictionary); ok {
			if err := c.unite(); err != nil {
				return nil, fmt.Errorf("unite column %s: %w", s.schema.Field(i).Name, err)
			}
		}
		s.columns = append(s.columns, c)
	}
	return s, nil
}

// unite makes one dictionary of those of all batches.
func (c *column) unite() error {
	most := 0
	for _, a := range c.arrays {
		if d, ok := a.(*array.Dictionary); ok {
			most += d.Dictionary().Len()
		}
	}
	places := make(map[string]int32, most)
	for _, a := range c.arrays {
		d, ok := a.(*array.Dictionary)
		if !ok {
			return fmt.Errorf("a batch holds %s", a.DataType())
		}
		words, ok := d.Dictionary().(*array.String)
		if !ok {
			return fmt.Errorf("a dictionary holds %s", d.Dictionary().DataType())
		}
		codes := make([]int32, words.Len())
		for i := range codes {
			word := words.Value(i)
			at, known := places[word]
			if !known {
				at = int32(len(c.words))
				places[word] = at
				c.words = append(c.words, word)
			}
			codes[i] = at
		}
		c.codes = append(c.codes, codes)
	}
	return nil
}

// rows is how many there are.
func (s *stack) rows() int {
	n := 0
	for _, b := range s.batches {
		n += int(b.NumRows())
	}
	return n
}

// gather copies rows, in the order given, into one batch.
func (s *stack) gather(rows []ref) (arrow.RecordBatch, error) {
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
		if columns[i], err = s.columns[i].gather(rows); err != nil {
			return nil, fmt.Errorf("order column %s: %w", s.schema.Field(i).Name, err)
		}
	}
	return array.NewRecordBatch(s.schema, columns, int64(len(rows))), nil
}

func (c *column) gather(rows []ref) (arrow.Array, error) {
	typ := c.arrays[0].DataType()
	valid, nulls := c.gatherValidity(rows)
	buffers := []*memory.Buffer{valid, nil}
	var words arrow.ArrayData
	switch t := typ.(type) {
	case *arrow.StringType:
		offsets, text := c.gatherText(rows, nulls)
		buffers = []*memory.Buffer{valid, memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(offsets)), memory.NewBufferBytes(text)}
	case *arrow.DictionaryType:
		buffers[1] = memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(c.gatherCodes(rows, nulls)))
		b := array.NewStringBuilder(memory.DefaultAllocator)
		defer b.Release()
		b.AppendStringValues(c.words, nil)
		a := b.NewArray()
		defer a.Release()
		words = a.Data()
	case *arrow.BooleanType:
		buffers[1] = memory.NewBufferBytes(c.gatherBits(rows))
	case arrow.FixedWidthDataType:
		buffers[1] = memory.NewBufferBytes(c.gatherFixed(rows, nulls, t.Bytes()))
	default:
		return nil, fmt.Errorf("type %s cannot be ordered", typ)
	}
	var data *array.Data
	if words != nil {
		data = array.NewDataWithDictionary(typ, len(rows), buffers, nulls, 0, words.(*array.Data))
	} else {
		data = array.NewData(typ, len(rows), buffers, nil, nulls, 0)
	}
	defer data.Release()
	return array.MakeFromData(data), nil
}

// gatherValidity returns the bitmap of the rows that are there, nil where all are.
func (c *column) gatherValidity(rows []ref) (*memory.Buffer, int) {
	if c.nulls == 0 {
		return nil, 0
	}
	bits := make([]byte, bitutil.BytesForBits(int64(len(rows))))
	nulls := 0
	for i, r := range rows {
		if c.arrays[r.batch].IsNull(int(r.row)) {
			nulls++
		} else {
			bits[i>>3] |= 1 << (i & 7)
		}
	}
	if nulls == 0 {
		return nil, 0
	}
	return memory.NewBufferBytes(bits), nulls
}

func (c *column) gatherText(rows []ref, nulls int) (offsets []int32, text []byte) {
	offsets = make([]int32, len(rows)+1)
	if nulls == len(rows) {
		return offsets, nil
	}
	ends, bytes := make([][]int32, len(c.arrays)), make([][]byte, len(c.arrays))
	for b, a := range c.arrays {
		if s, ok := a.(*array.String); ok {
			ends[b], bytes[b] = s.ValueOffsets(), s.ValueBytes()
		}
	}
	size := 0
	for _, r := range rows {
		o := ends[r.batch]
		size += int(o[r.row+1] - o[r.row])
	}
	text = make([]byte, 0, size)
	for i, r := range rows {
		o := ends[r.batch]
		text = append(text, bytes[r.batch][o[r.row]-o[0]:o[r.row+1]-o[0]]...)
		offsets[i+1] = int32(len(text))
	}
	return offsets, text
}

func (c *column) gatherCodes(rows []ref, nulls int) []int32 {
	from := make([][]int32, len(c.arrays))
	for b, a := range c.arrays {
		if d, ok := a.(*array.Dictionary); ok {
			from[b] = arrow.Int32Traits.CastFromBytes(d.Data().Buffers()[1].Bytes())[d.Data().Offset():]
		}
	}
	out := make([]int32, len(rows))
	if len(c.words) <= 1 {
		return out
	}
	for i, r := range rows {
		if nulls == 0 || c.arrays[r.batch].IsValid(int(r.row)) {
			out[i] = c.codes[r.batch][from[r.batch][r.row]]
		}
	}
	return out
}

func (c *column) gatherBits(rows []ref) []byte {
	from := make([][]byte, len(c.arrays))
	shift := make([]uint32, len(c.arrays))
	for b, a := range c.arrays {
		from[b], shift[b] = a.Data().Buffers()[1].Bytes(), uint32(a.Data().Offset())
	}
	out := make([]byte, bitutil.BytesForBits(int64(len(rows))))
	for i, r := range rows {
		at := r.row + shift[r.batch]
		out[i>>3] |= from[r.batch][at>>3] >> (at & 7) & 1 << (i & 7)
	}
	return out
}

func (c *column) gatherFixed(rows []ref, nulls, width int) []byte {
	if nulls == len(rows) {
		return make([]byte, len(rows)*width)
	}
	from := make([][]byte, len(c.arrays))
	for b, a := range c.arrays {
		from[b] = a.Data().Buffers()[1].Bytes()[a.Data().Offset()*width:]
	}
	out := make([]byte, len(rows)*width)
	switch width {
	case 4:
		for i, r := range rows {
			at := int(r.row) * 4
			copy(out[4*i:4*i+4], from[r.batch][at:at+4])
		}
	case 8:
		for i, r := range rows {
			at := int(r.row) * 8
			copy(out[8*i:8*i+8], from[r.batch][at:at+8])
		}
	default:
		for i, r := range rows {
			at := int(r.row) * width
			copy(out[i*width:(i+1)*width], from[r.batch][at:at+width])
		}
	}
	return out
}
