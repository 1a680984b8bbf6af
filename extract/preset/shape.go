package preset

import (
	"strings"

	"kefu/extract/dataset"
)

// shape is what the values of a column look like.
type shape struct {
	n, distinct int
	times       int    // values that are times
	form        string // that `times` must name; "" where times are understood by themselves
	forms       int    // of those that fit all values
	unit        string // epoch: seconds, milliseconds
	numbers     int
	whole       int // numbers without a fraction
	negative    int
	pointZero   int // whole numbers written with .0
	longest     int // runes
}

// otherForms are forms of times that must be named, likelier ones first.
var otherForms = []string{
	"M/d/yyyy H:mm", "M/d/yyyy H:mm:ss", "d/M/yyyy H:mm", "d/M/yyyy H:mm:ss", "M/d/yyyy h:mm a", "M/d/yyyy", "d/M/yyyy",
	"dd.MM.yyyy HH:mm:ss", "dd.MM.yyyy HH:mm", "dd.MM.yyyy", "dd-MM-yyyy HH:mm:ss", "dd-MM-yyyy HH:mm", "dd-MM-yyyy", "d MMM yyyy HH:mm", "MMM d, yyyy",
	"EEE MMM dd HH:mm:ss Z yyyy",
}

func shapeOf(values []string) shape {
	s := shape{n: len(values)}
	distinct := map[string]bool{}
	plain := bound{typ: dataset.Instant}
	for _, v := range values {
		distinct[v] = true
		s.longest = max(s.longest, len([]rune(v)))
		if _, ok := wallOrInstant(plain.timeText(v, Text, &FileInfo{})); ok && !isNumber(v) {
			s.times++
		}
		d, ok := parseDecimal(moneyText(v, false))
		if !ok {
			continue
		}
		s.numbers++
		if d.n < 0 {
			s.negative++
		}
		if strings.HasSuffix(v, ".0") {
			s.pointZero++
		}
		if d.scale == 0 || strings.Trim(v[strings.IndexByte(v, '.')+1:], "0") == "" {
			s.whole++
		}
	}
	s.distinct = len(distinct)
	if s.n > 0 && s.times < s.n {
		s.otherTimes(values)
	}
	return s
}

// otherTimes tries the forms of times that must be named; the one that most
// values have is taken.
func (s *shape) otherTimes(values []string) {
	for _, form := range otherForms {
		l, fit := newTimeLayout(form), 0
		for _, v := range values {
			if _, ok := l.parse(v); ok {
				fit++
			}
		}
		switch {
		case fit > s.times:
			s.form, s.times, s.forms = form, fit, 1
		case fit == s.times && fit > 0 && s.form != "":
			s.forms++
		}
	}
	for unit, digits := range map[string]int{"seconds": 10, "milliseconds": 13} {
		if all(values, func(v string) bool {
			return len(v) == digits && strings.Trim(v, "0123456789") == "" && v[0] == '1'
		}) {
			s.unit, s.times = unit, s.n
		}
	}
}

func all(values []string, holds func(string) bool) bool {
	for _, v := range values {
		if !holds(v) {
			return false
		}
	}
	return true
}

// fits tells whether the values can be of the type, empty columns always.
func (s shape) fits(c *dataset.Column) bool {
	if s.n == 0 {
		return true
	}
	switch c.Type {
	case dataset.Instant, dataset.Date:
		return s.times*4 >= s.n*3 // a few may be broken
	case dataset.Money:
		return s.numbers*4 >= s.n*3
	case dataset.Integer, dataset.Long:
		return s.numbers*4 >= s.n*3 && s.whole == s.numbers
	default:
		return c.Literal || s.times < s.n || s.unit != ""
	}
}

// enumerable tells whether the values may be of a fixed list.
func (s shape) enumerable() bool { return s.distinct <= 24 && s.longest <= 40 }
