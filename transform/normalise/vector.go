package normalise

import (
	"encoding/binary"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"

	"kefu/extract/dataset"
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

	codes    []int32
	words    words
	identity uint32 // of the words, so that an identity can remember its code
}

func newVector(c dataset.Column, coded bool) vector {
	v := vector{typ: arrowType(c.Type, coded), coded: coded}
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
	v.data, v.valid = make([]byte, 0, bytes), nil
	switch {
	case v.coded:
		v.codes = make([]int32, 0, rows)
		v.words.reset()
		v.identity = 0
	case v.text:
		v.offsets = append(make([]int32, 0, rows+1), 0)
	}
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

func (v *vector) appendText(s string) {
	if v.coded {
		v.appendCode(v.words.code(s))
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

// appendCell appends a value that is there.
func (v *vector) appendCell(c *cell) {
	switch {
	case !v.coded && !v.text:
		v.appendNumber(c.n)
	case v.coded && c.who != nil:
		v.appendCode(c.who.codeIn(v, c.s))
	default:
		v.appendText(c.s)
	}
}

// take returns the column and starts the next, with room for as much again.
func (v *vector) take() arrow.Array {
	if v.nulls == v.n {
		v.fill()
	}
	buffers := []*memory.Buffer{nil, memory.NewBufferBytes(v.data)}
	if v.nulls > 0 {
		buffers[0] = memory.NewBufferBytes(v.valid)
	}
	var data *array.Data
	switch {
	case v.coded:
		buffers[1] = memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(v.codes))
		list := v.words.array()
		defer list.Release()
		words, _ := list.Data().(*array.Data)
		data = array.NewDataWithDictionary(v.typ, v.n, buffers, v.nulls, 0, words)
	case v.text:
		buffers = []*memory.Buffer{buffers[0], memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(v.offsets)), buffers[1]}
		data = array.NewData(v.typ, v.n, buffers, nil, v.nulls, 0)
	default:
		data = array.NewData(v.typ, v.n, buffers, nil, v.nulls, 0)
	}
	defer data.Release()
	v.reset(v.n, len(v.data))
	return array.MakeFromData(data)
}
