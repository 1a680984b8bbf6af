// Package yamlnode owns reading YAML into a tree in which every value knows
// its file, line and column, so that whoever checks the tree can name all
// problems at once and where each stands. It knows no settings.
package yamlnode

import (
	"fmt"
	"slices"
	"strings"
)

// Pos is a place in a file.
type Pos struct {
	File      string
	Line, Col int
}

// String returns file:line:col, leaving out what is not known.
func (p Pos) String() string {
	switch {
	case p.Line == 0:
		return p.File
	case p.Col == 0:
		return fmt.Sprintf("%s:%d", p.File, p.Line)
	default:
		return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Col)
	}
}

// Class tells what a problem means for whoever reads it.
type Class int

// The classes of problems.
const (
	Invalid     Class = iota // the file must be changed
	Environment              // the file is fine, something that it names is missing
	Warning                  // nothing stops, but it is probably not what was meant
)

// Problem is one thing wrong in a file.
type Problem struct {
	Pos     Pos
	Class   Class
	Message string
	Hint    string // what to do; may be empty
}

// String returns position, message and hint on one line.
func (p Problem) String() string {
	var b strings.Builder
	if p.Pos.File != "" {
		b.WriteString(p.Pos.String() + ": ")
	}
	b.WriteString(p.Message)
	if p.Hint != "" {
		b.WriteString(" (" + p.Hint + ")")
	}
	return b.String()
}

// Sort orders problems by file, line and column.
func Sort(problems []Problem) {
	slices.SortStableFunc(problems, func(a, b Problem) int {
		if c := strings.Compare(a.Pos.File, b.Pos.File); c != 0 {
			return c
		}
		if a.Pos.Line != b.Pos.Line {
			return a.Pos.Line - b.Pos.Line
		}
		return a.Pos.Col - b.Pos.Col
	})
}

// Kind is the form of a node.
type Kind int

// The forms of nodes. A scalar's kind is what YAML takes its text for.
const (
	Null Kind = iota
	Text
	Integer
	Float
	Boolean
	List
	Mapping
)

// String names the kind as a message would.
func (k Kind) String() string {
	return [...]string{"nothing", "text", "a whole number", "a number", "true or false", "a list", "a mapping"}[k]
}

// Node is one value of a document.
type Node struct {
	Pos   Pos
	End   Pos // of the closing brace of a mapping in braces
	Kind  Kind
	Value string  // scalars: the text, with ${NAME} replaced
	Raw   string  // scalars: the text as it stands in the file, safe to print
	Items []*Node // lists
	Pairs []Pair  // mappings, in the file's order
}

// Pair is one entry of a mapping.
type Pair struct {
	Key   string
	Pos   Pos // of the key
	Value *Node
}

// KeyPos returns where a key of a mapping stands, or the node where it has none.
func (n *Node) KeyPos(key string) Pos {
	for _, p := range n.Pairs {
		if p.Key == key {
			return p.Pos
		}
	}
	return n.Pos
}

// Get returns the value of a key of a mapping, or nil.
func (n *Node) Get(key string) *Node {
	if n == nil {
		return nil
	}
	for _, p := range n.Pairs {
		if p.Key == key {
			return p.Value
		}
	}
	return nil
}

// Nearest returns the candidate that name is probably a misspelling of, or "".
func Nearest(name string, candidates []string) string {
	best, bestDistance := "", len(name)/3+2
	for _, c := range candidates {
		if d := distance(strings.ToLower(name), strings.ToLower(c)); d < bestDistance {
			best, bestDistance = c, d
		}
	}
	return best
}

// distance is the number of insertions, deletions and replacements from a to b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
