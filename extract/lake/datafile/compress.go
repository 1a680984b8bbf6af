package datafile

import (
	"encoding/binary"

	"github.com/cespare/xxhash/v2"
)

// Hashes cannot be compressed, nor can what is packed already: a sample tells.
// Such pages stand in a frame of zstd as they are.
const (
	sampled = 1 << 16 // bytes from which on a sample decides
	sample  = 1 << 14
	worth   = 16 // compressing a sample saves at least this part of it
)

// compress appends a page as a frame of zstd.
func (w *Writer) compress(out, page []byte) []byte {
	if len(page) >= sampled {
		middle := page[len(page)/2:][:sample]
		if len(w.zstd.EncodeAll(middle, out)) > len(out)+sample-sample/worth {
			return appendStored(out, page)
		}
	}
	return w.zstd.EncodeAll(page, out)
}

// What a frame of zstd is made of.
const (
	frameMagic  = 0xfd2fb528
	frameHeader = 2<<6 | 1<<5 | 1<<2 // four bytes of length, one segment, a checksum
	blockLimit  = 1 << 17
)

// appendStored appends a frame of uncompressed blocks.
func appendStored(out, page []byte) []byte {
	out = binary.LittleEndian.AppendUint32(out, frameMagic)
	out = append(out, frameHeader)
	out = binary.LittleEndian.AppendUint32(out, uint32(len(page)))
	for rest := page; len(rest) > 0; {
		n, last := min(len(rest), blockLimit), uint32(0)
		if n == len(rest) {
			last = 1
		}
		header := uint32(n)<<3 | last
		out = append(out, byte(header), byte(header>>8), byte(header>>16))
		out = append(out, rest[:n]...)
		rest = rest[n:]
	}
	return binary.LittleEndian.AppendUint32(out, uint32(xxhash.Sum64(page)))
}
