package merge

import (
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
)

// sorter orders rows by some of their columns, missing values last, equal rows
// as they came.
type sorter struct {
	keys []key // most significant first; those alike in all rows are left out
	in   *sorting
}

// sorting is where items are sorted, used again and again.
type sorting struct{ items, spare []item }

// key is a column that rows are ordered by.
type key struct {
	texts   []*array.String // where it is text
	numbers [][]int64       // else; of texts with a dictionary their rank in it
	there   []arrow.Array   // to ask what is missing; nil = nothing is
}

// item is a row on its way through the sort: what its keys start with decides
// nearly always.
type item struct {
	prefix uint64
	ref    ref
}

func newSorter(s *stack, columns []int, in *sorting) *sorter {
	out := &sorter{in: in}
	for _, c := range columns {
		if k, varies := keyOf(&s.columns[c], in); varies {
			out.keys = append(out.keys, k)
		}
	}
	return out
}

func keyOf(c *column, in *sorting) (k key, varies bool) {
	if c.nulls > 0 {
		k.there = c.arrays
	}
	if c.codes != nil {
		ranks := c.ranks(in)
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
func (c *column) ranks(in *sorting) []int64 {
	shared := 0
	for i, word := range c.words {
		if i == 0 {
			shared = len(word)
		}
		shared = common(c.words[0][:shared], word)
	}
	items := in.room(len(c.words))
	for i, word := range c.words {
		items[i] = item{prefixOf(word[shared:]), ref{row: uint32(i)}}
	}
	in.arrange(items, func(a, b ref) int { return cmp.Compare(c.words[a.row], c.words[b.row]) })
	ranks := make([]int64, len(items))
	for rank, at := range items {
		ranks[at.ref.row] = int64(rank)
	}
	return ranks
}

func rankNumbers(d *array.Dictionary, codes []int32, ranks []int64) []int64 {
	out := make([]int64, d.Len())
	all := d.NullN() == 0
	for i, code := range indices(d) {
		if all || d.IsValid(i) {
			out[i] = ranks[codes[code]]
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

// numbersOf reads a column of times, dates, whole numbers or flags; what is
// returned is not to be changed.
func numbersOf(a arrow.Array) []int64 {
	switch a.(type) {
	case *array.Int64, *array.Timestamp:
		return buffered(a, arrow.Int64Traits.CastFromBytes)
	}
	out := make([]int64, a.Len())
	switch v := a.(type) {
	case *array.Date32, *array.Int32:
		for i, n := range buffered(v, arrow.Int32Traits.CastFromBytes) {
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
	items := s.in.room(len(rows))
	s.prefixes(items, rows)
	s.in.arrange(items, func(a, b ref) int {
		for i := range s.keys {
			if c := s.keys[i].compare(a, b); c != 0 {
				return c
			}
		}
		return cmp.Or(cmp.Compare(a.batch, b.batch), cmp.Compare(a.row, b.row))
	})
	for i := range items {
		rows[i] = items[i].ref
	}
}

// fewBits of a text decide so little that looking at it costs more.
const fewBits = 16

// prefixes packs into 64 bits as much of the rows' keys as they hold: numbers
// in as many bits as their range asks for, of the first texts the beginning.
func (s *sorter) prefixes(items []item, rows []ref) {
	for i, r := range rows {
		items[i] = item{ref: r}
	}
	room := 64
	for i := range s.keys {
		k := &s.keys[i]
		if k.texts != nil {
			if room < fewBits {
				return
			}
			shared := k.shared(rows)
			for i, r := range rows {
				items[i].prefix |= k.beginning(r, shared) >> (64 - room)
			}
			return
		}
		low, high := k.bounds(rows)
		// A missing value is one more than the largest.
		width := bits.Len64(uint64(high) - uint64(low) + 1)
		if high-low < 0 || width > room {
			return
		}
		room -= width
		for i, r := range rows {
			v := uint64(high) - uint64(low) + 1
			if !k.missing(r) {
				v = uint64(k.numbers[r.batch][r.row]) - uint64(low)
			}
			items[i].prefix |= v << room
		}
	}
}

// bounds are the smallest and the largest number that is there.
func (k *key) bounds(rows []ref) (low, high int64) {
	seen := false
	for _, r := range rows {
		if k.missing(r) {
			continue
		}
		v := k.numbers[r.batch][r.row]
		if !seen {
			low, high, seen = v, v, true
		}
		low, high = min(low, v), max(high, v)
	}
	return low, high
}

// fewItems is how many items are not worth counting.
const fewItems = 256

// room is one for so many items.
func (s *sorting) room(n int) []item {
	s.items = resized(s.items, n)
	return s.items
}

// arrange sorts items by their prefix, those of one prefix as told.
func (s *sorting) arrange(items []item, compare func(a, b ref) int) {
	if len(items) > fewItems {
		s.byPrefix(items)
	} else {
		slices.SortFunc(items, func(a, b item) int { return cmp.Compare(a.prefix, b.prefix) })
	}
	for from := 0; from < len(items); {
		to := from + 1
		for to < len(items) && items[to].prefix == items[from].prefix {
			to++
		}
		if to-from > 1 {
			slices.SortFunc(items[from:to], func(a, b item) int { return compare(a.ref, b.ref) })
		}
		from = to
	}
}

// byPrefix sorts items byte by byte, from the last; bytes that are alike in all
// of them cost nothing.
func (s *sorting) byPrefix(items []item) {
	var counts [8][256]int
	for _, it := range items {
		for b := range counts {
			counts[b][byte(it.prefix>>(8*b))]++
		}
	}
	s.spare = resized(s.spare, len(items))
	from, to := items, s.spare
	for b := range counts {
		shift := 8 * b
		if counts[b][byte(items[0].prefix>>shift)] == len(items) {
			continue
		}
		var places [256]int
		at := 0
		for v, n := range counts[b] {
			places[v] = at
			at += n
		}
		for _, it := range from {
			v := byte(it.prefix >> shift)
			to[places[v]] = it
			places[v]++
		}
		from, to = to, from
	}
	if &from[0] != &items[0] {
		copy(items, from)
	}
}

// shared is how many bytes all texts of the rows start with.
func (k *key) shared(rows []ref) int {
	if len(rows) == 0 || k.missing(rows[0]) {
		return 0
	}
	first := k.text(rows[0])
	n := len(first)
	for _, r := range rows[1:] {
		if k.missing(r) {
			return 0
		}
		n = common(first[:n], k.text(r))
	}
	return n
}

// common is how many bytes two texts have in common at their start.
func common(a, b string) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

func (k *key) text(r ref) string { return k.texts[r.batch].Value(int(r.row)) }

func (k *key) missing(r ref) bool { return k.there != nil && k.there[r.batch].IsNull(int(r.row)) }

// beginning orders texts as far as eight bytes behind those that all share can.
func (k *key) beginning(r ref, shared int) uint64 {
	if k.missing(r) {
		return 1<<64 - 1
	}
	return prefixOf(k.text(r)[shared:])
}

func prefixOf(text string) uint64 {
	var b [8]byte
	copy(b[:], text)
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
