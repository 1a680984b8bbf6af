package rule

import (
	"encoding/json"
	"strings"
	"unicode/utf8"
)

// Topic is one entry of the rule topics.
type Topic struct {
	Name     string   `json:"topic"`
	Patterns Patterns `json:"patterns"`
}

// Topics is the rule topics: the first topic one of whose patterns fits wins.
type Topics struct {
	List []Topic
	// Every message is searched for some hundred words, so they are looked up
	// by their first rune in one walk over the text.
	words map[rune][]topicWord
	marks [64]uint64 // of those runes, by their last bits: few runes begin a word
	rest  []topicPattern
}

type topicWord struct {
	word  string
	topic int
}

type topicPattern struct {
	pattern Pattern
	topic   int
}

func newTopics(list []Topic) Topics {
	t := Topics{List: list, words: map[rune][]topicWord{}}
	for i, topic := range list {
		for _, p := range topic.Patterns {
			if p.words == nil {
				t.rest = append(t.rest, topicPattern{p, i})
			}
			for _, w := range p.words {
				first, _ := utf8.DecodeRuneInString(w)
				t.words[first] = append(t.words[first], topicWord{w, i})
				t.marks[first>>6&63] |= 1 << (first & 63)
			}
		}
	}
	return t
}

// Find returns the first topic that fits, or "".
func (t *Topics) Find(text string) string {
	best := len(t.List)
	for at, r := range text {
		if t.marks[r>>6&63]>>(r&63)&1 == 0 {
			continue
		}
		for _, w := range t.words[r] {
			if w.topic < best && strings.HasPrefix(text[at:], w.word) {
				best = w.topic
			}
		}
	}
	for _, p := range t.rest {
		if p.topic < best && text != "" && p.pattern.Match(text) {
			best = p.topic
		}
	}
	if best == len(t.List) {
		return ""
	}
	return t.List[best].Name
}

// MarshalJSON writes the list.
func (t Topics) MarshalJSON() ([]byte, error) { return json.Marshal(t.List) }
