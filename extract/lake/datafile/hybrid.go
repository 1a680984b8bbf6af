package datafile

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// Parquet's hybrid of runs and packed bits: groups of eight values, either one
// value so many times or each in as many bits as the largest needs.

// repeats is how often a value must stand in a row to be written as a run.
const repeats = 8

// appendHybrid appends numbers of that many bits each.
func appendHybrid(out []byte, values []int32, width int) []byte {
	for at := 0; at < len(values); {
		if n := runLength(values[at:]); n >= repeats {
			out = binary.AppendUvarint(out, uint64(n)<<1)
			out = appendNumber(out, uint64(values[at]), (width+7)/8)
			at += n
			continue
		}
		end := at + repeats
		for end < len(values) && !runs(values[end:]) {
			end += repeats
		}
		end = min(end, len(values))
		out = binary.AppendUvarint(out, uint64((end-at+7)/8)<<1|1)
		out = appendPacked(out, values[at:end], width)
		at = end
	}
	return out
}

func runLength(values []int32) int {
	n := 1
	for n < len(values) && values[n] == values[0] {
		n++
	}
	return n
}

// runs tells values that begin with a run.
func runs(values []int32) bool {
	if len(values) < repeats {
		return false
	}
	for _, v := range values[1:repeats] {
		if v != values[0] {
			return false
		}
	}
	return true
}

// appendPacked appends values bit by bit, filled up with zeros to whole groups.
func appendPacked(out []byte, values []int32, width int) []byte {
	at := len(out)
	size := (len(values) + repeats - 1) / repeats * width
	// Whole words are written: the last may reach beyond the values.
	out = slices.Grow(out, size+8)[:at+size+8]
	held, n, to := uint64(0), 0, at
	for _, v := range values {
		held |= uint64(v) << n
		if n += width; n >= 64 {
			binary.LittleEndian.PutUint64(out[to:], held)
			to += 8
			n -= 64
			held = uint64(v) >> (width - n)
		}
	}
	if n > 0 {
		binary.LittleEndian.PutUint64(out[to:], held)
		to += 8
	}
	clear(out[min(to, at+size) : at+size])
	return out[:at+size]
}

func appendNumber(out []byte, v uint64, bytes int) []byte {
	for range bytes {
		out = append(out, byte(v))
		v >>= 8
	}
	return out
}

// widthOf is how many bits the largest of n codes needs.
func widthOf(n int) int { return bits.Len(uint(max(n-1, 0))) }

// appendPresence appends which of n values are there: all, none, or the bits of
// a bitmap that starts at offset.
func appendPresence(out []byte, valid []byte, offset, n, nulls int) []byte {
	at := len(out)
	out = append(out, 0, 0, 0, 0) // how long it is
	switch nulls {
	case 0, n:
		out = binary.AppendUvarint(out, uint64(n)<<1)
		there := byte(1)
		if nulls > 0 {
			there = 0
		}
		out = append(out, there)
	default:
		out = binary.AppendUvarint(out, uint64((n+7)/8)<<1|1)
		out = appendBits(out, valid, offset, n)
	}
	binary.LittleEndian.PutUint32(out[at:], uint32(len(out)-at-4))
	return out
}

// appendBits appends n bits of a bitmap, the last byte filled up with zeros.
func appendBits(out, bitmap []byte, offset, n int) []byte {
	if n == 0 {
		return out
	}
	from, shift, size := offset/8, offset%8, (n+7)/8
	if shift == 0 {
		out = append(out, bitmap[from:from+size]...)
	} else {
		for i := range size {
			b := bitmap[from+i] >> shift
			if from+i+1 < len(bitmap) {
				b |= bitmap[from+i+1] << (8 - shift)
			}
			out = append(out, b)
		}
	}
	if rest := n % 8; rest > 0 {
		out[len(out)-1] &= 1<<rest - 1
	}
	return out
}
