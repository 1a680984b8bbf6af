package merge

import (
	"fmt"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

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
