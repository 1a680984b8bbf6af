package merge

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"kefu/transform/lexicon"
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
	rows   int
	nulls  int
	words  []string    // of texts with dictionaries: one for all batches
	codes  [][]int32   // by batch and code of the batch: the place in words
	united arrow.Array // words
}

func newStack(batches []arrow.RecordBatch, words *lexicon.Lexicon) (*stack, error) {
	s := &stack{schema: batches[0].Schema(), batches: batches}
	for i := range s.schema.NumFields() {
		c := column{arrays: make([]arrow.Array, len(batches))}
		for b, batch := range batches {
			c.arrays[b] = batch.Column(i)
			c.rows, c.nulls = c.rows+c.arrays[b].Len(), c.nulls+c.arrays[b].NullN()
		}
		if _, ok := c.arrays[0].(*array.Dictionary); ok {
			if err := c.unite(words); err != nil {
				return nil, fmt.Errorf("unite column %s: %w", s.schema.Field(i).Name, err)
			}
		}
		s.columns = append(s.columns, c)
	}
	return s, nil
}

// unite makes one dictionary of those of all batches.
func (c *column) unite(all *lexicon.Lexicon) error {
	defer all.Reset()
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
			codes[i] = all.Code(words.Value(i))
		}
		c.codes = append(c.codes, codes)
	}
	c.words, c.united = all.Words(), all.Array()
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

// trim gives rows dictionaries of only the words that they use. Those that wait for
// the rows of the next run would else hand on the words of all runs before. The
// rows given are released.
func trim(rows arrow.RecordBatch) arrow.RecordBatch {
	defer rows.Release()
	columns := make([]arrow.Array, rows.NumCols())
	for i, c := range rows.Columns() {
		if d, ok := c.(*array.Dictionary); ok {
			columns[i] = trimColumn(d)
			defer columns[i].Release()
		} else {
			columns[i] = c
		}
	}
	return array.NewRecordBatch(rows.Schema(), columns, rows.NumRows())
}

// trimColumn is trim for a column that was gathered.
func trimColumn(d *array.Dictionary) arrow.Array {
	words, _ := d.Dictionary().(*array.String)
	used := array.NewStringBuilder(memory.DefaultAllocator)
	defer used.Release()
	places, codes := make([]int32, words.Len()), make([]int32, d.Len()) // places count from 1
	for row, code := range indices(d) {
		if d.IsNull(row) {
			continue
		}
		if places[code] == 0 {
			used.Append(words.Value(int(code)))
			places[code] = int32(used.Len())
		}
		codes[row] = places[code] - 1
	}
	list := used.NewArray()
	defer list.Release()
	buffers := []*memory.Buffer{d.Data().Buffers()[0], memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(codes))}
	data := array.NewDataWithDictionary(d.DataType(), d.Len(), buffers, d.NullN(), 0, list.Data().(*array.Data))
	defer data.Release()
	return array.MakeFromData(data)
}
