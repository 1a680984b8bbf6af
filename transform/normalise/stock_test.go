package normalise

import (
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/memory"
)

var _ memory.Allocator = (*Stock)(nil)

func TestAStockLendsWhatComesBack(t *testing.T) {
	s := &Stock{}
	first := append(s.take(5000), 1, 2, 3)
	if cap(first) < 5000 {
		t.Fatalf("there is room for %d bytes", cap(first))
	}
	if other := s.take(5000); cap(other) > 0 && &other[:1][0] == &first[0] {
		t.Fatal("memory in use is lent twice")
	}
	s.Free(first)
	again := s.take(4500)
	if len(again) != 0 || &again[:1][0] != &first[0] {
		t.Error("what came back is not lent again")
	}
	s.Free(again)
	if big := s.take(1 << 20); cap(big) < 1<<20 {
		t.Errorf("of 1 MiB there is room for %d bytes", cap(big))
	}
	for range 2 * stockLimit >> 20 {
		s.Free(make([]byte, 1<<20))
	}
	if s.bytes > stockLimit {
		t.Errorf("%d bytes are kept", s.bytes)
	}
	if got := s.Reallocate(4, []byte{1, 2}); !slices.Equal(got, []byte{1, 2, 0, 0}) {
		t.Errorf("reallocated: %v", got)
	}
}
