// Package lexicon owns the numbering of words that repeat: the dictionaries of
// columns of texts, as rows arrive and when batches are united. Imports nothing of
// ours.
package lexicon

import (
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/zeebo/xxh3"
)

// Lexicon numbers words in the order in which they come. The zero value is empty.
type Lexicon struct {
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

// Reset forgets the words but not how many there were: the list was handed on.
func (l *Lexicon) Reset() {
	*l = Lexicon{list: make([]string, 0, len(l.list)), places: l.places[:0]}
}

// Words are all words by their number. Nothing changes them afterwards.
func (l *Lexicon) Words() []string { return l.list }

// Code returns the number of a word, which it adds when it is new.
func (l *Lexicon) Code(s string) int32 {
	if len(l.list) > 0 && s == l.last {
		return l.lastCode
	}
	l.last, l.lastCode = s, l.find(s)
	return l.lastCode
}

func (l *Lexicon) find(s string) int32 {
	if len(l.places) > 0 {
		return l.look(s)
	}
	for i, known := range l.list {
		if known == s {
			return int32(i)
		}
	}
	l.list = append(l.list, s)
	if len(l.list) == fewWords {
		l.spread(max(4*fewWords, cap(l.places)))
	}
	return int32(len(l.list) - 1)
}

// look finds a word by its hash, or adds it.
func (l *Lexicon) look(s string) int32 {
	if len(l.list)*2 >= len(l.places) {
		l.spread(2 * len(l.places))
	}
	hash := xxh3.HashString(s)
	mask := uint64(len(l.places) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		p := &l.places[i]
		if p.next == 0 {
			l.list = append(l.list, s)
			*p = place{uint32(hash >> 32), int32(len(l.list))}
			return p.next - 1
		}
		if p.hash == uint32(hash>>32) && l.list[p.next-1] == s {
			return p.next - 1
		}
	}
}

// spread makes the table of at least so many places.
func (l *Lexicon) spread(least int) {
	size := 64
	for size < least {
		size *= 2
	}
	if size <= cap(l.places) {
		l.places = l.places[:size]
		clear(l.places)
	} else {
		l.places = make([]place, size)
	}
	mask := uint64(size - 1)
	for at, s := range l.list {
		hash := xxh3.HashString(s)
		i := hash & mask
		for l.places[i].next != 0 {
			i = (i + 1) & mask
		}
		l.places[i] = place{uint32(hash >> 32), int32(at + 1)}
	}
}

// Array returns the words as Arrow holds a dictionary's.
func (l *Lexicon) Array() arrow.Array {
	b := array.NewStringBuilder(memory.DefaultAllocator)
	defer b.Release()
	b.AppendStringValues(l.list, nil)
	return b.NewArray()
}
