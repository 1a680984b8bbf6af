package night

import "runtime/debug"

// While files are read, the heap may triple between two collections, since most of
// it is large and without pointers, until it is as large as this and the hashes of
// the rows that were read ask for: from then on it is collected as often as needed
// to stay there.
const (
	readingPercent = 200
	readingBytes   = 640 << 20
	bytesOfRow     = 16 // remembered of each row until the files have been read
)

// reading are the limits of memory while files are read.
type reading struct {
	rows    int64
	percent int   // before
	limit   int64 // before
}

// limitMemory sets them, but none above that of whoever started the program. They
// must be lifted in the end.
func limitMemory() *reading {
	r := &reading{percent: debug.SetGCPercent(readingPercent), limit: debug.SetMemoryLimit(-1)}
	r.add(0)
	return r
}

// add makes room for what is remembered of rows.
func (r *reading) add(rows int64) {
	r.rows += rows
	debug.SetMemoryLimit(min(r.limit, readingBytes+bytesOfRow*r.rows))
}

func (r *reading) lift() {
	debug.SetGCPercent(r.percent)
	debug.SetMemoryLimit(r.limit)
}
