package normalise

import (
	"fmt"
	"regexp"
	"regexp/syntax"
	"slices"
	"strings"
	"time"
)

// TextRules gives the text patterns in force for a shop on a business day
// (midnight UTC of its date). It is asked often and should remember; nil means
// that no rule on text is set.
type TextRules interface {
	At(platform, shop string, date time.Time) *TextPatterns
}

// TextPatterns are the rules on texts of one day.
type TextPatterns struct {
	AutoReply           []Pattern // agents' texts that are automatic
	Watchword           string    // contained in a text; "" = off
	RecommendationMarks []Pattern
	Topics              []Topic // in order; the first that matches wins
}

// Topic is a name for buyers' texts that match one of its patterns.
type Topic struct {
	Name     string
	Patterns []Pattern
}

// topicOf returns the first topic that matches, or "".
func (t *TextPatterns) topicOf(text string) string {
	for i := range t.Topics {
		if matchAny(t.Topics[i].Patterns, text) {
			return t.Topics[i].Name
		}
	}
	return ""
}

// Pattern is a compiled pattern on texts. The zero value matches nothing.
type Pattern struct {
	source  string
	exact   bool
	prefix  bool
	literal string
	words   []string // any of them contained: what a plain alternation means
	re      *regexp.Regexp
}

// ParsePattern reads `=text` (exact), `text*` (prefix) or `/re/` (RE2,
// unanchored). All are case-sensitive and see the text untrimmed.
func ParsePattern(s string) (Pattern, error) {
	p := Pattern{source: s}
	switch {
	case len(s) > 1 && s[0] == '=':
		p.exact, p.literal = true, s[1:]
	case len(s) > 2 && s[0] == '/' && s[len(s)-1] == '/':
		re, err := regexp.Compile(s[1 : len(s)-1])
		if err != nil {
			return Pattern{}, fmt.Errorf("read pattern %q: %w", s, err)
		}
		p.re, p.words = re, wordsOf(s[1:len(s)-1])
	case len(s) > 1 && strings.HasSuffix(s, "*"):
		p.prefix, p.literal = true, s[:len(s)-1]
	default:
		return Pattern{}, fmt.Errorf("read pattern %q: want =text (exact), text* (prefix) or /re/ (RE2)", s)
	}
	return p, nil
}

// String returns the pattern as written.
func (p Pattern) String() string { return p.source }

// Match tells whether a text fits.
func (p Pattern) Match(text string) bool { return p.match(text) }

func (p *Pattern) match(text string) bool {
	switch {
	case p.exact:
		return text == p.literal
	case p.prefix:
		return strings.HasPrefix(text, p.literal)
	case p.words != nil:
		for _, w := range p.words {
			if strings.Contains(text, w) {
				return true
			}
		}
		return false
	case p.re != nil:
		return p.re.MatchString(text)
	default:
		return false
	}
}

func matchAny(patterns []Pattern, text string) bool {
	for i := range patterns {
		if patterns[i].match(text) {
			return true
		}
	}
	return false
}

const maxWords = 64

// wordsOf returns the strings of which an unanchored expression needs one to be
// contained in a text, or nil when it asks for more than that. Looking for words
// is many times faster than the expression, and most are just lists of words.
func wordsOf(expr string) []string {
	re, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return nil
	}
	words, ok := expand(re.Simplify())
	if !ok || slices.Contains(words, "") {
		return nil
	}
	return words
}

func expand(re *syntax.Regexp) ([]string, bool) {
	switch re.Op {
	case syntax.OpEmptyMatch:
		return []string{""}, true
	case syntax.OpLiteral:
		return []string{string(re.Rune)}, re.Flags&syntax.FoldCase == 0
	case syntax.OpCapture:
		return expand(re.Sub[0])
	case syntax.OpQuest:
		words, ok := expand(re.Sub[0])
		return append(words, ""), ok
	case syntax.OpCharClass:
		return expandClass(re.Rune)
	case syntax.OpAlternate:
		var all []string
		for _, sub := range re.Sub {
			words, ok := expand(sub)
			if !ok {
				return nil, false
			}
			all = append(all, words...)
		}
		return all, len(all) <= maxWords
	case syntax.OpConcat:
		return expandConcat(re.Sub)
	default:
		return nil, false
	}
}

func expandClass(ranges []rune) ([]string, bool) {
	var all []string
	for i := 0; i < len(ranges); i += 2 {
		for r := ranges[i]; r <= ranges[i+1]; r++ {
			if len(all) == maxWords {
				return nil, false
			}
			all = append(all, string(r))
		}
	}
	return all, true
}

func expandConcat(subs []*syntax.Regexp) ([]string, bool) {
	all := []string{""}
	for _, sub := range subs {
		words, ok := expand(sub)
		if !ok || len(all)*len(words) > maxWords {
			return nil, false
		}
		var next []string
		for _, a := range all {
			for _, w := range words {
				next = append(next, a+w)
			}
		}
		all = next
	}
	return all, true
}
