package preset

import (
	"slices"
	"strconv"

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
	group          *grouping
	shared         []*sharing
	counts         map[string]int
	settles        bool // every column settles its own value, and nothing else any: none is left from the row before
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
			see(slices.Concat(c.concat...))
			see(slices.Concat(c.multiply...))
			see(c.plus)
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
		v, kind = m.cell(row, i)
		if literal {
			v = trimBlanks(v)
		} else if v = unwrap(v); v == "null" {
			v = ""
		}
		if v != "" && !m.missing[v] {
			return v, kind, i
		}
	}
	return "", Text, noSlot
}

// noSlot is where a value stands that is no cell's.
const noSlot = -1

// cell returns a cell of the row, or what stands for one.
func (m *Mapper) cell(row *Row, i int) (string, Kind) {
	switch i {
	case slotFile:
		return m.info.Name, Text
	case slotLine:
		return strconv.Itoa(row.Line), Text
	default:
		return row.cell(i)
	}
}

func (m *Mapper) record(t *boundTarget, row *Row, sink extract.Sink) error {
	rec, filter, fault := m.values(t, row)
	switch {
	case filter != "":
		sink.Skip(t.schema.Name, filter, row.Line)
		return nil
	case fault != nil:
		return t.reject(row, *fault, sink)
	}
	if t.group.keyed(t.values) {
		if done, err := t.join(&rec, row, sink); done {
			return err
		}
	}
	return sink.Accept(rec)
}

// values puts the row's values into the target's, unless a filter leaves it out
// or it has a fault.
func (m *Mapper) values(t *boundTarget, row *Row) (rec extract.Record, filter string, fault *Fault) {
	for i := range t.skip {
		if m.holds(t.skip[i].when, row) {
			return rec, t.skip[i].name, nil
		}
	}
	rec = extract.Record{Dataset: t.schema.Name, Line: row.Line, Values: t.values, Raw: row.Raw, Platform: t.platform, Shop: t.shop}
	if !t.settles {
		copy(t.values, t.defaults)
	}
	for _, c := range t.columns {
		v, fault := c.value, (*Fault)(nil)
		if !c.simple || row.Kinds != nil {
			v, fault = m.value(c, row)
		} else if slot := c.slots[0]; slot < len(row.Cells) && row.Cells[slot] != "" {
			v, fault = m.simple(c, row.Cells[slot])
		}
		if fault != nil {
			return rec, "", fault
		}
		if c.numbered && v != "" {
			v = t.number(c, v)
		}
		switch {
		case v == "" && t.settles && c.index >= 0:
			t.values[c.index] = t.defaults[c.index]
		case v == "":
		case c.index >= 0:
			t.values[c.index] = v
		case c.index == -1:
			rec.Platform = v
		default:
			rec.Shop = v
		}
	}
	for _, s := range t.shared {
		s.share(rec.Platform, rec.Shop, t.values)
	}
	if t.group.gathers() {
		fault = t.group.fault(t.values)
	}
	return rec, "", fault
}

// value computes a column's canonical text.
func (m *Mapper) value(c *bound, row *Row) (string, *Fault) {
	slots, made := c.slots, c.concat != nil || c.multiply != nil
	if len(c.cases) > 0 {
		if c.collect {
			return m.collect(c, row), nil
		}
		if i := slices.IndexFunc(c.cases, func(k boundCase) bool { return m.holds(k.when, row) }); i >= 0 {
			if c.cases[i].slots == nil {
				return c.cases[i].value, nil
			}
			slots, made = c.cases[i].slots, false
		}
	}
	if c.verbatim && len(slots) == 1 {
		v, kind := m.cell(row, slots[0])
		if kind == Lossy {
			return "", m.lossy(slots[0])
		}
		return v, nil
	}
	v, kind, slot, fault := m.read(c, slots, made, row)
	if fault != nil {
		return "", fault
	}
	if v == "" && c.shares != nil {
		return c.shares.amounts[row.Line], nil
	}
	if v == "" {
		return c.value, nil
	}
	if c.pattern != nil {
		g := c.pattern.FindStringSubmatch(v)
		if g == nil {
			return c.value, nil
		}
		v = g[1]
	}
	return m.finish(c, v, kind, slot, row)
}

// simple is value for a column of which isSimple holds, of a text that is not empty.
func (m *Mapper) simple(c *bound, v string) (string, *Fault) {
	if !bare(v) {
		if c.literal {
			v = trimBlanks(v)
		} else {
			v = unwrap(v)
		}
	}
	switch {
	case v == "null" && !c.literal:
		return c.value, nil
	case v == "" || len(m.missing) > 0 && m.missing[v]:
		return c.value, nil
	case c.typ == dataset.Instant && len(c.times) == 0 && plainTime(v):
		return v, nil
	case c.typ != dataset.String:
		return c.convert(v, Text, &m.info), nil
	case !c.literal && lostDigits(v, Text):
		return "", m.lossy(c.slots[0])
	case c.shift:
		return c.convert(v, Text, &m.info), nil
	default:
		return v, nil
	}
}
