package normalise

import (
	"encoding/binary"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"kefu/extract/dataset"
	"kefu/transform/lexicon"
)

// vector collects one column of a batch in Arrow's layout. It takes a fifth of
// the time of Arrow's own builders, for it grows plain slices and never asks
// what type it is. A column without values costs a counter, one without missing
// values no bitmap, and texts that repeat a code each.
type vector struct {
	typ     arrow.DataType
	width   int // bytes of a value; 0 = bits
	text    bool
	coded   bool // texts are codes of the words
	offsets []int32
	data    []byte
	valid   []byte // bitmap, once some are missing and some are not
	n       int
	nulls   int
	stock   *Stock // nil = none

	codes    []int32
	words    lexicon.Lexicon
	identity uint32 // of the words, so that an identity can remember its code
}

func newVector(c dataset.Column, coded bool, stock *Stock) vector {
	v := vector{typ: arrowType(c.Type, coded), coded: coded, stock: stock}
	switch c.Type {
	case dataset.String:
		v.text = !coded
	case dataset.Boolean:
	case dataset.Date, dataset.Integer:
		v.width = 4
	case dataset.Money:
		v.width = 16
	default:
		v.width = 8
	}
	v.reset(0, 0)
	return v
}

// reset starts the next batch, with room for as much as in the last, and of texts
// a little more.
func (v *vector) reset(rows, bytes int) {
	v.n, v.nulls = 0, 0
	if v.text {
		bytes += bytes / 32
	}
	v.data, v.valid = v.stock.take(bytes), nil
	switch {
	case v.coded:
		v.codes = v.numbers(rows)
		v.words.Reset()
		v.identity = 0
	case v.text:
		v.offsets = append(v.numbers(rows+1), 0)
	}
}

// numbers returns room for so many codes or offsets.
func (v *vector) numbers(rows int) []int32 {
	b := v.stock.take(4 * rows)
	return arrow.Int32Traits.CastFromBytes(b[:cap(b)])[:0]
}

// present notes that the next value is there.
func (v *vector) present() {
	if v.nulls > 0 {
		v.presentAmongNulls()
	}
	v.n++
}

func (v *vector) presentAmongNulls() {
	if v.nulls == v.n {
		v.fill()
	}
	v.mark(1)
}

// mark writes the next value's bit.
func (v *vector) mark(there byte) {
	if v.n&7 == 0 {
		v.valid = append(v.valid, 0)
	}
	v.valid[v.n>>3] |= there << (v.n & 7)
}

// fill makes slots for values that are all missing so far.
func (v *vector) fill() {
	v.valid = make([]byte, (v.n+7)/8, (v.n+7)/8+64)
	switch {
	case v.coded:
		v.codes = append(v.codes[:0], make([]int32, v.n)...)
	case v.text:
		v.offsets = append(v.offsets[:0], make([]int32, v.n+1)...)
	case v.width == 0:
		v.data = append(v.data[:0], make([]byte, (v.n+7)/8)...)
	default:
		v.data = append(v.data[:0], make([]byte, v.n*v.width)...)
	}
}

// appendSame appends a text that so many rows share, as a code.
func (v *vector) appendSame(s string, rows int) {
	code := v.words.Code(s)
	for range rows {
		v.appendCode(code)
	}
}

// appendCells appends the values of a column; it returns how many bytes texts took.
func (v *vector) appendCells(c *cells, rows int) (bytes int) {
	switch {
	case c.count == 0:
		v.appendNulls(rows)
	case c.texts == nil && c.count == rows:
		v.appendNumbers(c.numbers[:rows], nil)
	case c.texts == nil:
		v.appendNumbers(c.numbers[:rows], c.there)
	case v.coded:
		v.appendCodes(c, rows)
	case c.count == rows && v.nulls == 0:
		return v.appendDenseTexts(c.texts[:rows])
	default:
		return v.appendTexts(c.texts[:rows])
	}
	return 0
}

// appendDenseTexts appends texts to a column that misses none.
func (v *vector) appendDenseTexts(texts []string) (bytes int) {
	data, offsets := v.data, v.offsets
	for _, s := range texts {
		data = append(data, s...)
		offsets = append(offsets, int32(len(data)))
	}
	bytes = len(data) - len(v.data)
	v.data, v.offsets = data, offsets
	v.n += len(texts)
	return bytes
}

// appendCodes appends texts that repeat.
func (v *vector) appendCodes(c *cells, rows int) {
	for row, s := range c.texts[:rows] {
		switch who := c.whose(row); {
		case s == "":
			v.appendNull()
		case who != nil:
			v.appendCode(who.codeIn(v, s))
		default:
			v.appendCode(v.words.Code(s))
		}
	}
}

// appendTexts appends texts, of which empty ones are missing.
func (v *vector) appendTexts(texts []string) (bytes int) {
	before := len(v.data)
	for _, s := range texts {
		if s == "" {
			v.appendNull()
		} else {
			v.appendText(s)
		}
	}
	return len(v.data) - before
}

func (v *vector) appendText(s string) {
	if v.coded {
		v.appendCode(v.words.Code(s))
		return
	}
	v.present()
	v.data = append(v.data, s...)
	v.offsets = append(v.offsets, int32(len(v.data)))
}

func (v *vector) appendCode(code int32) {
	v.present()
	v.codes = append(v.codes, code)
}

// appendNumbers appends numbers, all of them or those that are there.
func (v *vector) appendNumbers(numbers []int64, there []bool) {
	if there == nil && v.nulls == 0 {
		v.appendDense(numbers)
		return
	}
	for row, n := range numbers {
		if there != nil && !there[row] {
			v.appendNull()
			continue
		}
		v.appendNumber(n)
	}
}

