package merge

import "github.com/zeebo/xxh3"

// lexicon numbers words in the order in which they come.
type lexicon struct {
	words  []string
	places []entry // an open table, at most half full
}

// entry is where a word stands, and part of its hash, which tells most others
// from it.
type entry struct {
	hash uint32
	next int32 // the place behind it; 0 = none
}

// fewEntries is how many entries a table begins with.
const fewEntries = 64

func (l *lexicon) reset() {
	if l.places == nil {
		l.places = make([]entry, fewEntries)
	}
	l.places = l.places[:fewEntries]
	clear(l.places)
	l.words = nil
}

// take returns the words.
func (l *lexicon) take() []string {
	words := l.words
	l.words = nil
	return words
}

// code returns the number of a word, which it adds when it is new.
func (l *lexicon) code(word string) int32 {
	if len(l.words)*2 >= len(l.places) {
		l.grow()
	}
	hash := xxh3.HashString(word)
	mask := uint64(len(l.places) - 1)
	for i := hash & mask; ; i = (i + 1) & mask {
		p := &l.places[i]
		if p.next == 0 {
			l.words = append(l.words, word)
			*p = entry{uint32(hash >> 32), int32(len(l.words))}
			return p.next - 1
		}
		if p.hash == uint32(hash>>32) && l.words[p.next-1] == word {
			return p.next - 1
		}
	}
}

// grow makes the table four times as large.
func (l *lexicon) grow() {
	size := 4 * len(l.places)
	if size <= cap(l.places) {
		l.places = l.places[:size]
		clear(l.places)
	} else {
		l.places = make([]entry, size)
	}
	mask := uint64(size - 1)
	for at, word := range l.words {
		hash := xxh3.HashString(word)
		i := hash & mask
		for l.places[i].next != 0 {
			i = (i + 1) & mask
		}
		l.places[i] = entry{uint32(hash >> 32), int32(at + 1)}
	}
}
