package postgres

import (
	"math/bits"
	"sync"

	"github.com/apache/arrow-go/v18/arrow/memory"
)

// reuse is an allocator that hands out once more what was given back to it, so
// that reading a file batch by batch leaves nothing to collect.
type reuse struct {
	mutex sync.Mutex
	spare [bits.UintSize][][]byte // by the power of two that is their capacity
}

var _ memory.Allocator = (*reuse)(nil)

// Allocate returns bytes that are zero.
func (r *reuse) Allocate(size int) []byte {
	class := bits.Len(uint(max(size, 64) - 1)) //nolint:gosec // not negative
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if n := len(r.spare[class]); n > 0 {
		b := r.spare[class][n-1][:size]
		r.spare[class] = r.spare[class][:n-1]
		clear(b)
		return b
	}
	return memory.DefaultAllocator.Allocate(1 << class)[:size]
}

// Reallocate returns bytes that begin with those of b, which is given back, and
// are zero behind them.
func (r *reuse) Reallocate(size int, b []byte) []byte {
	if size <= cap(b) {
		if size > len(b) {
			clear(b[len(b):size])
		}
		return b[:size]
	}
	larger := r.Allocate(size)
	copy(larger, b)
	r.Free(b)
	return larger
}

// Free takes bytes back that were handed out.
func (r *reuse) Free(b []byte) {
	class := bits.Len(uint(cap(b))) - 1
	if class < 0 || cap(b) != 1<<class {
		return
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.spare[class] = append(r.spare[class], b[:0])
}
