package datafile

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// Parquet's DELTA_BINARY_PACKED: the first number, then what each adds to the
// one before it, in blocks that know the smallest of their differences and
// store by how much the others are larger, in as many bits as a quarter of a
// block needs.

const (
	deltaBlock = 128
	deltaQuads = 4 // parts of a block with a width of their own
	deltaPart  = deltaBlock / deltaQuads
)

// whole are the whole numbers of columns.
type whole interface{ int32 | int64 }

// width is how many bits a number has.
func width[T whole]() int {
	if _, ok := any(T(0)).(int32); ok {
		return 32
	}
	return 64
}

// appendDelta appends numbers by their differences, at least one. Differences
// wrap around as readers' sums do.
func appendDelta[T whole](out []byte, values []T) []byte {
	out = binary.AppendUvarint(out, deltaBlock)
	out = binary.AppendUvarint(out, deltaQuads)
	out = binary.AppendUvarint(out, uint64(len(values)))
	out = binary.AppendVarint(out, int64(values[0]))
	var block [deltaBlock]T
	before := values[0]
	for rest := values[1:]; len(rest) > 0; {
		n := min(deltaBlock, len(rest))
		least := rest[0] - before
		for i, v := range rest[:n] {
			block[i] = v - before
			least = min(least, block[i])
			before = v
		}
		out = binary.AppendVarint(out, int64(least))
		out = appendBlock(out, block[:n], least)
		rest = rest[n:]
	}
	return out
}

// appendBlock appends the widths of a block's parts, then their numbers; what
// is missing of a part is filled up.
func appendBlock[T whole](out []byte, block []T, least T) []byte {
	mask := uint64(1)<<(width[T]()-1)<<1 - 1
	widths := len(out)
	out = append(out, make([]byte, deltaQuads)...)
	var part [deltaPart]uint64
	for i := 0; i*deltaPart < len(block); i++ {
		held := block[i*deltaPart : min((i+1)*deltaPart, len(block))]
		all := uint64(0)
		for j, v := range held {
			part[j] = uint64(v-least) & mask
			all |= part[j]
		}
		clear(part[len(held):])
		w := bits.Len64(all)
		out[widths+i] = byte(w)
		out = appendPart(out, &part, w)
	}
	return out
}

// appendPart appends numbers bit by bit.
func appendPart(out []byte, part *[deltaPart]uint64, width int) []byte {
	if width == 0 {
		return out
	}
	at := len(out)
	size := deltaPart / 8 * width
	// Whole words are written: the last may hold half of one.
	out = slices.Grow(out, size+4)[:at+size+4]
	held, n := uint64(0), 0
	for _, v := range part {
		held |= v << n
		if n += width; n >= 64 {
			binary.LittleEndian.PutUint64(out[at:], held)
			at += 8
			n -= 64
			held = v >> (width - n)
		}
	}
	if n > 0 {
		binary.LittleEndian.PutUint32(out[at:], uint32(held))
		at += 4
	}
	return out[:at]
}
