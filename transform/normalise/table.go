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

// column is a delivered column with all that depends on its schema alone.
type column struct {
	dataset.Column
	form form
}

// table builds the batches of one dataset.
type table struct {
	source  *dataset.Schema
	columns []column // delivered ones
	hashed  []hashedColumn
	counts  Counts

	check  func(t *table)                         // defaults and what columns ask of each other
	finish func(n *Normaliser, t *table, s *shop) // derived columns; no part of the content

	hand     block           // the rows at hand
	contents []contentColumn // of them
	batch
	event    int   // index of the event time, -1 = none
	text     int   // index of a column that privacy drops, -1 = none
	required []int // indexes of the required columns
	ids      []int // indexes of ids that a preset may have composed
	times    []moment
}

// moment is a column of times or dates.
type moment struct {
	index int
	unit  int64 // microseconds in one of its numbers
	until bool  // something holds until then
}

func newTable(schema *dataset.Schema, n *Normaliser) *table {
	t := &table{source: schema, batch: newBatch(schema), event: -1, text: -1}
	for i, c := range schema.Columns {
		t.columns = append(t.columns, column{Column: c, form: formOf(c)})
		if c.Required {
			t.required = append(t.required, i)
		}
		t.classify(i)
		if c.Name == schema.EventTime {
			t.event = i
		}
		if schema.Name == chatDataset && c.Name == "text" && !n.opts.Privacy.KeepText {
			t.text = i
		}
	}
	all := slices.Clone(t.columns)
	for _, c := range schema.Derived {
		all = append(all, column{Column: c, form: formOf(c)})
	}
	t.hand = newBlock(all)
	t.hashed = hashedColumns(schema)
	t.check, t.finish = checkOf(schema.Name), finishOf(schema.Name)
	return t
}

// classify notes what a column is asked for.
func (t *table) classify(i int) {
	c := t.columns[i]
	switch {
	case c.form == idForm:
		t.ids = append(t.ids, i)
	case c.Type == dataset.Instant:
		t.times = append(t.times, moment{index: i, unit: 1, until: c.Name == "valid_to"})
	case c.Type == dataset.Date:
		t.times = append(t.times, moment{index: i, unit: secondsInDay * 1_000_000, until: c.Name == "valid_to"})
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
