package api

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// Node is a part of a platform's JSON, read leniently: what is missing is
// empty, a number may stand as a string, a list of one as an object. Ids keep
// all their digits.
type Node struct {
	raw    json.RawMessage
	fields map[string]json.RawMessage
	read   bool
}

// Parse returns the root of a body; a body that is no JSON is an empty node.
func Parse(body []byte) *Node { return &Node{raw: bytes.TrimSpace(body)} }

// Valid says whether the body was JSON.
func (n *Node) Valid() bool { return json.Valid(n.raw) }

// Raw is the node as received.
func (n *Node) Raw() []byte { return n.raw }

// Missing says whether there is nothing here.
func (n *Node) Missing() bool { return len(n.raw) == 0 || string(n.raw) == "null" }

// At follows keys down; what is not there is an empty node.
func (n *Node) At(keys ...string) *Node {
	for _, key := range keys {
		n = n.field(key)
	}
	return n
}

// Any returns the first of the keys that is there.
func (n *Node) Any(keys ...string) *Node {
	for _, key := range keys {
		if f := n.field(key); !f.Missing() {
			return f
		}
	}
	return &Node{}
}

func (n *Node) field(key string) *Node {
	if !n.read {
		n.read = true
		if len(n.raw) > 0 && n.raw[0] == '{' {
			_ = json.Unmarshal(n.raw, &n.fields) // what is no object has no fields
		}
	}
	return &Node{raw: n.fields[key]}
}

// Keys lists the names of an object's fields.
func (n *Node) Keys() []string {
	n.field("")
	out := make([]string, 0, len(n.fields))
	for k := range n.fields {
		out = append(out, k)
	}
	return out
}

// List returns the items of a list; an object is a list of one, nothing a list
// of none. JSON that stands inside of a string is taken out of it.
func (n *Node) List() []*Node {
	if n.Missing() {
		return nil
	}
	switch n.raw[0] {
	case '[':
		var items []json.RawMessage
		if json.Unmarshal(n.raw, &items) != nil {
			return nil
		}
		out := make([]*Node, len(items))
		for i, item := range items {
			out[i] = &Node{raw: item}
		}
		return out
	case '{':
		return []*Node{n}
	case '"':
		if inner := n.Inner(); inner.Valid() && !inner.Missing() && inner.raw[0] != '"' {
			return inner.List()
		}
	}
	return nil
}

// Inner is the JSON that stands inside of a string; anything else is itself.
func (n *Node) Inner() *Node {
	if len(n.raw) == 0 || n.raw[0] != '"' {
		return n
	}
	return Parse([]byte(n.Text()))
}

// Text is a string's value, a number's digits as they stand, true or false;
// empty for anything else.
func (n *Node) Text() string {
	if n.Missing() {
		return ""
	}
	switch n.raw[0] {
	case '"':
		var s string
		if json.Unmarshal(n.raw, &s) != nil {
			return ""
		}
		return strings.TrimSpace(s)
	case '{', '[':
		return ""
	default:
		return string(n.raw)
	}
}

// Int is a whole number, also one that stands as a string; 0 when it is none.
func (n *Node) Int() int64 {
	i, err := strconv.ParseInt(n.Text(), 10, 64)
	if err != nil {
		return 0
	}
	return i
}

// Bool is true for true, "true", 1 and "1".
func (n *Node) Bool() bool {
	s := n.Text()
	return s == "true" || s == "1"
}

// Fen turns a whole number of fen into yuan with two decimals; empty when it
// is missing or no number.
func Fen(text string) string {
	i, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return ""
	}
	sign := ""
	if i < 0 {
		sign, i = "-", -i
	}
	return sign + strconv.FormatInt(i/100, 10) + "." + strconv.FormatInt(i%100+100, 10)[1:]
}

// Millis turns epoch milliseconds into RFC 3339; 0 and nothing are empty.
func Millis(text string) string { return epoch(text, time.UnixMilli) }

// Seconds turns epoch seconds into RFC 3339; 0 and nothing are empty.
func Seconds(text string) string {
	return epoch(text, func(s int64) time.Time { return time.Unix(s, 0) })
}

func epoch(text string, at func(int64) time.Time) string {
	i, err := strconv.ParseInt(text, 10, 64)
	if err != nil || i <= 0 {
		return ""
	}
	return at(i).UTC().Format("2006-01-02T15:04:05.999Z07:00")
}

// Beijing is the zone in which Chinese platforms write times.
var Beijing = time.FixedZone("+08:00", 8*60*60)

// Local gives a platform's time without an offset (2006-01-02 15:04:05,
// Beijing) its offset, so that the shop's own zone does not matter. Years
// before 2000 stand for "not yet". Anything else stays as it is, for
// normalisation to judge.
func Local(text string) string {
	at, err := time.ParseInLocation(time.DateTime, text, Beijing)
	switch {
	case err != nil:
		return text
	case at.Year() < 2000:
		return ""
	}
	return at.Format(time.RFC3339)
}
