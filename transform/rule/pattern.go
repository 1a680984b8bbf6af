package rule

import (
	"errors"
	"fmt"
	"regexp"
	"regexp/syntax"
	"strings"
)

// Pattern is a condition on a message's text, case-sensitive and untrimmed:
// `=text` exact, `text*` prefix, `/re/` an RE2 expression found anywhere.
type Pattern struct {
	source string
	exact  bool
	prefix bool
	text   string
	words  []string       // what the expression amounts to, where it is only alternatives of plain words
	re     *regexp.Regexp // else
}

// ParsePattern reads one of the three forms.
func ParsePattern(s string) (Pattern, error) {
	p := Pattern{source: s}
	switch {
	case strings.HasPrefix(s, "=") && len(s) > 1:
		p.exact, p.text = true, s[1:]
	case len(s) > 2 && strings.HasPrefix(s, "/") && strings.HasSuffix(s, "/"):
		expr := s[1 : len(s)-1]
		re, err := regexp.Compile(expr)
		if err != nil {
			return Pattern{}, fmt.Errorf("compile %s: %w", s, err)
		}
		if p.words = plainWords(expr); p.words == nil {
			p.re = re
		}
	case strings.HasSuffix(s, "*") && len(s) > 1:
		p.prefix, p.text = true, s[:len(s)-1]
	default:
		return Pattern{}, errors.New("a pattern is =text (exact), text* (prefix) or /expression/")
	}
	return p, nil
}

// String returns the pattern as it was written.
func (p Pattern) String() string { return p.source }

// MarshalText writes the pattern as it was written.
func (p Pattern) MarshalText() ([]byte, error) { return []byte(p.source), nil }

// Match tells whether the text fulfils the pattern.
func (p Pattern) Match(text string) bool {
	switch {
	case p.exact:
		return text == p.text
	case p.prefix:
		return strings.HasPrefix(text, p.text)
	case p.re != nil:
		return p.re.MatchString(text)
	}
	for _, w := range p.words {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

// Patterns is a list of which one must fit.
type Patterns []Pattern

// Match tells whether any pattern fits.
func (ps Patterns) Match(text string) bool {
	for i := range ps {
		if ps[i].Match(text) {
			return true
		}
	}
	return false
}

func containsWord(text, word string) bool { return word != "" && strings.Contains(text, word) }

// maxWords bounds what an expression may be spelled out to.
const maxWords = 128

// plainWords spells an expression out when it is nothing but alternatives of
// plain words; searching for words is ten times as fast as running the
// expression, and topics are tried on every message.
func plainWords(expr string) []string {
	re, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return nil
	}
	words := spell(re)
	for _, w := range words {
		if w == "" {
			return nil
		}
	}
	return words
}

func spell(re *syntax.Regexp) []string {
	if re.Flags&syntax.FoldCase != 0 {
		return nil
	}
	switch re.Op {
	case syntax.OpEmptyMatch:
		return []string{""}
	case syntax.OpLiteral:
		return []string{string(re.Rune)}
	case syntax.OpCapture:
		return spell(re.Sub[0])
	case syntax.OpCharClass:
		return spellClass(re.Rune)
	case syntax.OpQuest:
		return bounded(append([]string{""}, spell(re.Sub[0])...), len(spell(re.Sub[0])) > 0)
	case syntax.OpAlternate:
		var out []string
		for _, sub := range re.Sub {
			words := spell(sub)
			if words == nil {
				return nil
			}
			out = append(out, words...)
		}
		return bounded(out, true)
	case syntax.OpConcat:
		return spellConcat(re.Sub)
	default:
		return nil
	}
}

func spellClass(ranges []rune) []string {
	var out []string
	for i := 0; i+1 < len(ranges); i += 2 {
		if int(ranges[i+1]-ranges[i]) > maxWords {
			return nil
		}
		for r := ranges[i]; r <= ranges[i+1]; r++ {
			out = append(out, string(r))
		}
	}
	return bounded(out, true)
}

func spellConcat(subs []*syntax.Regexp) []string {
	out := []string{""}
	for _, sub := range subs {
		words := spell(sub)
		if words == nil || len(out)*len(words) > maxWords {
			return nil
		}
		next := make([]string, 0, len(out)*len(words))
		for _, head := range out {
			for _, tail := range words {
				next = append(next, head+tail)
			}
		}
		out = next
	}
	return out
}

func bounded(words []string, ok bool) []string {
	if !ok || len(words) > maxWords {
		return nil
	}
	return words
}
