package normalise

import (
	"cmp"
	"slices"
	"strings"
	"unicode/utf8"

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

// column is a delivered column with all that depends on its schema alone.
type column struct {
	dataset.Column
	form form
}

// cell is a typed value: text in s, the rest in n (microseconds, days,
// hundredths, numbers, 0 or 1).
type cell struct {
	set     bool
	guessed bool // worked out from other rows of the file: no content
	n       int64
	s       string
	who     *identity // whose id the text is
}

// table builds the batches of one dataset.
type table struct {
	source  *dataset.Schema
	columns []column
	cells   []cell // of the row at hand: delivered columns, then derived ones
	hashed  []hashedColumn
	counts  Counts

	check  func(n *Normaliser, t *table, s *shop) *problem // defaults and what columns ask of each other
	finish func(n *Normaliser, t *table, s *shop)          // derived columns; no part of the content

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
	t.cells = make([]cell, len(schema.Columns)+len(schema.Derived))
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

// parse fills the cells from the values of a record.
func (t *table) parse(n *Normaliser, s *shop, values []string) *problem {
	for i := range t.columns {
		c, out := &t.columns[i], &t.cells[i]
		*out = cell{}
		if values[i] == "" {
			continue
		}
		reason, hint := parseCell(n, s, c, values[i], out)
		if reason != "" {
			return &problem{c.Name, reason, hint}
		}
	}
	clear(t.cells[len(t.columns):])
	return nil
}

// parseCell types one value; reason is empty when it is good or missing.
func parseCell(n *Normaliser, s *shop, c *column, v string, out *cell) (reason, hint string) {
	switch c.form {
	case literalForm:
		*out = cell{set: true, s: storable(v)}
		return "", ""
	case buyerForm:
		return n.parseIdentity(n.buyers, v, out)
	case agentForm:
		return n.parseIdentity(n.agents, v, out)
	case idForm:
		return parseID(v, out)
	default:
		if v = cellText(v); v == "" {
			return "", ""
		}
		out.set = true
		return parseScalar(s, c, v, out)
	}
}

// parseScalar types a value that is there.
func parseScalar(s *shop, c *column, v string, out *cell) (reason, hint string) {
	switch c.form {
	case instantForm:
		out.n, reason = s.zone.parseInstant(v)
		return reason, timeHint
	case dateForm:
		out.n, reason = parseDate(v)
		return reason, dateHint
	case moneyForm:
		if c.Signed {
			out.n, reason = parseSigned(v)
		} else {
			out.n, reason = parseMoney(v)
		}
		return reason, "write yuan such as 12.30, without separators or unit"
	case integerForm:
		return parseNumber(c, v, out), "write a whole number"
	case boolForm:
		return parseFlag(v, out)
	case enumForm:
		return parseEnum(c, v, out)
	case listForm:
		out.s, reason = parseList(storable(v))
		out.set = out.s != ""
		return reason, `write a JSON array of texts or a|b|c`
	default:
		out.s = storable(v)
		return "", ""
	}
}

// parseIdentity reads a buyer's or an account's id.
func (n *Normaliser) parseIdentity(known *identities, v string, out *cell) (reason, hint string) {
	e := known.get(v)
	switch {
	case e.why != "":
		return e.why, idHint
	case e.id == "":
	case known == n.buyers:
		n.buyer = e
		*out = cell{set: true, s: e.stored, who: e}
	default:
		if n.agent == nil {
			n.agent = e
		}
		*out = cell{set: true, s: e.id, who: e}
	}
	return "", ""
}

// parseID reads an id; one that a preset composed stays as it is until the row
// is identified.
func parseID(v string, out *cell) (reason, hint string) {
	if strings.HasPrefix(v, derivePrefix) {
		*out = cell{set: true, s: v}
		return "", ""
	}
	id, why := cleanID(v)
	*out = cell{set: id != "", s: id}
	return why, idHint
}

func parseNumber(c *column, v string, out *cell) (reason string) {
	if out.n, reason = parseInteger(v); reason != "" {
		return reason
	}
	if c.Type == dataset.Integer && int64(int32(out.n)) != out.n {
		return "number out of range"
	}
	return ""
}

func parseFlag(v string, out *cell) (reason, hint string) {
	yes, ok := parseBool(v)
	if !ok {
		return "neither true nor false", "write true or false"
	}
	if yes {
		out.n = 1
	}
	return "", ""
}

// parseEnum keeps a listed value; of an open column any other becomes `other`,
// with the original in n's place: s stays as written until it is derived.
func parseEnum(c *column, v string, out *cell) (reason, hint string) {
	for _, allowed := range c.Enum {
		if v == allowed {
			out.s = allowed
			return "", ""
		}
	}
	if c.Open {
		out.s, out.n = storable(v), 1
		return "", ""
	}
	return "value outside its list", "one of " + strings.Join(c.Enum, ", ")
}

// require rejects a row that lacks a required column.
func (t *table) require() *problem {
	for _, i := range t.required {
		if !t.cells[i].set {
			return &problem{t.columns[i].Name, "missing", "the column is required"}
		}
	}
	return nil
}

// latest gives the latest instant of the row at hand, dates at their start.
// Without all, dates until which something holds are left out.
func (t *table) latest(all bool) (micros int64, ok bool) {
	for _, m := range t.times {
		c := &t.cells[m.index]
		if !c.set || m.until && !all {
			continue
		}
		if at := c.n * m.unit; !ok || at > micros {
			micros, ok = at, true
		}
	}
	return micros, ok
}

// cell returns the cell of a delivered column; the name must exist.
func (t *table) cell(name string) *cell {
	_, i := t.source.Column(name)
	return &t.cells[i]
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

func countRunes(s string) int64 { return int64(utf8.RuneCountInString(s)) }
