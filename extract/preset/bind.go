package preset

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"kefu/extract/dataset"
)

// bound is one canonical column tied to the cells of a file.
type bound struct {
	index   int // in the record's values; -1 platform, -2 shop
	name    string
	typ     dataset.Type
	literal bool
	open    bool
	enum    []string // fixed list

	slots    []int
	first    string // name in the file, for messages
	value    string
	cases    []boundCase
	collect  bool
	concat   [][]int
	between  string
	multiply [][]int
	pattern  *regexp.Regexp
	exact    map[string]string
	starts   []start
	matches  []matched
	mapped   bool
	other    *string
	shift    bool // hundredths
	scaled   bool // by factor, to round digits
	factor   decimal
	round    int
	times    []timeLayout
	zone     *time.Location
	plus     []int
	plusUnit time.Duration
	take     string
	prefer   []string
	verbatim bool
	within   []int
	numbered bool
	byRows   bool
	shares   *prorating

	simple bool // one column of the file, as it stands but for what its type asks
}

// isSimple tells what value can take a short way with: nearly every column.
func (b *bound) isSimple() bool {
	return len(b.slots) == 1 && b.slots[0] >= 0 && b.cases == nil && b.concat == nil && b.multiply == nil && b.pattern == nil &&
		!b.mapped && b.zone == nil && b.plus == nil && !b.verbatim && b.shares == nil
}

type start struct{ prefix, value string }

type matched struct {
	re    *regexp.Regexp
	value string
}

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
		m.targets = append(m.targets, bindTarget(p.layout, t, h, info))
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

func bindTarget(l *Layout, t *Target, h *header, info FileInfo) *boundTarget {
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
		out.columns = append(out.columns, bindColumn(name, columns[name], columns, schema, h, l.Timezone))
	}
	// Numbers look at other columns, so they come last.
	slices.SortStableFunc(out.columns, func(a, b *bound) int { return len(a.within) - len(b.within) })
	out.shared = newSharing(t, schema, out.columns)
	out.group = newGrouping(t, schema, out.columns, out.shared)
	out.counts = map[string]int{}
	out.settles = out.shared == nil && out.group == nil && !slices.ContainsFunc(out.columns, func(c *bound) bool { return c.numbered })
	copy(out.values, out.defaults)
	return out
}

func bindColumn(name string, c *Column, siblings map[string]*Column, schema *dataset.Schema, h *header, zone string) *bound {
	b := &bound{
		name: name, index: -1, slots: h.slots(c.From), collect: c.Collect, verbatim: c.Verbatim, take: c.Take,
		concat: h.each(c.Concat), between: "-", multiply: h.each(c.Multiply), mapped: c.Map != nil, other: c.Else,
	}
	if len(c.Prefer) > 0 {
		b.take, b.prefer = takePrefer, c.Prefer
	}
	if name == columnShop {
		b.index = -2
	}
	if col, i := schema.Column(name); i >= 0 {
		b.index, b.typ, b.literal, b.open, b.enum = i, col.Type, col.Literal, col.Open, col.Enum
	}
	b.first = name
	if len(b.slots) > 0 {
		b.first = h.name(b.slots[0])
	}
	if c.Separator != nil {
		b.between = *c.Separator
	}
	if c.Value != nil {
		b.value = *c.Value
	}
	if c.Pattern != "" {
		b.pattern = regexp.MustCompile(c.Pattern)
	}
	b.bindMap(c.Map)
	b.bindUnits(c, h, zone)
	for _, k := range c.Cases {
		bc := boundCase{when: bindWhen(k.When, siblings, h), slots: h.slots(k.From)}
		if k.Value != nil {
			bc.value = *k.Value
		}
		b.cases = append(b.cases, bc)
	}
	if c.Number != nil {
		b.numbered, b.byRows = true, c.Number.Count == countRows
		for _, n := range c.Number.Within {
			_, i := schema.Column(n)
			b.within = append(b.within, i)
		}
	}
	b.simple = b.isSimple()
	return b
}

func (b *bound) bindMap(values map[string]string) {
	b.exact = map[string]string{}
	for _, from := range slices.Sorted(maps.Keys(values)) {
		to := values[from]
		if m, err := compileMatch(from); err == nil && m.kind == matchRegexp {
			b.matches = append(b.matches, matched{m.re, to})
		} else if prefix, ok := strings.CutSuffix(from, "*"); ok {
			b.starts = append(b.starts, start{prefix, to})
		} else {
			b.exact[from] = to
		}
	}
	// The longest start wins, whatever the order in the file.
	slices.SortFunc(b.starts, func(x, y start) int { return len(y.prefix) - len(x.prefix) })
}

// bindUnits settles what numbers and times of the file count in.
func (b *bound) bindUnits(c *Column, h *header, zone string) {
	b.shift = c.Unit == "fen" || c.Unit == "percent"
	b.factor, b.round = decimal{n: 1}, maxScale
	if c.Unit == "wan" {
		b.scaled, b.factor = true, decimal{n: 10_000}
	}
	if f, ok := parseDecimal(string(c.Factor)); ok {
		b.scaled = true
		b.factor, _ = b.factor.times(f)
	}
	if c.Round != nil {
		b.scaled, b.round = true, *c.Round
	}
	for _, l := range c.Times {
		b.times = append(b.times, newTimeLayout(l))
	}
	if _, ok := epochs[c.Unit]; ok {
		b.times = append(b.times, newTimeLayout(c.Unit))
	}
	if b.typ == dataset.Instant {
		b.zone = zoneOf(cmp.Or(c.Timezone, zone))
	}
	if c.Plus != nil {
		b.plus, b.plusUnit = h.slots(c.Plus.From), lengthUnits[c.Plus.Unit]
		if b.plus == nil {
			b.plus = []int{} // named, and not in this file: there is no time
		}
	}
}

func bindWhen(w When, siblings map[string]*Column, h *header) boundWhen {
	out := boundWhen{}
	for _, name := range slices.Sorted(maps.Keys(w)) {
		from := Strings{name}
		if c := siblings[name]; c != nil && len(c.From) > 0 {
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
