package merge

import (
	"fmt"
	"math/bits"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/zeebo/xxh3"
)

// prints are the fingerprints of the keys of all rows in runs: rows of one key
// share theirs, others hardly ever do.
type prints struct {
	chunks  [][]uint64
	asked   int  // of how many of them it is known whether two are alike
	repeats bool // two of these may be
}

// add notes rows, by the columns that make their key.
func (p *prints) add(rows arrow.RecordBatch, columns []int) error {
	chunk := make([]uint64, rows.NumRows())
	for _, c := range columns {
		if err := fold(chunk, rows.Column(c)); err != nil {
			return fmt.Errorf("fingerprint column %s: %w", rows.ColumnName(c), err)
		}
	}
	p.chunks = append(p.chunks, chunk)
	return nil
}

// missing is the fingerprint of a part of a key that is not there.
const missing = 0x6d697373696e67

// fold adds a column to the fingerprints of rows.
func fold(prints []uint64, a arrow.Array) error {
	switch v := a.(type) {
	case *array.String:
		foldEach(prints, a, func(row int) uint64 { return xxh3.HashString(v.Value(row)) })
	case *array.Dictionary:
		words, ok := v.Dictionary().(*array.String)
		if !ok {
			return fmt.Errorf("a dictionary holds %s", v.Dictionary().DataType())
		}
		known, codes := make([]uint64, words.Len()), indices(v)
		for i := range known {
			known[i] = xxh3.HashString(words.Value(i))
		}
		if a.NullN() > 0 {
			foldEach(prints, a, func(row int) uint64 { return known[codes[row]] })
			return nil
		}
		for i, code := range codes {
			prints[i] = mix(prints[i], known[code])
		}
	case *array.Int64, *array.Int32, *array.Date32, *array.Timestamp, *array.Boolean:
		numbers := numbersOf(a)
		foldEach(prints, a, func(row int) uint64 { return uint64(numbers[row]) * 0xff51afd7ed558ccd })
	default:
		return fmt.Errorf("%s is in no key", a.DataType())
	}
	return nil
}

func foldEach(prints []uint64, a arrow.Array, of func(row int) uint64) {
	all := a.NullN() == 0
	for i := range prints {
		if all || a.IsValid(i) {
			prints[i] = mix(prints[i], of(i))
		} else {
			prints[i] = mix(prints[i], missing)
		}
	}
}

func mix(print, of uint64) uint64 { return bits.RotateLeft64(print*0x9e3779b97f4a7c15, 29) ^ of }

// bucketPrints is how many fingerprints are compared at once: so many fit the
// processor's cache.
const bucketPrints = 1 << 13

// repeat tells whether any two rows may have the same key.
func (p *prints) repeat() bool {
	total := 0
	for _, chunk := range p.chunks {
		total += len(chunk)
	}
	if total != p.asked {
		p.asked, p.repeats = total, p.compare(total)
	}
	return p.repeats
}

func (p *prints) compare(total int) bool {
	shift := 64 - bits.Len(uint(total/bucketPrints))
	ends := make([]int, 1<<(64-shift)+1)
	for _, chunk := range p.chunks {
		for _, k := range chunk {
			ends[k>>shift+1]++
		}
	}
	for i := 1; i < len(ends); i++ {
		ends[i] += ends[i-1]
	}
	all, most := make([]uint64, total), 0
	for i, chunk := range p.chunks {
		for _, k := range chunk {
			all[ends[k>>shift]] = k
			ends[k>>shift]++
		}
		p.chunks[i] = nil
	}
	p.chunks = [][]uint64{all}
	from := 0
	for _, end := range ends[:len(ends)-1] {
		most, from = max(most, end-from), end
	}
	slots, from := make([]uint64, 1<<bits.Len(uint(2*most))), 0
	for _, end := range ends[:len(ends)-1] {
		if repeated(all[from:end], slots) {
			return true
		}
		from = end
	}
	return false
}

// repeated tells whether a number stands twice among others, with the help of a
// table that has room for twice as many.
func repeated(all, slots []uint64) bool {
	clear(slots)
	mask, zero := uint64(len(slots)-1), false
	for _, k := range all {
		if k == 0 {
			if zero {
				return true
			}
			zero = true
			continue
		}
		for i := k & mask; ; i = (i + 1) & mask {
			if slots[i] == k {
				return true
			}
			if slots[i] == 0 {
				slots[i] = k
				break
			}
		}
	}
	return false
}