// appendDense appends numbers to a column that misses none.
func (v *vector) appendDense(numbers []int64) {
	data := v.data
	switch v.width {
	case 0:
		for i, n := range numbers {
			if (v.n+i)&7 == 0 {
				data = append(data, 0)
			}
			data[(v.n+i)>>3] |= byte(n) << ((v.n + i) & 7)
		}
	case 4:
		data = slices.Grow(data, 4*len(numbers))
		for _, n := range numbers {
			data = binary.LittleEndian.AppendUint32(data, uint32(n))
		}
	case 16:
		data = slices.Grow(data, 16*len(numbers))
		for _, n := range numbers {
			data = binary.LittleEndian.AppendUint64(data, uint64(n))
			data = binary.LittleEndian.AppendUint64(data, uint64(n>>63))
		}
	default:
		data = slices.Grow(data, 8*len(numbers))
		for _, n := range numbers {
			data = binary.LittleEndian.AppendUint64(data, uint64(n))
		}
	}
	v.data = data
	v.n += len(numbers)
}

func (v *vector) appendNumber(n int64) {
	v.present()
	switch v.width {
	case 0:
		if (v.n-1)&7 == 0 {
			v.data = append(v.data, 0)
		}
		v.data[(v.n-1)>>3] |= byte(n) << ((v.n - 1) & 7)
	case 4:
		v.data = binary.LittleEndian.AppendUint32(v.data, uint32(n))
	case 16:
		v.data = binary.LittleEndian.AppendUint64(v.data, uint64(n))
		v.data = binary.LittleEndian.AppendUint64(v.data, uint64(n>>63))
	default:
		v.data = binary.LittleEndian.AppendUint64(v.data, uint64(n))
	}
}

// appendNulls appends so many missing values.
func (v *vector) appendNulls(rows int) {
	if v.nulls == v.n {
		v.n += rows
		v.nulls += rows
		return
	}
	for range rows {
		v.appendNull()
	}
}

func (v *vector) appendNull() {
	if v.nulls == v.n {
		v.n++
		v.nulls++
		return
	}
	if v.nulls == 0 {
		v.valid = make([]byte, (v.n+7)/8, (v.n+7)/8+64)
		for i := range v.valid {
			v.valid[i] = 0xff
		}
		if rest := v.n & 7; rest > 0 {
			v.valid[len(v.valid)-1] = 1<<rest - 1
		}
	}
	v.mark(0)
	v.n++
	v.nulls++
	switch {
	case v.coded:
		v.codes = append(v.codes, 0)
	case v.text:
		v.offsets = append(v.offsets, int32(len(v.data)))
	case v.width == 0:
		if (v.n-1)&7 == 0 {
			v.data = append(v.data, 0)
		}
	default:
		v.data = append(v.data, zeros[:v.width]...)
	}
}

var zeros [16]byte

// take returns the column and starts the next, with room for as much again.
func (v *vector) take() arrow.Array {
	if v.nulls == v.n {
		return v.takeNothing()
	}
	buffers := []*memory.Buffer{nil, v.buffer(v.data)}
	if v.nulls > 0 {
		buffers[0] = memory.NewBufferBytes(v.valid)
	}
	switch {
	case v.coded:
		buffers[1] = v.buffer(arrow.Int32Traits.CastToBytes(v.codes))
	case v.text:
		buffers = []*memory.Buffer{buffers[0], v.buffer(arrow.Int32Traits.CastToBytes(v.offsets)), buffers[1]}
	}
	column := v.array(buffers)
	for _, b := range buffers {
		if b != nil {
			b.Release() // the column has them
		}
	}
	v.reset(v.n, len(v.data))
	return column
}

// buffer hands bytes on, which come back to the stock when they are released.
func (v *vector) buffer(b []byte) *memory.Buffer {
	if v.stock == nil {
		return memory.NewBufferBytes(b)
	}
	return memory.NewBufferWithAllocator(b, v.stock)
}

// takeNothing is take for a column without any value.
func (v *vector) takeNothing() arrow.Array {
	bytes := v.n * v.width
	switch {
	case v.coded:
		bytes = 4 * v.n
	case v.text:
		bytes = 4 * (v.n + 1)
	case v.width == 0:
		bytes = (v.n + 7) / 8
	}
	buffers := []*memory.Buffer{memory.NewBufferBytes(zerosOf((v.n + 7) / 8)), memory.NewBufferBytes(zerosOf(bytes))}
	if v.text {
		buffers = append(buffers, memory.NewBufferBytes(nil))
	}
	column := v.array(buffers)
	v.reset(0, 0)
	return column
}

func (v *vector) array(buffers []*memory.Buffer) arrow.Array {
	var data *array.Data
	if v.coded {
		list := v.words.Array()
		defer list.Release()
		words, _ := list.Data().(*array.Data)
		data = array.NewDataWithDictionary(v.typ, v.n, buffers, v.nulls, 0, words)
	} else {
		data = array.NewData(v.typ, v.n, buffers, nil, v.nulls, 0)
	}
	defer data.Release()
	return array.MakeFromData(data)
}

// manyZeros are what columns without values are made of; nobody writes to them.
var manyZeros [1 << 20]byte

func zerosOf(bytes int) []byte {
	if bytes > len(manyZeros) {
		return make([]byte, bytes)
	}
	return manyZeros[:bytes:bytes]
}
