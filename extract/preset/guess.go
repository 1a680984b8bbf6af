package preset

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"kefu/extract/dataset"
)

// Guess is a mapping that was proposed for a file: valid, and to be looked
// through where it says DOUBT.
type Guess struct {
	Name     string   // of the preset
	YAML     string   // an entry of `presets:`, with comments
	Datasets []string // that it gives
	Doubts   []string // what the comments say
	Shipped  []string // presets that read the file as it is
}

// guesser weighs what the columns of a table may be.
type guesser struct {
	table  Table
	shapes []shape
	doubts []string
}

// Propose makes a mapping from the names of a table's columns and the form of
// their values.
func Propose(t Table) (Guess, error) {
	g := &guesser{table: t}
	for i := range t.Header {
		g.shapes = append(g.shapes, shapeOf(t.values(i)))
	}
	targets := g.targets()
	out := Guess{Name: presetName(t.File), Shipped: g.shipped()}
	body := g.render(targets)
	if _, err := Parse(out.Name, []byte(body)); err != nil {
		return Guess{}, fmt.Errorf("propose a preset: %w", err)
	}
	for _, p := range targets {
		out.Datasets = append(out.Datasets, p.schema.Name)
	}
	out.Doubts = g.doubts
	out.YAML = g.entry(out, body)
	return out, nil
}

// shipped lists the presets that read the file as it is.
func (g *guesser) shipped() []string {
	var out []string
	for _, s := range lexicon().plans {
		if lacks, _ := s.plan.Fit(g.table.Header); len(lacks) > 0 || !slices.Contains(s.plan.layout.Format, g.table.Format) {
			continue
		}
		if s.plan.layout.Columns == nil && len(s.plan.layout.Datasets) == 0 {
			continue // canonical: its files are named after their dataset
		}
		out = append(out, s.preset+" ("+s.plan.Name()+")")
	}
	return out
}

// proposed is a dataset that the file seems to hold.
type proposed struct {
	schema  *dataset.Schema
	columns map[string]*proposedColumn
	group   bool // rows are lines of orders
	score   int
}

// proposedColumn is where a canonical column's value seems to come from.
type proposedColumn struct {
	header int // -1 = none
	score  int
	parts  []keyed // of its mapping, besides from
	value  string  // constant
	notes  []string
}

type keyed struct{ key, text string }

// How sure a mapping is of its column.
const (
	sureByName  = 4 // a preset knows the name
	likeByName  = 2 // the name looks like it
	likeByShape = 1 // only its values do
)

// targets chooses the dataset that the columns fit best; lines of orders are
// two of them.
func (g *guesser) targets() []*proposed {
	var best *proposed
	for _, schema := range dataset.All() {
		if p := g.propose(schema); best == nil || p.score > best.score {
			best = p
		}
	}
	if name := best.schema.Name; name == "orders" || name == "order_items" {
		if both := g.lines(); both != nil {
			return both
		}
	}
	g.complete(best)
	return []*proposed{best}
}

// propose gives each column of a dataset the header that fits it best.
func (g *guesser) propose(schema *dataset.Schema) *proposed {
	p := &proposed{schema: schema, columns: map[string]*proposedColumn{}}
	type option struct{ column, header, score int }
	var options []option
	for i, c := range schema.Columns {
		for h, name := range g.table.Header {
			if s := g.likeness(schema, &schema.Columns[i], c.Name, h, name); s > 0 {
				options = append(options, option{i, h, s})
			}
		}
	}
	slices.SortStableFunc(options, func(a, b option) int { return b.score - a.score })
	taken := map[int]bool{}
	for _, o := range options {
		name := schema.Columns[o.column].Name
		if p.columns[name] != nil || taken[o.header] {
			continue
		}
		taken[o.header] = true
		p.columns[name] = &proposedColumn{header: o.header, score: o.score}
		p.score += o.score
	}
	// What repeats is no key, but for orders that have a line for each item.
	if key := p.columns[schema.Key[0]]; key != nil && len(schema.Key) == 1 && schema.Name != "orders" {
		if s := g.shapes[key.header]; s.distinct < s.n {
			p.score -= 6
		}
	}
	for _, c := range schema.Columns {
		switch have := p.columns[c.Name]; {
		case !c.Required:
		case have != nil:
			p.score += 5
		default:
			p.score -= 4
		}
	}
	return p
}

