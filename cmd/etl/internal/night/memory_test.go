package night

import (
	"math"
	"runtime/debug"
	"testing"
)

// A limit that the program was started with is never raised, and stands again in
// the end.
func TestMemoryIsLimitedWhileFilesAreRead(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	defer debug.SetMemoryLimit(before)
	for given, want := range map[int64]int64{math.MaxInt64: readingBytes + 1000*bytesOfRow, 100 << 20: 100 << 20} {
		debug.SetMemoryLimit(given)
		r := limitMemory()
		r.add(1000)
		if got := debug.SetMemoryLimit(-1); got != want {
			t.Errorf("of %d bytes the limit is %d, want %d", given, got, want)
		}
		r.lift()
		if got := debug.SetMemoryLimit(-1); got != given {
			t.Errorf("the limit was %d and is %d in the end", given, got)
		}
	}
}
