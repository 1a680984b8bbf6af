package datafile

import (
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/bitutil"
	"github.com/apache/arrow-go/v18/parquet"
)

// Numbers of a small range get a dictionary: at most one possible value for so
// many rows.
const dictShare = 16

// fixed reads the numbers of a column, those that are missing included.
func fixed[T whole](a arrow.Array) []T {
	raw, from, to := a.Data().Buffers()[1].Bytes(), a.Data().Offset(), a.Data().Offset()+a.Len()
	if width[T]() == 32 {
		return any(arrow.Int32Traits.CastFromBytes(raw)[from:to]).([]T)
	}
	return any(arrow.Int64Traits.CastFromBytes(raw)[from:to]).([]T)
}

// present leaves out, with the help of a room that is used again, what is missing.
func present[T any](room *[]T, values []T, there arrow.Array, nulls int) []T {
	if nulls == 0 {
		return values
	}
	out := slices.Grow((*room)[:0], len(values))
	valid, offset := there.NullBitmapBytes(), there.Data().Offset()
	for i, v := range values {
		if bitutil.BitIsSet(valid, offset+i) {
			out = append(out, v)
		}
	}
	*room = out
	return out
}

// amounts appends decimals of at most eighteen digits.
func (w *Writer) amounts(c *chunk, a *array.Decimal128, nulls int) {
	w.wide = w.wide[:0]
	for i, v := range a.Values() {
		if nulls == 0 || a.IsValid(i) {
			w.wide = append(w.wide, int64(v.LowBits()))
		}
	}
	appendNumbers(w, c, w.wide)
}

// appendNumbers appends whole numbers, at least one: those of a small range by
// a dictionary, others by their differences unless these are as long as the
// numbers themselves.
func appendNumbers[T whole](w *Writer, c *chunk, values []T) {
	low, high := values[0], values[0]
	for _, v := range values {
		low, high = min(low, v), max(high, v)
	}
	size := width[T]() / 8
	c.stats.Signed = true
	c.stats.SetMin(appendNumber(nil, uint64(low), size))
	c.stats.SetMax(appendNumber(nil, uint64(high), size))
	if spread := uint64(high) - uint64(low); spread <= uint64(len(values)/dictShare) {
		lookUp(w, c, values, low, int(spread))
		return
	}
	at := len(c.page)
	c.page, c.encoding = appendDelta(c.page, values), parquet.Encodings.DeltaBinaryPacked
	if plain := len(values) * size; len(c.page)-at > plain-plain/dictShare {
		c.page, c.encoding = appendPlain(c.page[:at], values), parquet.Encodings.Plain
	}
}

// lookUp appends numbers from low to low+spread by a dictionary.
func lookUp[T whole](w *Writer, c *chunk, values []T, low T, spread int) {
	c.dictionary = w.dictionary[:0]
	if spread == 0 {
		c.dictionary, c.entries = appendPlain(c.dictionary, values[:1]), 1
		c.appendConstant(len(values))
		return
	}
	places := slices.Grow(w.places[:0], spread+1)[:spread+1] // in the dictionary, from 1
	clear(places)
	codes := slices.Grow(w.codes[:0], len(values))[:len(values)]
	for i, v := range values {
		place := &places[v-low]
		if *place == 0 {
			c.entries++
			*place = int32(c.entries)
			c.dictionary = appendPlain(c.dictionary, values[i:i+1])
		}
		codes[i] = *place - 1
	}
	w.places, w.codes = places, codes
	c.appendCodes(codes)
}

// appendPlain appends numbers as they are.
func appendPlain[T whole](out []byte, values []T) []byte {
	if narrow, ok := any(values).([]int32); ok {
		return append(out, arrow.Int32Traits.CastToBytes(narrow)...)
	}
	wide, _ := any(values).([]int64)
	return append(out, arrow.Int64Traits.CastToBytes(wide)...)
}
