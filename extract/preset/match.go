package preset

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"
)

// match tells whether a cell has a value that a condition names.
type match struct {
	kind matchKind
	text string
	re   *regexp.Regexp
}

type matchKind int

const (
	matchExact matchKind = iota // "" included
	matchAny                    // not empty
	matchPrefix
	matchSuffix
	matchPart
	matchRegexp
)

func compileMatch(s string) (match, error) {
	switch {
	case s == "*":
		return match{kind: matchAny}, nil
	case len(s) > 2 && s[0] == '/' && s[len(s)-1] == '/':
		re, err := regexp.Compile(s[1 : len(s)-1])
		if err != nil {
			return match{}, fmt.Errorf("compile pattern: %w", err)
		}
		return match{kind: matchRegexp, re: re}, nil
	case len(s) > 2 && s[0] == '*' && s[len(s)-1] == '*':
		return match{kind: matchPart, text: s[1 : len(s)-1]}, nil
	case len(s) > 1 && s[len(s)-1] == '*':
		return match{kind: matchPrefix, text: s[:len(s)-1]}, nil
	case len(s) > 1 && s[0] == '*':
		return match{kind: matchSuffix, text: s[1:]}, nil
	default:
		return match{text: s}, nil
	}
}

func (m match) holds(v string) bool {
	switch m.kind {
	case matchAny:
		return v != ""
	case matchPrefix:
		return strings.HasPrefix(v, m.text)
	case matchSuffix:
		return strings.HasSuffix(v, m.text)
	case matchPart:
		return strings.Contains(v, m.text)
	case matchRegexp:
		return m.re.MatchString(v)
	default:
		return v == m.text
	}
}

// accepts tells whether a file of that base name is one of the globs'. A glob
// is matched with the name's last extension and without it; ! excludes.
func accepts(globs Strings, base string) bool {
	stem := strings.TrimSuffix(base, path.Ext(base))
	hit := len(globs) == 0
	for _, g := range globs {
		pattern, exclude := strings.CutPrefix(g, "!")
		full, _ := path.Match(pattern, base)
		short, _ := path.Match(pattern, stem)
		if !full && !short {
			continue
		}
		if exclude {
			return false
		}
		hit = true
	}
	return hit
}

// normal makes names of columns comparable: blanks, invisible marks and the
// wrappers of spreadsheets go, full-width brackets become half-width.
func normal(name string) string {
	name = unwrap(strings.TrimPrefix(name, "\ufeff"))
	return strings.Map(func(r rune) rune {
		switch r {
		case ' ', '\t', '\r', '\n', '\u00a0', '\u3000', '\ufeff', '\u200b':
			return -1
		case '（':
			return '('
		case '）':
			return ')'
		case '：':
			return ':'
		}
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, name)
}

// header finds columns by any of their names.
type header struct {
	names []string
	index map[string]int
}

func newHeader(cells []string) *header {
	h := &header{names: make([]string, len(cells)), index: make(map[string]int, len(cells))}
	for i, c := range cells {
		h.names[i] = strings.TrimSpace(unwrap(strings.Trim(c, "\ufeff \t\r\n\u00a0")))
		n := normal(c)
		if _, twice := h.index[n]; n != "" && !twice {
			h.index[n] = i
		}
	}
	return h
}

// slots returns where the aliases stand, in their order, without those absent.
func (h *header) slots(aliases Strings) []int {
	var out []int
	for _, a := range aliases {
		i, ok := h.index[normal(a)]
		if !ok {
			i, ok = pseudo[a]
		}
		if ok && !slices.Contains(out, i) {
			out = append(out, i)
		}
	}
	return out
}

// Columns that every table has besides those of its header.
const (
	slotFile = -2 - iota // @file
	slotLine             // @line
)

var pseudo = map[string]int{"@file": slotFile, "@line": slotLine}

// each finds columns that a value is made of, in their order.
func (h *header) each(columns []Strings) [][]int {
	var out [][]int
	for _, aliases := range columns {
		out = append(out, h.slots(aliases))
	}
	return out
}

// name is what the file calls the column, for messages.
func (h *header) name(slot int) string {
	if slot >= 0 {
		return h.names[slot]
	}
	for name, i := range pseudo {
		if i == slot {
			return name
		}
	}
	return h.names[slot]
}

// NormalName makes names of columns comparable, as headers are compared.
func NormalName(name string) string { return normal(name) }
