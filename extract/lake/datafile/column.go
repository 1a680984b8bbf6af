package datafile

import (
	"encoding/binary"
	"fmt"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/metadata"
)

// chunk is a column of a row group, encoded.
type chunk struct {
	rows       int
	dictionary []byte // nil = none
	entries    int
	encoding   parquet.Encoding // of the values, where there is no dictionary
	page       []byte           // presence, then values or codes
	stats      metadata.EncodedStatistics
}

// longestBound is how long a text may be to stand in the statistics.
const longestBound = 256

// encode encodes some rows of a column. Texts that repeat get a dictionary.
func (w *Writer) encode(column arrow.Array, from, to int) (*chunk, error) {
	slice := array.NewSlice(column, int64(from), int64(to))
	defer slice.Release()
	c := &chunk{rows: to - from}
	nulls := slice.NullN()
	c.stats.SetNullCount(int64(nulls))
	c.page = appendPresence(w.page[:0], slice.NullBitmapBytes(), slice.Data().Offset(), c.rows, nulls)
	if nulls < c.rows {
		if err := w.values(c, slice, nulls); err != nil {
			return nil, err
		}
	}
	w.page = c.page
	if c.dictionary != nil {
		w.dictionary = c.dictionary
	}
	return c, nil
}

func (w *Writer) values(c *chunk, a arrow.Array, nulls int) error {
	switch v := a.(type) {
	case *array.String:
		w.texts(c, v)
	case *array.Dictionary:
		return w.coded(c, v, nulls)
	case *array.Boolean:
		w.flags(c, v, nulls)
	case *array.Int32, *array.Date32:
		appendNumbers(w, c, present(&w.narrow, fixed[int32](v), v, nulls))
	case *array.Int64, *array.Timestamp:
		appendNumbers(w, c, present(&w.wide, fixed[int64](v), v, nulls))
	case *array.Float64:
		appendFloats(c, v)
	case *array.Decimal128:
		w.amounts(c, v, nulls)
	default:
		return fmt.Errorf("rows of type %s cannot be written", a.DataType())
	}
	return nil
}

// appendFloats appends doubles, which get no bounds: NaN has no place in them.
func appendFloats(c *chunk, a *array.Float64) {
	raw := a.Data().Buffers()[1].Bytes()[a.Data().Offset()*8:]
	for i := range a.Len() {
		if a.IsValid(i) {
			c.page = append(c.page, raw[8*i:8*i+8]...)
		}
	}
}

// flags appends flags, a bit each.
func (w *Writer) flags(c *chunk, a *array.Boolean, nulls int) {
	set, values := 0, a.Len()-nulls
	if bits, from := a.Data().Buffers()[1].Bytes(), a.Data().Offset(); nulls == 0 {
		set = bitutil.CountSetBits(bits, from, values)
		c.page = appendBits(c.page, bits, from, values)
	} else {
		w.codes = w.codes[:0]
		for i := range a.Len() {
			if a.IsNull(i) {
				continue
			}
			v := int32(0)
			if a.Value(i) {
				v = 1
				set++
			}
			w.codes = append(w.codes, v)
		}
		c.page = appendPacked(c.page, w.codes, 1)
	}
	low, high := byte(0), byte(1)
	if set == values {
		low = 1
	}
	if set == 0 {
		high = 0
	}
	c.stats.Signed = true
	c.stats.SetMin([]byte{low})
	c.stats.SetMax([]byte{high})
}

// coded appends texts that come with a dictionary; of it only what the rows
// use is written.
func (w *Writer) coded(c *chunk, a *array.Dictionary, nulls int) error {
	words, ok := a.Dictionary().(*array.String)
	codes, ok2 := a.Indices().(*array.Int32)
	if !ok || !ok2 {
		return fmt.Errorf("rows of type %s cannot be written", a.DataType())
	}
	values := present(&w.narrow, codes.Int32Values(), a, nulls)
	c.dictionary = w.dictionary[:0]
	if words.Len() == 1 {
		c.enter(words.Value(0))
		c.appendConstant(len(values))
		return nil
	}
	places := slices.Grow(w.places[:0], words.Len())[:words.Len()] // in the file's dictionary, from 1
	clear(places)
	out := slices.Grow(w.codes[:0], len(values))[:len(values)]
	for i, code := range values {
		if places[code] == 0 {
			c.enter(words.Value(int(code)))
			places[code] = int32(c.entries)
		}
		out[i] = places[code] - 1
	}
	w.places, w.codes = places, out
	c.appendCodes(out)
	return nil
}

// enter adds a text to the dictionary.
func (c *chunk) enter(text string) {
	c.dictionary = appendText(c.dictionary, text)
	c.entries++
	c.bounds(text)
}

// bounds widens the statistics; a long text has no place in them.
func (c *chunk) bounds(text string) {
	s := &c.stats
	if !s.HasMin || text < string(s.Min) {
		s.Min, s.HasMin = append(s.Min[:0], text...), true
	}
	if !s.HasMax || text > string(s.Max) {
		s.Max, s.HasMax = append(s.Max[:0], text...), true
	}
}

func appendText(out []byte, text string) []byte {
	return append(binary.LittleEndian.AppendUint32(out, uint32(len(text))), text...)
}

func (c *chunk) appendCodes(codes []int32) {
	width := widthOf(c.entries)
	c.page = appendHybrid(append(c.page, byte(width)), codes, width)
	c.stats.ApplyStatSizeLimits(longestBound)
}

// appendConstant appends the code of the only entry, so many times.
func (c *chunk) appendConstant(n int) {
	c.page = binary.AppendUvarint(append(c.page, 0), uint64(n)<<1)
	c.stats.ApplyStatSizeLimits(longestBound)
}

// Texts get a dictionary as long as they repeat.
const (
	tried     = 1024    // texts after which repetitions are counted
	dictLimit = 1 << 17 // bytes of a dictionary
)

// texts appends texts, by a dictionary where most of them repeat.
func (w *Writer) texts(c *chunk, a *array.String) {
	if w.repeated(c, a) {
		c.appendCodes(w.codes)
		return
	}
	w.dictionary = c.dictionary
	c.dictionary, c.entries = nil, 0
	c.stats.HasMin, c.stats.HasMax = false, false
	c.page = slices.Grow(c.page, len(a.ValueBytes())+lengthBytes*a.Len())
	low, high, seen, all := "", "", false, a.NullN() == 0
	for i := range a.Len() {
		if !all && a.IsNull(i) {
			continue
		}
		v := a.Value(i)
		switch {
		case !seen:
			low, high, seen = v, v, true
		case v < low:
			low = v
		case v > high:
			high = v
		}
		c.page = appendText(c.page, v)
	}
	c.stats.SetMin([]byte(low))
	c.stats.SetMax([]byte(high))
	c.stats.ApplyStatSizeLimits(longestBound)
}

// lengthBytes is how many bytes stand before a text.
const lengthBytes = 4

// repeated makes a dictionary of the texts; it gives up when too few repeat.
func (w *Writer) repeated(c *chunk, a *array.String) bool {
	clear(w.words)
	w.codes, c.dictionary = w.codes[:0], w.dictionary[:0]
	for i := range a.Len() {
		if a.IsNull(i) {
			continue
		}
		v := a.Value(i)
		code, known := w.words[v]
		if !known {
			code = int32(len(w.words))
			w.words[v] = code
			c.enter(v)
			if len(c.dictionary) > dictLimit || len(w.codes) > tried && 2*c.entries > len(w.codes) {
				return false
			}
		}
		w.codes = append(w.codes, code)
	}
	return 2*c.entries <= len(w.codes)+1
}
