package postgres

import (
	"bytes"
	"encoding/binary"
	"unicode/utf8"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/decimal128"
)

// textColumn returns nil where the column holds no texts.
func textColumn(values arrow.Array) column {
	switch texts := values.(type) {
	case *array.String:
		return plainTexts(texts.ValueBytes(), texts.ValueOffsets(), texts)
	case *array.LargeString:
		return plainTexts(texts.ValueBytes(), texts.ValueOffsets(), texts)
	case *array.Binary:
		return plainTexts(texts.ValueBytes(), texts.ValueOffsets(), binaryTexts{texts})
	case *array.StringView:
		return spelledTexts(texts)
	case *array.Dictionary:
		return codedTexts(texts)
	}
	return nil
}

// texts are those of a column of any layout.
type texts interface {
	arrow.Array
	Value(i int) string
}

type binaryTexts struct{ *array.Binary }

func (t binaryTexts) Value(i int) string { return t.ValueString(i) }

// textsInPlace are texts that stand one behind the other, as the server can
// hold them.
type textsInPlace[offset int32 | int64] struct {
	data    []byte
	offsets []offset // of each text and of the end, the first of them that of data
	known
}

// plainTexts spells texts out one by one only where the server cannot hold all
// of them as they are.
func plainTexts[offset int32 | int64](data []byte, offsets []offset, all texts) column {
	if all.Len() == 0 {
		return missing{}
	}
	made := &textsInPlace[offset]{data, offsets, knownOf(all)}
	if bytes.IndexByte(data, 0) >= 0 || !utf8.Valid(data) {
		return spelledTexts(all)
	}
	for _, at := range offsets { // a character may be torn between two texts
		if place := at - offsets[0]; int(place) < len(data) && !utf8.RuneStart(data[place]) {
			return spelledTexts(all)
		}
	}
	return made
}

func (c *textsInPlace[offset]) measure(sizes []int) {
	for i := range sizes {
		sizes[i] += 4
		if c.has(i) {
			sizes[i] += int(c.offsets[i+1] - c.offsets[i])
		}
	}
}

func (c *textsInPlace[offset]) write(piece []byte, places []int, from int) {
	first := c.offsets[0]
	for i, at := range places {
		if !c.has(from + i) {
			places[i] = putNull(piece, at)
			continue
		}
		text := c.data[c.offsets[from+i]-first : c.offsets[from+i+1]-first]
		binary.BigEndian.PutUint32(piece[at:], uint32(len(text))) //nolint:gosec // a text of the lake
		places[i] = at + 4 + copy(piece[at+4:], text)
	}
}

// fields are values that were encoded one by one, with their lengths.
type fields struct {
	data []byte
	ends []int
}

// fieldsOf encodes n values, each of which encode appends.
func fieldsOf(n int, known known, encode func(to []byte, i int) []byte) *fields {
	made := &fields{make([]byte, 0, 16*n), make([]int, n)}
	for i := range n {
		if known.has(i) {
			made.data = encode(made.data, i)
		} else {
			made.data = append(made.data, copyNull...)
		}
		made.ends[i] = len(made.data)
	}
	return made
}

func (c *fields) at(i int) []byte {
	if i == 0 {
		return c.data[:c.ends[0]]
	}
	return c.data[c.ends[i-1]:c.ends[i]]
}

func (c *fields) measure(sizes []int) {
	begin := 0
	for i, end := range c.ends {
		sizes[i] += end - begin
		begin = end
	}
}

func (c *fields) write(piece []byte, places []int, from int) {
	for i, at := range places {
		places[i] = at + copy(piece[at:], c.at(from+i))
	}
}

func spelledTexts(all texts) column {
	return fieldsOf(all.Len(), knownOf(all), func(to []byte, i int) []byte { return appendText(to, all.Value(i)) })
}

// codes are texts of a dictionary, each of which is encoded once.
type codes struct {
	codes  []int32
	fields [][]byte
	known
}

func codedTexts(values *array.Dictionary) column {
	numbers, ok := values.Indices().(*array.Int32)
	if !ok {
		return nil
	}
	var all texts
	switch dictionary := values.Dictionary().(type) {
	case texts:
		all = dictionary
	case *array.Binary:
		all = binaryTexts{dictionary}
	default:
		return nil
	}
	made := &codes{numbers.Int32Values(), make([][]byte, all.Len()), knownOf(values)}
	for i := range made.fields {
		made.fields[i] = appendText(nil, all.Value(i))
	}
	return made
}

func (c *codes) measure(sizes []int) {
	for i := range sizes {
		if c.has(i) {
			sizes[i] += len(c.fields[c.codes[i]])
		} else {
			sizes[i] += len(copyNull)
		}
	}
}

func (c *codes) write(piece []byte, places []int, from int) {
	for i, at := range places {
		if c.has(from + i) {
			places[i] = at + copy(piece[at:], c.fields[c.codes[from+i]])
		} else {
			places[i] = putNull(piece, at)
		}
	}
}

// decimalColumn sends decimals with the scale that they have; the server gives
// them that of its column. It returns nil where the column holds no numbers of
// that kind.
func decimalColumn(values arrow.Array) column {
	if decimals, ok := values.(*array.Decimal128); ok {
		scale := int(decimals.DataType().(*arrow.Decimal128Type).Scale)
		numbers := decimals.Values()
		return fieldsOf(values.Len(), knownOf(values), func(to []byte, i int) []byte { return appendDecimal(to, numbers[i], scale) })
	}
	if whole := wholeNumbers(values); whole != nil {
		return fieldsOf(values.Len(), knownOf(values), func(to []byte, i int) []byte { return appendDecimal(to, decimal128.FromI64(whole(i)), 0) })
	}
	return nil
}
