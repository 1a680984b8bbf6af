package normalise

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/zeebo/xxh3"
)

// words are the dictionary of a coded vector.
type words struct {
	list     []string
	places   []place // an open table, once they are many
	last     string
	lastCode int32
}

// place is where a word stands in the list, and part of its hash, which tells
// most others from it.
type place struct {
	hash uint32
	next int32 // the place behind it; 0 = none
}

// fewWords is how many words are found faster one by one than by their hash.
const fewWords = 12

// reset forgets the words but not how many there were: the list was handed on.
func (w *words) reset() {
	*w = words{list: make([]string, 0, len(w.list)), places: w.places[:0]}
}

// code returns the place of a word, which it adds when it is new.
func (w *words) code(s string) int32 {
	if len(w.list) > 0 && s == w.last {
		return w.lastCode
	}
	w.last, w.lastCode = s, w.find(s)
	return w.lastCode
}

func (w *words) find(s string) int32 {
	if len(w.places) > 0 {
		return w.look(s)
	}
	for i, known := range w.list {
		if known == s {
			return int32(i)
		}
	}
	w.list = append(w.list, s)
	if len(w.list) == fewWords {
		w.spread(max(4*fewWords, cap(w.places)))
	}
	return int32(len(w.list) - 1)
}

// look finds a word by its hash, or adds it.
func (w *words) look(s string) int32 {
	if len(w.list)*2 >= len(w.places) {
		w.spread(2 * len(w.places))
	}
	hash := xxh3.HashString(s)
	mask := uint64(len(w.places) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		p := &w.places[i]
		if p.next == 0 {
			w.list = append(w.list, s)
			*p = place{uint32(hash >> 32), int32(len(w.list))}
			return p.next - 1
		}
		if p.hash == uint32(hash>>32) && w.list[p.next-1] == s {
			return p.next - 1
		}
	}
}

// spread makes the table of at least so many places.
func (w *words) spread(least int) {
	size := 64
	for size < least {
		size *= 2
	}
	if size <= cap(w.places) {
		w.places = w.places[:size]
		clear(w.places)
	} else {
		w.places = make([]place, size)
	}
	mask := uint64(size - 1)
	for at, s := range w.list {
		hash := xxh3.HashString(s)
		i := hash & mask
		for w.places[i].next != 0 {
			i = (i + 1) & mask
		}
		w.places[i] = place{uint32(hash >> 32), int32(at + 1)}
	}
}

func (w *words) array() arrow.Array {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	defer b.Release()
	b.AppendStringValues(w.list, nil)
	return b.NewArray()
}
