package normalise

import (
	"math/bits"
	"sync"
)

// Stock keeps the memory of batches that were released, for those to come: a
// large file goes through hundreds of times as much of it as is in use at once.
// It is safe for concurrent use. It implements Arrow's memory.Allocator, for
// buffers to come back to it.
type Stock struct {
	mu    sync.Mutex
	free  [64][][]byte // by the binary logarithm of what they hold
	bytes int          // in all of them
}

// The stock keeps slices from leastKept bytes on, and stockLimit in all.
const (
	leastKept  = 4 << 10
	stockLimit = 128 << 20
)

// take returns an empty slice with room for so many bytes.
func (s *Stock) take(room int) []byte {
	if s == nil || room < leastKept {
		return make([]byte, 0, room)
	}
	class := bits.Len(uint(room - 1))
	s.mu.Lock()
	defer s.mu.Unlock()
	list := s.free[class]
	if len(list) == 0 {
		return make([]byte, 0, 1<<class)
	}
	b := list[len(list)-1]
	list[len(list)-1] = nil
	s.free[class] = list[:len(list)-1]
	s.bytes -= cap(b)
	return b
}

// Free takes back what nobody uses any more.
func (s *Stock) Free(b []byte) {
	if cap(b) < leastKept {
		return
	}
	class := bits.Len(uint(cap(b))) - 1
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.bytes+cap(b) <= stockLimit {
		s.free[class] = append(s.free[class], b[:0])
		s.bytes += cap(b)
	}
}

// Allocate returns so many bytes, which are zero.
func (s *Stock) Allocate(size int) []byte { return make([]byte, size) }

// Reallocate returns a slice of so many bytes that begins as b does.
func (s *Stock) Reallocate(size int, b []byte) []byte {
	if size <= cap(b) {
		return b[:size]
	}
	out := s.Allocate(size)
	copy(out, b)
	return out
}
