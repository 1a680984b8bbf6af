package yamlnode

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Reader takes typed values out of a tree and collects what is wrong with
// them. Its zero value is ready. Every method returns ok = false after it noted
// a problem, so that reading goes on with the next value.
type Reader struct {
	Problems []Problem
}

// Errorf notes something that must be changed in the file.
func (r *Reader) Errorf(at Pos, hint, format string, args ...any) {
	r.note(at, Invalid, hint, format, args)
}

// Warnf notes something that is probably not what was meant.
func (r *Reader) Warnf(at Pos, hint, format string, args ...any) {
	r.note(at, Warning, hint, format, args)
}

func (r *Reader) note(at Pos, class Class, hint, format string, args []any) {
	r.Problems = append(r.Problems, Problem{Pos: at, Class: class, Message: fmt.Sprintf(format, args...), Hint: hint})
}

// Field is one key that a mapping may have.
type Field struct {
	Key      string
	Required bool
	Read     func(*Node) // called when the key is there
}

// Fields reads a mapping strictly: other keys and missing required ones are
// problems. what names the mapping in messages, as in "a shop".
func (r *Reader) Fields(n *Node, what string, fields ...Field) bool {
	if n.Kind != Mapping {
		r.Errorf(n.Pos, "write key: value", "%s must be a mapping, not %s", what, n.Kind)
		return false
	}
	keys := make([]string, len(fields))
	byKey := make(map[string]Field, len(fields))
	for i, f := range fields {
		keys[i] = f.Key
		byKey[f.Key] = f
	}
	given := map[string]bool{}
	for _, pair := range n.Pairs {
		f, ok := byKey[pair.Key]
		if !ok {
			r.Errorf(pair.Pos, Suggest(pair.Key, keys), "%s has no key %q", what, pair.Key)
			continue
		}
		given[pair.Key] = true
		f.Read(pair.Value)
	}
	for _, f := range fields {
		if f.Required && !given[f.Key] {
			r.Errorf(n.Pos, "", "%s needs %s", what, f.Key)
		}
	}
	return true
}

// Suggest says what could have been meant by an unknown name.
func Suggest(name string, candidates []string) string {
	if near := Nearest(name, candidates); near != "" {
		return "did you mean " + near + "?"
	}
	if len(candidates) == 0 || len(candidates) > 16 {
		return ""
	}
	return "known: " + strings.Join(candidates, ", ")
}

// List calls read for every item of a list.
func (r *Reader) List(n *Node, what string, read func(*Node)) bool {
	if n.Kind != List {
		r.Errorf(n.Pos, "write [a, b] or one item a line, each after a dash", "%s must be a list, not %s", what, n.Kind)
		return false
	}
	for _, item := range n.Items {
		read(item)
	}
	return true
}

// String takes text that is not empty. A number or a bool must stand in quotes.
func (r *Reader) String(n *Node, what string) (string, bool) {
	switch {
	case n.Kind == Text && strings.TrimSpace(n.Value) != "":
		return n.Value, true
	case n.Kind == Text, n.Kind == Null:
		r.Errorf(n.Pos, "", "%s is empty", what)
	case n.Kind == List, n.Kind == Mapping:
		r.Errorf(n.Pos, "", "%s must be text, not %s", what, n.Kind)
	default:
		r.Errorf(n.Pos, fmt.Sprintf("write %q", n.Raw), "%s must be text, not %s", what, n.Kind)
	}
	return "", false
}

// ID takes text that is not empty; a number is taken as it is written, so that
// neither leading zeros nor the digits of long numbers are lost.
func (r *Reader) ID(n *Node, what string) (string, bool) {
	if n.Kind == Integer || n.Kind == Float {
		return n.Value, true
	}
	return r.String(n, what)
}

// Int takes a whole number within [lowest, highest].
func (r *Reader) Int(n *Node, what string, lowest, highest int) (int, bool) {
	hint := fmt.Sprintf("from %d to %d", lowest, highest)
	if n.Kind != Integer {
		r.Errorf(n.Pos, hint, "%s must be a whole number, not %s", what, n.Describe())
		return 0, false
	}
	v, err := strconv.Atoi(n.Value)
	if err != nil || v < lowest || v > highest {
		r.Errorf(n.Pos, hint, "%s is out of range: %s", what, n.Raw)
		return 0, false
	}
	return v, true
}

// Bool takes true or false.
func (r *Reader) Bool(n *Node, what string) (value, ok bool) {
	if n.Kind != Boolean {
		r.Errorf(n.Pos, "", "%s must be true or false, not %s", what, n.Describe())
		return false, false
	}
	return strings.EqualFold(n.Value, "true"), true
}

// Enum takes one of the given words.
func (r *Reader) Enum(n *Node, what string, words ...string) (string, bool) {
	if n.Kind == Text {
		for _, w := range words {
			if n.Value == w {
				return w, true
			}
		}
	}
	r.Errorf(n.Pos, "one of "+strings.Join(words, ", "), "%s cannot be %s", what, n.Describe())
	return "", false
}

// Date takes a calendar date, as midnight UTC.
func (r *Reader) Date(n *Node, what string) (time.Time, bool) {
	if n.Kind == Text {
		if t, err := time.Parse(time.DateOnly, n.Value); err == nil && t.Year() >= 2000 && t.Year() < 2100 {
			return t, true
		}
	}
	r.Errorf(n.Pos, "write a date such as 2026-03-01, from 2000 to 2099", "%s is no date: %s", what, n.Describe())
	return time.Time{}, false
}

// Describe shows a scalar as it stands in the file, or names the kind.
func (n *Node) Describe() string {
	switch n.Kind {
	case Null, List, Mapping:
		return n.Kind.String()
	default:
		return fmt.Sprintf("%q", n.Raw)
	}
}
