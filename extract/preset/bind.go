package preset

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"kefu/extract/dataset"
)

// bound is one canonical column tied to the cells of a file.
type bound struct {
	index   int // in the record's values; -1 platform, -2 shop
	name    string
	typ     dataset.Type
	literal bool
	open    bool
	enum    bool

	slots    []int
	first    string // name in the file, for messages
	value    string
	cases    []boundCase
	collect  bool
	pattern  *regexp.Regexp
	exact    map[string]string
	starts   []start
	mapped   bool
	other    *string
	shift    bool
	times    []string
	verbatim bool
	within   []int
	numbered bool
	shares   *prorating
}

type start struct{ prefix, value string }

type boundCase struct {
	when  boundWhen
	value string
	slots []int
}

type boundWhen []boundTest

type boundTest struct {
	slots []int
	any   []match
}

type boundFilter struct {
	name string
	when boundWhen
}

// Bind ties the layout to a file's header. It also lists the columns of the
// header that the layout does not know.
func (p *Plan) Bind(cells []string, info FileInfo) (m *Mapper, unknown []string) {
	h := newHeader(cells)
	for i, n := range h.names {
		if n != "" && n[0] != '@' && !p.knows(normal(n)) && h.index[normal(n)] == i {
			unknown = append(unknown, n)
		}
	}
	m = &Mapper{info: info, missing: map[string]bool{}, header: h}
	for _, text := range p.layout.Missing {
		m.missing[text] = true
	}
	if len(p.layout.FillDown) > 0 {
		for _, n := range p.layout.FillDown {
			m.fill = append(m.fill, h.slots(Strings{n})...)
		}
		m.above = make([]string, len(cells))
	}
	for _, t := range p.layout.targets() {
		m.targets = append(m.targets, bindTarget(t, h, info))
	}
	m.prorating = newProrating(p.layout, m.targets, h)
	// A filter of the whole layout may speak of any dataset's columns.
	all := map[string]*Column{}
	for _, t := range slices.Backward(p.layout.targets()) {
		maps.Copy(all, t.columns(dataset.ByName(t.Dataset)))
	}
	if len(p.layout.Where) > 0 {
		m.keep = bindWhen(p.layout.Where, all, h)
	}
	m.skip = bindFilters(p.layout.Skip, all, h)
	return m, unknown
}

func bindTarget(t *Target, h *header, info FileInfo) *boundTarget {
	schema := dataset.ByName(t.Dataset)
	columns := t.columns(schema)
	out := &boundTarget{
		schema: schema, values: make([]string, len(schema.Columns)), skip: bindFilters(t.Only, columns, h),
		defaults: make([]string, len(schema.Columns)),
	}
	for name, v := range t.Constants {
		switch _, i := schema.Column(name); {
		case i >= 0:
			out.defaults[i] = v
		case name == columnPlatform:
			out.platform = v
		case name == columnShop:
			out.shop = v
		}
	}
	if _, i := schema.Column("updated_at"); i >= 0 && out.defaults[i] == "" {
		out.defaults[i] = info.AsOf
	}
	for _, name := range slices.Sorted(maps.Keys(columns)) {
		out.columns = append(out.columns, bindColumn(name, columns[name], columns, schema, h))
	}
	// Numbers look at other columns, so they come last.
	slices.SortStableFunc(out.columns, func(a, b *bound) int { return len(a.within) - len(b.within) })
	for _, name := range t.GroupBy {
		_, i := schema.Column(name)
		out.group = append(out.group, i)
	}
	if len(out.group) > 0 {
		out.seen = map[[2]uint64][2]uint64{}
	}
	out.counts = map[string]int{}
	return out
}

func bindColumn(name string, c *Column, siblings map[string]*Column, schema *dataset.Schema, h *header) *bound {
	b := &bound{
		name: name, index: -1, slots: h.slots(c.From), collect: c.Collect, times: c.Times, verbatim: c.Verbatim,
		shift: c.Unit == "fen" || c.Unit == "percent", mapped: c.Map != nil, other: c.Else,
	}
	if name == columnShop {
		b.index = -2
	}
	if col, i := schema.Column(name); i >= 0 {
		b.index, b.typ, b.literal, b.open, b.enum = i, col.Type, col.Literal, col.Open, col.Enum != nil
	}
	b.first = name
	if len(b.slots) > 0 {
		b.first = h.names[b.slots[0]]
	}
	if c.Value != nil {
		b.value = *c.Value
	}
	if c.Pattern != "" {
		b.pattern = regexp.MustCompile(c.Pattern)
	}
	b.exact = map[string]string{}
	for from, to := range c.Map {
		if prefix, ok := strings.CutSuffix(from, "*"); ok {
			b.starts = append(b.starts, start{prefix, to})
			continue
		}
		b.exact[from] = to
	}
	// The longest start wins, whatever the order in the file.
	slices.SortFunc(b.starts, func(x, y start) int { return len(y.prefix) - len(x.prefix) })
	for _, k := range c.Cases {
		bc := boundCase{when: bindWhen(k.When, siblings, h), slots: h.slots(k.From)}
		if k.Value != nil {
			bc.value = *k.Value
		}
		b.cases = append(b.cases, bc)
	}
	if c.Number != nil {
		b.numbered = true
		for _, n := range c.Number.Within {
			_, i := schema.Column(n)
			b.within = append(b.within, i)
		}
	}
	return b
}

func bindWhen(w When, siblings map[string]*Column, h *header) boundWhen {
	out := boundWhen{}
	for _, name := range slices.Sorted(maps.Keys(w)) {
		from := Strings{name}
		if c := siblings[name]; c != nil {
			from = c.From
		}
		t := boundTest{slots: h.slots(from)}
		for _, v := range w[name] {
			m, err := compileMatch(v)
			if err != nil {
				continue // told when the preset was checked
			}
			t.any = append(t.any, m)
		}
		out = append(out, t)
	}
	return out
}

func bindFilters(filters []Filter, siblings map[string]*Column, h *header) []boundFilter {
	var out []boundFilter
	for _, f := range filters {
		out = append(out, boundFilter{name: f.Name, when: bindWhen(f.When, siblings, h)})
	}
	return out
}
