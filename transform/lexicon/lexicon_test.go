package lexicon

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/apache/arrow-go/v18/arrow/array"
)

// TestWordsAreNumberedAsTheyCome holds the table against a map, with few words and
// with many, and when it is used again.
func TestWordsAreNumberedAsTheyCome(t *testing.T) {
	var l Lexicon
	random := rand.New(rand.NewPCG(3, 4))
	for _, many := range []int{0, 1, fewWords - 1, fewWords, 5000, 40, 20_000, 3} {
		want, list := map[string]int32{}, []string{}
		for range 4 * many {
			word := fmt.Sprint("词", random.IntN(many))
			if _, known := want[word]; !known {
				want[word] = int32(len(list))
				list = append(list, word)
			}
			if got := l.Code(word); got != want[word] {
				t.Fatalf("of %d words %q has number %d, want %d", many, word, got, want[word])
			}
		}
		held, ok := l.Array().(*array.String)
		if !ok || held.Len() != len(list) || !slices.Equal(l.Words(), list) {
			t.Fatalf("%d words are %d", len(list), len(l.Words()))
		}
		for i, word := range list {
			if held.Value(i) != word {
				t.Fatalf("word %d is %q, want %q", i, held.Value(i), word)
			}
		}
		l.Reset()
	}
}
