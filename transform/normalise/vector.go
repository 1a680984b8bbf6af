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
// what type it is.
type vector struct {
	typ     arrow.DataType
	width   int // bytes of a value; 0 = bits
	text    bool
	offsets []int32
	data    []byte
	valid   []byte // bitmap
	n       int
	nulls   int
}

func newVector(t dataset.Type) vector {
	v := vector{typ: ArrowType(t)}
	switch t {
	case dataset.String:
		v.text, v.offsets = true, []int32{0}
	case dataset.Boolean:
	case dataset.Date, dataset.Integer:
		v.width = 4
	case dataset.Money:
		v.width = 16
	default:
		v.width = 8
	}
	return v
}

// grow makes room for the next value's bits and notes whether it is there.
func (v *vector) grow(there byte) {
	if v.n&7 == 0 {
		v.valid = append(v.valid, 0)
		if v.width == 0 && !v.text {
			v.data = append(v.data, 0)
		}
	}
	v.valid[v.n>>3] |= there << (v.n & 7)
	v.n++
}

func (v *vector) appendText(s string) {
	v.grow(1)
	v.data = append(v.data, s...)
	v.offsets = append(v.offsets, int32(len(v.data)))
}

func (v *vector) appendBytes(b []byte) {
	v.grow(1)
	v.data = append(v.data, b...)
	v.offsets = append(v.offsets, int32(len(v.data)))
}

func (v *vector) appendNumber(n int64) {
	v.grow(1)
	v.put(n)
}

func (v *vector) appendNull() {
	v.nulls++
	v.grow(0)
	if v.text {
		v.offsets = append(v.offsets, int32(len(v.data)))
		return
	}
	v.put(0)
}

// put writes the value of the slot that grow made.
func (v *vector) put(n int64) {
	switch v.width {
	case 0:
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

func (v *vector) appendCell(c *cell) {
	if v.text {
		v.appendText(c.s)
	} else {
		v.appendNumber(c.n)
	}
}

// take returns the column and starts the next, with room for as much again.
func (v *vector) take() arrow.Array {
	buffers := []*memory.Buffer{nil, memory.NewBufferBytes(v.data)}
	if v.nulls > 0 {
		buffers[0] = memory.NewBufferBytes(v.valid)
	}
	if v.text {
		buffers = []*memory.Buffer{buffers[0], memory.NewBufferBytes(arrow.Int32Traits.CastToBytes(v.offsets)), buffers[1]}
	}
	data := array.NewData(v.typ, v.n, buffers, nil, v.nulls, 0)
	defer data.Release()
	next := vector{typ: v.typ, width: v.width, text: v.text, data: make([]byte, 0, len(v.data)), valid: make([]byte, 0, len(v.valid))}
	if v.text {
		next.offsets = append(make([]int32, 0, len(v.offsets)), 0)
	}
	*v = next
	return array.MakeFromData(data)
}
