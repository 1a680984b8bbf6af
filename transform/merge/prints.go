package merge

import (
	"fmt"
	"math/bits"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/zeebo/xxh3"
)

// prints are the fingerprints of the keys of all rows in runs: rows of one key
// share theirs, others hardly ever do.
type prints struct{ chunks [][]uint64 }

// add notes rows, by the columns that make their key.
func (p *prints) add(rows arrow.RecordBatch, columns []int) error {
	chunk := make([]uint64, rows.NumRows())
	for _, c := range columns {
		of, err := printsOf(rows.Column(c))
		if err != nil {
			return fmt.Errorf("fingerprint column %s: %w", rows.ColumnName(c), err)
		}
		for i := range chunk {
			chunk[i] = bits.RotateLeft64(chunk[i]*0x9e3779b97f4a7c15, 29) ^ of(i)
		}
	}
	p.chunks = append(p.chunks, chunk)
	return nil
}

// missing is the fingerprint of a part of a key that is not there.
const missing = 0x6d697373696e67

func printsOf(a arrow.Array) (func(row int) uint64, error) {
	var of func(row int) uint64
	switch v := a.(type) {
	case *array.String:
		of = func(row int) uint64 { return xxh3.HashString(v.Value(row)) }
	case *array.Dictionary:
		words, ok := v.Dictionary().(*array.String)
		if !ok {
			return nil, fmt.Errorf("a dictionary holds %s", v.Dictionary().DataType())
		}
		known := make([]uint64, words.Len())
		for i := range known {
			known[i] = xxh3.HashString(words.Value(i))
		}
		of = func(row int) uint64 { return known[v.GetValueIndex(row)] }
	case *array.Int64, *array.Int32, *array.Date32, *array.Timestamp, *array.Boolean:
		numbers := numbersOf(a)
		of = func(row int) uint64 { return uint64(numbers[row]) * 0xff51afd7ed558ccd }
	default:
		return nil, fmt.Errorf("%s is in no key", a.DataType())
	}
	if a.NullN() == 0 {
		return of, nil
	}
	return func(row int) uint64 {
		if a.IsNull(row) {
			return missing
		}
		return of(row)
	}, nil
}

// repeat tells whether any two rows may have the same key.
func (p *prints) repeat() bool {
	all := slices.Concat(p.chunks...)
	slices.Sort(all)
	for i := 1; i < len(all); i++ {
		if all[i] == all[i-1] {
			return true
		}
	}
	return false
}
