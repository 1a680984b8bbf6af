package preset

import (
	"slices"
	"strings"
	"time"

	"kefu/extract"
	"kefu/extract/dataset"
)

// What a column takes of the rows of its group.
const (
	takeFirst = "first" // of the values that are not empty
	takeLast  = "last"
	takeMin   = "min"
	takeMax   = "max"
	takeSum   = "sum"

	takePrefer = "prefer" // of a column that names the order of its values
)

var takes = []string{takeFirst, takeLast, takeMin, takeMax, takeSum}

// grouping puts rows that describe one thing together: the first becomes the
// record, the others are merged into it.
type grouping struct {
	key   []int // places in the record's values
	taken []taken
	// Columns that rows have in common anyway.
	shared []int
	seen   map[[2]uint64][2]uint64 // key -> what its rows share
	// What the columns took of each group, known after a pass of its own.
	gathered map[[2]uint64]*gathered
}

// taken is a column that is gathered over the rows of a group.
type taken struct {
	index int
	how   string
	typ   dataset.Type
	order []string // of takePrefer
	name  string   // in the file, for messages
}

type gathered struct {
	values  []string
	sums    []decimal
	unknown bool // a sum is out of range
}

func newGrouping(t *Target, schema *dataset.Schema, columns []*bound, shared []*sharing) *grouping {
	if len(t.GroupBy) == 0 {
		return nil
	}
	g := &grouping{seen: map[[2]uint64][2]uint64{}, gathered: map[[2]uint64]*gathered{}}
	for _, name := range t.GroupBy {
		_, i := schema.Column(name)
		g.key = append(g.key, i)
	}
	for _, s := range shared {
		g.shared = append(g.shared, s.index)
	}
	for _, c := range columns {
		if c.take != "" && c.index >= 0 && !slices.Contains(g.shared, c.index) {
			g.taken = append(g.taken, taken{c.index, c.take, c.typ, c.prefer, c.first})
		}
	}
	return g
}

func (g *grouping) gathers() bool { return g != nil && len(g.taken) > 0 }

// keyed tells whether a row can be put to others. Without its key a row is
// nobody's; typing rejects it for what it lacks.
func (g *grouping) keyed(values []string) bool {
	return g != nil && !slices.ContainsFunc(g.key, func(i int) bool { return values[i] == "" })
}

// place tells the row's group, whether the row is the first of it and, if not,
// whether it says the same as the first.
func (g *grouping) place(platform, shop string, values []string) (key [2]uint64, first, same bool) {
	parts := []string{platform, shop}
	for _, i := range g.key {
		parts = append(parts, values[i])
	}
	key = hash(parts...)
	agreed := values
	if len(g.taken)+len(g.shared) > 0 {
		agreed = slices.Clone(values)
		for _, t := range g.taken {
			agreed[t.index] = ""
		}
		for _, i := range g.shared {
			agreed[i] = ""
		}
	}
	content := hash(agreed...)
	old, seen := g.seen[key]
	if !seen {
		g.seen[key] = content
		return key, true, true
	}
	return key, false, old == content
}

// gather takes what a row adds to its group.
func (g *grouping) gather(key [2]uint64, values []string) {
	have := g.gathered[key]
	if have == nil {
		have = &gathered{values: make([]string, len(g.taken)), sums: make([]decimal, len(g.taken))}
		g.gathered[key] = have
	}
	for i, t := range g.taken {
		v := values[t.index]
		if v == "" {
			continue
		}
		if t.how == takeSum {
			each, _ := parseDecimal(v)
			sum, ok := have.sums[i].plus(each)
			have.sums[i], have.unknown = sum, have.unknown || !ok
			have.values[i] = sum.text()
			continue
		}
		if have.values[i] == "" || t.prefers(v, have.values[i]) {
			have.values[i] = strings.Clone(v)
		}
	}
}

// prefers tells whether a later value takes the place of an earlier one.
func (t taken) prefers(v, before string) bool {
	switch t.how {
	case takeLast:
		return true
	case takeMin:
		return t.less(v, before)
	case takeMax:
		return t.less(before, v)
	case takePrefer:
		return t.rank(v) < t.rank(before)
	default:
		return false
	}
}

// rank is the place of a value in the order of preference; others come last.
func (t taken) rank(v string) int {
	if i := slices.Index(t.order, v); i >= 0 {
		return i
	}
	return len(t.order)
}

func (t taken) less(a, b string) bool {
	switch t.typ {
	case dataset.Money, dataset.Integer, dataset.Long:
		x, okX := parseDecimal(a)
		y, okY := parseDecimal(b)
		if okX && okY {
			return x.compare(y) < 0
		}
	case dataset.Instant, dataset.Date:
		x, okX := wallOrInstant(a)
		y, okY := wallOrInstant(b)
		if okX && okY {
			return x.Before(y)
		}
	default:
	}
	return a < b
}

// fault tells a value that cannot be gathered.
func (g *grouping) fault(values []string) *Fault {
	for _, t := range g.taken {
		v := values[t.index]
		if v == "" {
			continue
		}
		switch {
		case t.how == takeSum:
			if _, ok := parseDecimal(v); !ok {
				return &Fault{Column: t.name, Reason: "not a number, so it cannot be summed", Hint: "correct the cell"}
			}
		case (t.how == takeMin || t.how == takeMax) && t.typ == dataset.Instant:
			if _, ok := wallOrInstant(v); !ok {
				return &Fault{Column: t.name, Reason: "not a time", Hint: "correct the cell, or name its form in the preset's times"}
			}
		}
	}
	return nil
}

// fill puts what the group gave into the record.
func (g *grouping) fill(key [2]uint64, values []string) *Fault {
	have := g.gathered[key]
	if have == nil {
		return nil
	}
	if have.unknown {
		return &Fault{Reason: "the sum over the rows is out of range", Hint: "correct the amounts"}
	}
	for i, t := range g.taken {
		values[t.index] = have.values[i]
	}
	return nil
}

// restart forgets which rows came, not what they gave.
func (g *grouping) restart() { clear(g.seen) }

func (t *boundTarget) groupNames() string {
	var out []string
	for _, i := range t.group.key {
		out = append(out, t.schema.Columns[i].Name)
	}
	return strings.Join(out, ", ")
}

// group decides about a row that has a key: it is the first and becomes the
// record (done is false), or it is merged or rejected.
func (t *boundTarget) join(rec *extract.Record, row *Row, sink extract.Sink) (done bool, err error) {
	key, first, same := t.group.place(rec.Platform, rec.Shop, t.values)
	switch {
	case first:
		if fault := t.group.fill(key, t.values); fault != nil {
			return true, t.reject(row, *fault, sink)
		}
		return false, nil
	case same:
		sink.Merge(t.schema.Name, row.Line)
		return true, nil
	default:
		return true, t.reject(row, Fault{
			Reason: "rows of one " + t.groupNames() + " disagree on what they share",
			Hint:   "the first of them was used; export the file again, correct this row, or say in the preset what to take of the rows",
		}, sink)
	}
}

// wallOrInstant reads a canonical time; one without an offset as if it were UTC.
func wallOrInstant(s string) (time.Time, bool) {
	for _, layout := range []string{"2006-01-02 15:04:05.999999999", time.RFC3339Nano, time.DateOnly, "2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999Z07:00"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
