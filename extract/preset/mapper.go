package preset

import (
	"hash/maphash"
	"slices"
	"strconv"
	"strings"

	"kefu/extract"
	"kefu/extract/dataset"
)

// Mapper turns the rows of one file into records. It is used by one goroutine.
type Mapper struct {
	info    FileInfo
	header  *header
	missing map[string]bool
	fill    []int
	above   []string
	keep    boundWhen
	skip    []boundFilter
	targets []*boundTarget

	prorating *prorating
}

type boundTarget struct {
	schema         *dataset.Schema
	columns        []*bound
	values         []string
	defaults       []string
	platform, shop string
	skip           []boundFilter
	group          []int
	seen           map[[2]uint64][2]uint64 // key of a group -> content of its record
	counts         map[string]int
}

// FilterWhere is the name that rows are left out under when they do not fulfil
// a layout's `where`.
const FilterWhere = "where"

// Row hands what a row holds to the sink: for every dataset of the layout it
// is read once and then accepted, merged, skipped or rejected.
func (m *Mapper) Row(row *Row, sink extract.Sink) error {
	if row.Skip == "" && len(row.Cells) > 0 {
		m.fillDown(row)
		row.Skip = m.leftOut(row)
	}
	for _, t := range m.targets {
		name := t.schema.Name
		sink.Read(name, 1+len(row.Merged))
		for _, line := range row.Merged {
			sink.Merge(name, line)
		}
		var err error
		switch {
		case row.Skip != "":
			sink.Skip(name, row.Skip, row.Line)
		case row.Fault != nil:
			err = t.reject(row, *row.Fault, sink)
		default:
			err = m.record(t, row, sink)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Width is how many cells a row must have to hold all that is used of it.
func (m *Mapper) Width() int {
	n := 0
	see := func(slots []int) {
		for _, i := range slots {
			n = max(n, i+1)
		}
	}
	when := func(w boundWhen) {
		for _, t := range w {
			see(t.slots)
		}
	}
	see(m.fill)
	when(m.keep)
	for _, f := range m.skip {
		when(f.when)
	}
	for _, t := range m.targets {
		for _, f := range t.skip {
			when(f.when)
		}
		for _, c := range t.columns {
			see(c.slots)
			for _, k := range c.cases {
				see(k.slots)
				when(k.when)
			}
		}
	}
	return n
}

// fillDown repeats what merged cells of a spreadsheet leave out: a row whose
// first such cell is empty belongs to the row above.
func (m *Mapper) fillDown(row *Row) {
	if len(m.fill) == 0 {
		return
	}
	for len(row.Cells) < len(m.above) {
		row.Cells = append(row.Cells, "")
	}
	if m.fill[0] < len(row.Cells) && unwrap(row.Cells[m.fill[0]]) == "" {
		for _, i := range m.fill {
			row.Cells[i] = m.above[i]
		}
		return
	}
	for _, i := range m.fill {
		m.above[i] = row.Cells[i]
	}
}

func (m *Mapper) leftOut(row *Row) string {
	if m.keep != nil && row.Fault == nil && !m.holds(m.keep, row) {
		return FilterWhere
	}
	for i := range m.skip {
		if m.holds(m.skip[i].when, row) {
			return m.skip[i].name
		}
	}
	return ""
}

func (m *Mapper) holds(w boundWhen, row *Row) bool {
	for i := range w {
		v, _, _ := m.pick(w[i].slots, row, false)
		if !slices.ContainsFunc(w[i].any, func(x match) bool { return x.holds(v) }) {
			return false
		}
	}
	return true
}

// pick returns the first cell that is not empty.
func (m *Mapper) pick(slots []int, row *Row, literal bool) (v string, kind Kind, slot int) {
	for _, i := range slots {
		v, kind = row.cell(i)
		if literal {
			v = strings.Trim(v, blanks)
		} else if v = unwrap(v); v == "null" {
			v = ""
		}
		if v != "" && !m.missing[v] {
			return v, kind, i
		}
	}
	return "", Text, -1
}

func (m *Mapper) record(t *boundTarget, row *Row, sink extract.Sink) error {
	for i := range t.skip {
		if m.holds(t.skip[i].when, row) {
			sink.Skip(t.schema.Name, t.skip[i].name, row.Line)
			return nil
		}
	}
	rec := extract.Record{Dataset: t.schema.Name, Line: row.Line, Values: t.values, Raw: row.Raw, Platform: t.platform, Shop: t.shop}
	copy(t.values, t.defaults)
	for _, c := range t.columns {
		v, fault := m.value(c, row)
		if fault != nil {
			return t.reject(row, *fault, sink)
		}
		if c.numbered && v != "" {
			v = t.number(c, v)
		}
		switch {
		case v == "":
		case c.index >= 0:
			t.values[c.index] = v
		case c.index == -1:
			rec.Platform = v
		default:
			rec.Shop = v
		}
	}
	// Without its key a row is nobody's; typing rejects it for what it lacks.
	if len(t.group) > 0 && !slices.ContainsFunc(t.group, func(i int) bool { return t.values[i] == "" }) {
		first, same := t.grouped(rec.Platform, rec.Shop)
		switch {
		case !first && same:
			sink.Merge(t.schema.Name, row.Line)
			return nil
		case !first:
			return t.reject(row, Fault{
				Reason: "rows of one " + strings.Join(t.groupNames(), ", ") + " disagree on what they share",
				Hint:   "the first of them was used; export the file again, or correct this row",
			}, sink)
		}
	}
	return sink.Accept(rec)
}

// value computes a column's canonical text.
func (m *Mapper) value(c *bound, row *Row) (string, *Fault) {
	slots := c.slots
	if len(c.cases) > 0 {
		if c.collect {
			return m.collect(c, row), nil
		}
		if i := slices.IndexFunc(c.cases, func(k boundCase) bool { return m.holds(k.when, row) }); i >= 0 {
			if c.cases[i].slots == nil {
				return c.cases[i].value, nil
			}
			slots = c.cases[i].slots
		}
	}
	if c.verbatim && len(slots) == 1 {
		v, kind := row.cell(slots[0])
		if kind == Lossy {
			return "", m.lossy(slots[0])
		}
		return v, nil
	}
	v, kind, slot := m.pick(slots, row, c.literal)
	if v == "" && c.shares != nil {
		return c.shares.amounts[row.Line], nil
	}
	if v == "" {
		return c.value, nil
	}
	if c.typ == dataset.String && (kind == Lossy || (!c.literal && lostDigits(v, kind))) {
		return "", m.lossy(slot)
	}
	if c.pattern != nil {
		g := c.pattern.FindStringSubmatch(v)
		if g == nil {
			return c.value, nil
		}
		v = g[1]
	}
	if c.mapped {
		return c.lookUp(v, m.header.names[slot], func(s string) string { return c.convert(s, kind, &m.info) })
	}
	return c.convert(v, kind, &m.info), nil
}

func (m *Mapper) lossy(slot int) *Fault {
	return &Fault{
		Column: m.header.names[slot],
		Reason: "an id of more than 15 digits stands as a number, its last digits are lost",
		Hint:   "format the column as text before saving, or use the file as the platform exported it",
	}
}

func (m *Mapper) collect(c *bound, row *Row) string {
	var out []string
	for i := range c.cases {
		k := &c.cases[i]
		if !m.holds(k.when, row) {
			continue
		}
		v := k.value
		if k.slots != nil {
			v, _, _ = m.pick(k.slots, row, c.literal)
		}
		if v != "" && !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return strings.Join(out, "|")
}

// lookUp applies the value map. What it does not name is converted like any
// other value where the column has no fixed list, else rejected.
func (c *bound) lookUp(v, column string, convert func(string) string) (string, *Fault) {
	if to, ok := c.exact[v]; ok {
		return to, nil
	}
	for _, s := range c.starts {
		if strings.HasPrefix(v, s.prefix) {
			return s.value, nil
		}
	}
	switch {
	case c.other != nil && *c.other == "keep", c.other == nil && (c.open || !c.enum):
		return convert(v), nil
	case c.other == nil || *c.other == "reject":
		return "", &Fault{
			Column: column,
			Reason: "unknown value " + strconv.Quote(shorten(v)) + " for " + c.name,
			Hint:   "add it to the value map of the preset",
		}
	default:
		return *c.other, nil
	}
}

func shorten(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return s
}

// number tells equal ids within a key apart: v, v#2, v#3 ….
func (t *boundTarget) number(c *bound, v string) string {
	var key strings.Builder
	key.WriteString(c.name)
	for _, i := range c.within {
		key.WriteByte(0)
		if i != c.index {
			key.WriteString(t.values[i])
		}
	}
	key.WriteByte(0)
	key.WriteString(v)
	n := t.counts[key.String()] + 1
	t.counts[key.String()] = n
	if n == 1 {
		return v
	}
	return v + "#" + strconv.Itoa(n)
}

var seeds = [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}

func hash(texts ...string) (out [2]uint64) {
	for i, seed := range seeds {
		var h maphash.Hash
		h.SetSeed(seed)
		for _, s := range texts {
			h.WriteString(s)
			h.WriteByte(0)
		}
		out[i] = h.Sum64()
	}
	return out
}

// grouped tells whether the record is the first of its group and, if not,
// whether it says the same as the first.
func (t *boundTarget) grouped(platform, shop string) (first, same bool) {
	parts := []string{platform, shop}
	for _, i := range t.group {
		parts = append(parts, t.values[i])
	}
	key, content := hash(parts...), hash(t.values...)
	old, seen := t.seen[key]
	if !seen {
		t.seen[key] = content
		return true, true
	}
	return false, old == content
}

func (t *boundTarget) groupNames() []string {
	var out []string
	for _, i := range t.group {
		out = append(out, t.schema.Columns[i].Name)
	}
	return out
}
