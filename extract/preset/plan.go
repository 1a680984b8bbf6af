package preset

import (
	"maps"
	"regexp"
	"slices"
	"strings"

	"kefu/extract/dataset"
)

// Plan is a layout made ready to read files with.
type Plan struct {
	layout *Layout
	asOf   *regexp.Regexp
	known  map[string]bool // normalised names of columns that are used or ignored
	prefix []string        // normalised starts of names that are ignored
}

// Plans makes the preset's layouts ready, in their order. The preset has been
// checked.
func (p *Preset) Plans() []*Plan {
	var out []*Plan
	for _, l := range p.layouts() {
		plan := &Plan{layout: l, known: map[string]bool{}}
		if l.AsOf != nil {
			plan.asOf = regexp.MustCompile(l.AsOf.Pattern)
		}
		plan.collect()
		out = append(out, plan)
	}
	return out
}

// Name is the layout's name, for messages.
func (p *Plan) Name() string {
	if p.layout.Name != "" {
		return p.layout.Name
	}
	return strings.Join(p.Datasets(), ", ")
}

// Datasets lists the datasets that the layout's files hold.
func (p *Plan) Datasets() []string {
	var out []string
	for _, t := range p.layout.targets() {
		if !slices.Contains(out, t.Dataset) {
			out = append(out, t.Dataset)
		}
	}
	return out
}

// Files lists the globs on names of files that the layout accepts; none = all.
func (p *Plan) Files() []string { return p.layout.Files }

// Formats lists the formats that the layout names; none = by extension.
func (p *Plan) Formats() []string { return p.layout.Format }

// Joins tells whether files of the layout take part in the named join.
func (p *Plan) Joins(name string) bool { return p.layout.Join == name }

// Encodings lists the encodings to try, in order.
func (p *Plan) Encodings() []string {
	if len(p.layout.Encoding) == 0 {
		return []string{UTF8Sig, UTF8, GB18030}
	}
	return p.layout.Encoding
}

// Format returns the format that a file of that base name has under the
// layout, or "" where the layout does not accept it.
func (p *Plan) Format(base string) string {
	base = strings.ToLower(base)
	ext := strings.TrimPrefix(extension(base), ".")
	if ext == "ndjson" {
		ext = JSONL
	}
	lower := make(Strings, len(p.layout.Files))
	for i, g := range p.layout.Files {
		lower[i] = strings.ToLower(g)
	}
	if !accepts(lower, base) {
		return ""
	}
	for _, f := range p.layout.Format {
		switch f {
		case Wangwang, Dongdong:
			if ext == "txt" || ext == "log" {
				return f
			}
		case CSV:
			if ext == "csv" || ext == "txt" || (len(p.layout.Format) == 1 && !slices.Contains(binary, ext)) {
				return f
			}
		default:
			if ext == f {
				return f
			}
		}
	}
	if len(p.layout.Format) == 0 && slices.Contains([]string{CSV, TSV, XLSX, JSONL, Parquet}, ext) {
		return ext
	}
	return ""
}

// binary are extensions of files that are no text, whatever a layout says.
var binary = []string{"xlsx", "xls", "parquet"}

func extension(base string) string {
	if i := strings.LastIndexByte(base, '.'); i >= 0 {
		return base[i:]
	}
	return ""
}

// Missing is a required column that a header lacks.
type Missing struct {
	Dataset string
	Column  string   // canonical name
	Aliases []string // names it may have in the file
}

// Fit tells how well a row of cells serves as the layout's header: the
// required columns that it lacks and how many cells are names that it knows.
func (p *Plan) Fit(cells []string) (lacks []Missing, knows int) {
	h := newHeader(cells)
	for n := range h.index {
		if p.knows(n) {
			knows++
		}
	}
	for _, t := range p.layout.targets() {
		schema := dataset.ByName(t.Dataset)
		columns := t.columns(schema)
		for _, c := range schema.Columns {
			col := columns[c.Name]
			if col == nil || !p.needs(c, col) {
				continue
			}
			for _, names := range col.sources() {
				if len(h.slots(names)) == 0 {
					lacks = append(lacks, Missing{Dataset: t.Dataset, Column: c.Name, Aliases: names})
				}
			}
		}
	}
	return append(lacks, p.lacksOfWhere(h)...), knows
}

// lacksOfWhere tells columns that rows are kept by: without them no row would be.
func (p *Plan) lacksOfWhere(h *header) []Missing {
	var out []Missing
	for _, name := range slices.Sorted(maps.Keys(p.layout.Where)) {
		from := Strings{name}
		for _, t := range p.layout.targets() {
			if c := t.columns(dataset.ByName(t.Dataset))[name]; c != nil && len(c.From) > 0 {
				from = c.From
			}
		}
		if len(h.slots(from)) == 0 {
			out = append(out, Missing{Dataset: p.Datasets()[0], Column: name, Aliases: from})
		}
	}
	return out
}

// Unfilled lists the mapped columns that a file with that header cannot fill,
// as dataset.column: none of the names that they may have is there.
func (p *Plan) Unfilled(cells []string) []string {
	h := newHeader(cells)
	var out []string
	for _, t := range p.layout.targets() {
		columns := t.columns(dataset.ByName(t.Dataset))
		for _, name := range slices.Sorted(maps.Keys(columns)) {
			c := columns[name]
			if c.Value != nil || c.Prorate != nil || len(c.Cases) > 0 || len(c.sources()) == 0 {
				continue
			}
			if slices.ContainsFunc(c.sources(), func(names Strings) bool { return len(h.slots(names)) == 0 }) {
				out = append(out, t.Dataset+"."+name)
			}
		}
	}
	return out
}

func (p *Plan) needs(c dataset.Column, col *Column) bool {
	return (c.Required || col.Required) && col.Value == nil && len(col.Cases) == 0
}

// collect gathers every name of a column that the layout speaks of.
func (p *Plan) collect() {
	add := func(names Strings) {
		for _, n := range names {
			if start, ok := strings.CutSuffix(n, "*"); ok {
				p.prefix = append(p.prefix, normal(start))
				continue
			}
			p.known[normal(n)] = true
		}
	}
	when := func(w When) {
		for n := range w {
			p.known[normal(n)] = true
		}
	}
	add(p.layout.Ignore)
	add(p.layout.FillDown)
	when(p.layout.Where)
	for _, f := range p.layout.Skip {
		when(f.When)
	}
	for _, t := range p.layout.targets() {
		for _, f := range t.Only {
			when(f.When)
		}
		for _, c := range t.columns(dataset.ByName(t.Dataset)) {
			add(c.From)
			for _, names := range append(slices.Clone(c.Concat), c.Multiply...) {
				add(names)
			}
			if c.Plus != nil {
				add(c.Plus.From)
			}
			if c.Prorate != nil {
				add(c.Prorate.Price)
				add(c.Prorate.Quantity)
			}
			for _, k := range c.Cases {
				when(k.When)
				add(k.From)
			}
		}
	}
}

func (p *Plan) knows(name string) bool {
	return p.known[name] || slices.ContainsFunc(p.prefix, func(start string) bool { return strings.HasPrefix(name, start) })
}

// Names lists the names of columns that the layout speaks of, for formats that
// carry a name with every value.
func (p *Plan) Names() []string {
	var out []string
	for n := range p.known {
		if _, ok := pseudo[n]; !ok {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out
}
