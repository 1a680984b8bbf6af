package normalise

import (
	"cmp"
	"slices"
	"strings"

	"kefu/extract/dataset"
)

// problem is why a row cannot be used, without personal data.
type problem struct{ column, reason, hint string }

// form is how a column's text becomes a value.
type form int

const (
	plainForm   form = iota // trimmed
	literalForm             // as it is
	idForm
	buyerForm
	agentForm
	enumForm
	listForm
	instantForm
	dateForm
	moneyForm
	integerForm
	boolForm
)

// isNumber tells the forms whose values are numbers.
func (f form) isNumber() bool { return f >= instantForm }

// column is a column with all that depends on its schema alone.
type column struct {
	dataset.Column
	form form
}

// layout is what follows from a dataset's schema alone.
type layout struct {
	source   *dataset.Schema
	columns  []column // delivered ones, then derived ones
	width    int      // how many are delivered
	hashed   []hashedColumn
	event    int   // index of the event time, -1 = none
	required []int // indexes of the required columns
	ids      []int // indexes of ids that a preset may have composed
	times    []moment
	check    func(b *block) // defaults and what columns ask of each other
}

// moment is a column of times or dates.
type moment struct {
	index int
	unit  int64 // microseconds in one of its numbers
	until bool  // something holds until then
}

// layouts are those of all datasets, by name.
var layouts = layoutsOf(append(dataset.All(), dataset.Internals()...))

func layoutsOf(schemas []*dataset.Schema) map[string]*layout {
	out := map[string]*layout{}
	for _, s := range schemas {
		out[s.Name] = newLayout(s)
	}
	return out
}

func newLayout(schema *dataset.Schema) *layout {
	l := &layout{source: schema, width: len(schema.Columns), event: -1}
	for i, c := range schema.Columns {
		l.columns = append(l.columns, column{Column: c, form: formOf(c)})
		if c.Required {
			l.required = append(l.required, i)
		}
		l.classify(i)
		if c.Name == schema.EventTime {
			l.event = i
		}
	}
	for _, c := range schema.Derived {
		l.columns = append(l.columns, column{Column: c, form: formOf(c)})
	}
	l.hashed = hashedColumns(schema)
	l.check = checkOf(schema.Name)
	return l
}

// classify notes what a column is asked for.
func (l *layout) classify(i int) {
	c := l.columns[i]
	switch {
	case c.form == idForm:
		l.ids = append(l.ids, i)
	case c.Type == dataset.Instant:
		l.times = append(l.times, moment{index: i, unit: 1, until: c.Name == "valid_to"})
	case c.Type == dataset.Date:
		l.times = append(l.times, moment{index: i, unit: secondsInDay * 1_000_000, until: c.Name == "valid_to"})
	}
}

func formOf(c dataset.Column) form {
	switch {
	case c.Name == "buyer_id":
		return buyerForm
	case c.Name == "agent_id" || c.Name == "to_agent_id":
		return agentForm
	case c.List:
		return listForm
	case c.Enum != nil:
		return enumForm
	case c.Literal:
		return literalForm
	}
	switch c.Type {
	case dataset.Instant:
		return instantForm
	case dataset.Date:
		return dateForm
	case dataset.Money:
		return moneyForm
	case dataset.Integer, dataset.Long:
		return integerForm
	case dataset.Boolean:
		return boolForm
	default:
		if strings.HasSuffix(c.Name, "_id") {
			return idForm
		}
		return plainForm
	}
}

// sortedNames gives the indexes of the columns by name.
func sortedNames(columns []dataset.Column) []int {
	order := make([]int, len(columns))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(columns[a].Name, columns[b].Name) })
	return order
}
