package merge

import (
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// sorter orders rows by some of their columns, missing values last, equal rows
// as they came.
type sorter struct {
	keys []key // most significant first; those alike in all rows are left out
}

// key is a column that rows are ordered by.
type key struct {
	texts   []*array.String // where it is text
	numbers [][]int64       // else; of texts with a dictionary their rank in it
	there   []arrow.Array   // to ask what is missing; nil = nothing is
}

// item is a row on its way through the sort: what its first key starts with
// decides nearly always.
type item struct {
	prefix uint64
	ref    ref
}

func newSorter(s *stack, columns []int) *sorter {
	out := &sorter{}
	for _, c := range columns {
		if k, varies := keyOf(&s.columns[c]); varies {
			out.keys = append(out.keys, k)
		}
	}
	return out
}

func keyOf(c *column) (k key, varies bool) {
	if c.nulls > 0 {
		k.there = c.arrays
	}
	if c.codes != nil {
		ranks := c.ranks()
		for b, a := range c.arrays {
			if d, ok := a.(*array.Dictionary); ok {
				k.numbers = append(k.numbers, rankNumbers(d, c.codes[b], ranks))
			}
		}
		return k, c.nulls > 0 || len(c.words) > 1
	}
	for _, a := range c.arrays {
		if text, ok := a.(*array.String); ok {
			k.texts = append(k.texts, text)
		} else {
			k.numbers = append(k.numbers, numbersOf(a))
		}
	}
	return k, c.nulls > 0 || k.texts == nil || !constant(k.texts)
}

// ranks tells where each word stands among the sorted.
func (c *column) ranks() []int64 {
	order := make([]int32, len(c.words))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return cmp.Compare(c.words[a], c.words[b]) })
	ranks := make([]int64, len(order))
	for rank, at := range order {
		ranks[at] = int64(rank)
	}
	return ranks
}

func rankNumbers(d *array.Dictionary, codes []int32, ranks []int64) []int64 {
	out := make([]int64, d.Len())
	for i := range out {
		if d.IsValid(i) {
			out[i] = ranks[codes[d.GetValueIndex(i)]]
		}
	}
	return out
}

// constant tells a column that says the same in all rows.
func constant(texts []*array.String) bool {
	first, seen := "", false
	for _, t := range texts {
		for i := range t.Len() {
			if !seen {
				first, seen = t.Value(i), true
			}
			if t.Value(i) != first {
				return false
			}
		}
	}
	return true
}

// numbersOf reads a column of times, dates, whole numbers or flags.
func numbersOf(a arrow.Array) []int64 {
	out := make([]int64, a.Len())
	switch v := a.(type) {
	case *array.Int64:
		copy(out, v.Int64Values())
	case *array.Timestamp:
		for i, at := range v.TimestampValues() {
			out[i] = int64(at)
		}
	case *array.Date32:
		for i, d := range v.Date32Values() {
			out[i] = int64(d)
		}
	case *array.Int32:
		for i, n := range v.Int32Values() {
			out[i] = int64(n)
		}
	case *array.Boolean:
		for i := range out {
			if v.Value(i) {
				out[i] = 1
			}
		}
	}
	return out
}

// sort puts rows in order.
func (s *sorter) sort(rows []ref) {
	if len(s.keys) == 0 {
		return
	}
	items := make([]item, len(rows))
	first := &s.keys[0]
	shared := first.shared(rows)
	for i, r := range rows {
		items[i] = item{first.prefix(r, shared), r}
	}
	slices.SortFunc(items, func(a, b item) int {
		if a.prefix != b.prefix {
			return cmp.Compare(a.prefix, b.prefix)
		}
		for i := range s.keys {
			if c := s.keys[i].compare(a.ref, b.ref); c != 0 {
				return c
			}
		}
		return cmp.Or(cmp.Compare(a.ref.batch, b.ref.batch), cmp.Compare(a.ref.row, b.ref.row))
	})
	for i := range items {
		rows[i] = items[i].ref
	}
}

// shared is how many bytes all texts of the rows start with.
func (k *key) shared(rows []ref) int {
	if k.texts == nil || len(rows) == 0 {
		return 0
	}
	first := k.text(rows[0])
	n := len(first)
	for _, r := range rows[1:] {
		if k.missing(r) {
			return 0
		}
		v := k.text(r)
		n = min(n, len(v))
		for n > 0 && v[:n] != first[:n] {
			n--
		}
	}
	return n
}

func (k *key) text(r ref) string { return k.texts[r.batch].Value(int(r.row)) }

func (k *key) missing(r ref) bool { return k.there != nil && k.there[r.batch].IsNull(int(r.row)) }

// prefix orders rows as far as eight bytes can.
func (k *key) prefix(r ref, shared int) uint64 {
	switch {
	case k.missing(r):
		return 1<<64 - 1
	case k.texts == nil:
		return uint64(k.numbers[r.batch][r.row]) ^ 1<<63
	}
	var b [8]byte
	copy(b[:], k.text(r)[shared:])
	return binary.BigEndian.Uint64(b[:])
}

func (k *key) compare(a, b ref) int {
	if k.there != nil {
		switch x, y := k.missing(a), k.missing(b); {
		case x && y:
			return 0
		case x:
			return 1
		case y:
			return -1
		}
	}
	if k.texts == nil {
		return cmp.Compare(k.numbers[a.batch][a.row], k.numbers[b.batch][b.row])
	}
	return cmp.Compare(k.text(a), k.text(b))
}