func (g *guesser) likeness(schema *dataset.Schema, c *dataset.Column, column string, h int, name string) int {
	score := 0
	for _, m := range lexicon().columns[normal(name)] {
		if m.dataset == schema.Name && m.column == column {
			score = sureByName
		}
	}
	if score == 0 && slices.ContainsFunc(hints, func(x hint) bool {
		return x.dataset == schema.Name && x.column == column && x.re.MatchString(normal(name))
	}) {
		score = likeByName
	}
	if score > 0 && !g.shapes[h].fits(c) {
		return 0
	}
	if score > 0 && c.Enum != nil && !g.shapes[h].enumerable() {
		return 0
	}
	return score
}

// complete finds something for required columns that no name speaks of, and
// says how each column is read.
func (g *guesser) complete(p *proposed) {
	for i := range p.schema.Columns {
		c := &p.schema.Columns[i]
		if c.Required && p.columns[c.Name] == nil {
			p.columns[c.Name] = g.anything(p, c)
		}
		if have := p.columns[c.Name]; have != nil && have.header >= 0 {
			g.read(p, c, have)
		}
	}
}

// anything is what stands in for a required column.
func (g *guesser) anything(p *proposed, c *dataset.Column) *proposedColumn {
	used := map[int]bool{}
	for _, have := range p.columns {
		used[have.header] = true
	}
	best := -1
	for h, s := range g.shapes {
		switch {
		case used[h] || s.n == 0 || g.table.Header[h] == "":
		case (c.Type == dataset.Instant || c.Type == dataset.Date) && s.times == s.n && best < 0:
			best = h
		case c.Type == dataset.String && c.Enum == nil && s.times == 0 && s.negative == 0 && s.whole == s.numbers && (best < 0 || s.distinct > g.shapes[best].distinct):
			best = h
		}
	}
	out := &proposedColumn{header: best, score: likeByShape}
	switch {
	case best >= 0:
		g.doubt(out, "no name tells this column; only its values fit")
	case c.Enum != nil:
		out.value = c.Enum[len(c.Enum)-1]
		if c.Name == "status" {
			out.value = "finished"
		}
		g.doubt(out, "no column tells it; every row gets this value")
	case c.Type == dataset.Instant || c.Type == dataset.Date:
		out.value = "2000-01-01"
		g.doubt(out, "no column holds times; every row gets this one")
	default:
		out.parts = []keyed{{"concat", `["@file", "@line"]`}}
		g.doubt(out, "no column holds ids; the file's name and the line stand in, so another export of the same rows doubles them")
	}
	return out
}

func (g *guesser) doubt(c *proposedColumn, format string, args ...any) {
	c.notes = append(c.notes, "DOUBT: "+fmt.Sprintf(format, args...))
}

var (
	digitsRun = regexp.MustCompile(`[0-9]+`)
	starsRun  = regexp.MustCompile(`\*([-_. ]?\*)+`)
)

// presetName makes a name of a file's.
func presetName(file string) string {
	name := strings.ToLower(digitsRun.ReplaceAllString(file, ""))
	name = strings.Trim(regexp.MustCompile(`[^a-z]+`).ReplaceAllString(name, "_"), "_")
	name = cmp.Or(name, "own")
	if slices.Contains(Names(), name) {
		name += "_own"
	}
	return name
}

// glob is a pattern for files that are named alike.
func glob(file, format string) string {
	name := starsRun.ReplaceAllString(digitsRun.ReplaceAllString(file, "*"), "*")
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`[]\?!`, r) || r < ' ' {
			return '?'
		}
		return r
	}, name)
	if strings.Trim(name, "*-_. ") == "" {
		name = "*"
	}
	return name + "." + format
}

// sortedColumns lists the proposed columns in the order of the schema.
func (p *proposed) sortedColumns() []string {
	return slices.SortedFunc(maps.Keys(p.columns), func(a, b string) int {
		_, i := p.schema.Column(a)
		_, j := p.schema.Column(b)
		return i - j
	})
}
