package datafile

import (
	"encoding/binary"
	"fmt"
	"slices"

	libzstd "github.com/DataDog/zstd"
	"github.com/cespare/xxhash/v2"
)

// What a frame of zstd says of itself in its fifth byte.
const (
	frameFlags = 4
	checksumed = 1 << 2
	checksum   = 4 // bytes that end such a frame
)

// compress makes a frame of zstd of a page. The C library takes two thirds of
// the time of one in Go, and is quick to see what cannot be compressed. Called
// once a page it adds no checksum, so that is done here.
func (w *Writer) compress(page []byte) ([]byte, error) {
	room := slices.Grow(w.compressed[:0], libzstd.CompressBound(len(page))+checksum)
	frame, err := w.zstd.CompressLevel(room, page, libzstd.BestSpeed)
	if err != nil {
		return nil, fmt.Errorf("compress page: %w", err)
	}
	frame[frameFlags] |= checksumed
	w.compressed = binary.LittleEndian.AppendUint32(frame, uint32(xxhash.Sum64(page)))
	return w.compressed, nil
}
