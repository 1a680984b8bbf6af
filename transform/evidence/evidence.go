// Package evidence owns what stands behind a published KPI: the selects that
// list orders, receptions, turns and so on with the reason why each counts or
// does not, and the statements that add them up to the KPI again.
package evidence

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"kefu/transform/catalogue"
	"kefu/transform/model"
)

// Rows is a select over published tables that lists rows behind KPIs. Its first
// columns are platform, shop_id, grain, entity (the agent, his group, or empty
// at the shop) and dt; the last one, reason, says why the row counts or not.
type Rows struct {
	Name        string
	Path        string
	Row         string   // what a row is, such as reception
	Description string   // what the rows are
	Shows       []string // columns for people; machines get all
	Splits      []string // columns by which what the rows add can be divided
	Rules       []string // rules that decide which rows there are
	SQL         string
}

// Book is all evidence there is.
type Book struct {
	known *catalogue.Catalogue
	rows  map[string]*Rows
}

type header struct {
	Row         string   `yaml:"row"`
	Description string   `yaml:"description"`
	Shows       []string `yaml:"shows"`
	Splits      []string `yaml:"splits"`
	Rules       []string `yaml:"rules"`
}

// Load reads evidence/*.sql and holds them against the catalogue: every select
// that a metric names exists, and none is there for nothing.
func Load(fsys fs.FS, known *catalogue.Catalogue) (*Book, error) {
	files, err := fs.Glob(fsys, "evidence/*.sql")
	if err != nil {
		return nil, fmt.Errorf("list evidence: %w", err)
	}
	b := &Book{known: known, rows: map[string]*Rows{}}
	for _, file := range files {
		text, err := fs.ReadFile(fsys, file)
		if err != nil {
			return nil, fmt.Errorf("read evidence: %w", err)
		}
		r, err := parse(file, string(text))
		if err != nil {
			return nil, err
		}
		b.rows[r.Name] = r
	}
	used := map[string]bool{}
	for _, m := range known.Metrics() {
		if m.Evidence == nil || m.Evidence.Rows == "" {
			continue
		}
		used[m.Evidence.Rows] = true
		if b.rows[m.Evidence.Rows] == nil {
			return nil, fmt.Errorf("metric %s: there is no evidence/%s.sql", m.Name, m.Evidence.Rows)
		}
	}
	for name, r := range b.rows {
		if !used[name] {
			return nil, fmt.Errorf("%s: no metric names it", r.Path)
		}
	}
	return b, nil
}

func parse(file, text string) (*Rows, error) {
	var h header
	sql, _, err := model.ReadHeader(file, text, "evidence", &h)
	if err != nil {
		return nil, err
	}
	if h.Row == "" || h.Description == "" || len(h.Shows) == 0 {
		return nil, fmt.Errorf("%s: the header needs row, description and shows", file)
	}
	return &Rows{
		Name: strings.TrimSuffix(path.Base(file), ".sql"), Path: file, Row: h.Row, Description: strings.TrimSpace(h.Description),
		Shows: h.Shows, Splits: h.Splits, Rules: h.Rules, SQL: sql,
	}, nil
}

// Rows returns a select by its name; nil = there is none.
func (b *Book) Rows(name string) *Rows { return b.rows[name] }

// Group is a select with the metrics that its rows add up to.
type Group struct {
	*Rows
	Metrics []catalogue.Metric
}

// Groups returns the selects behind a metric, each with the parts of the metric
// that it explains, and the parts for which there is no evidence.
func (b *Book) Groups(metric string) (groups []Group, without []catalogue.Metric, err error) {
	parts, err := b.known.Parts(metric)
	if err != nil {
		return nil, nil, err
	}
	for _, m := range parts {
		if m.Evidence == nil || m.Evidence.Rows == "" {
			without = append(without, m)
			continue
		}
		i := slices.IndexFunc(groups, func(g Group) bool { return g.Name == m.Evidence.Rows })
		if i < 0 {
			groups = append(groups, Group{Rows: b.rows[m.Evidence.Rows]})
			i = len(groups) - 1
		}
		groups[i].Metrics = append(groups[i].Metrics, m)
	}
	return groups, without, nil
}

// Rules names the rules that matter for a metric, in no particular order.
func (b *Book) Rules(metric string) ([]string, error) {
	groups, _, err := b.Groups(metric)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, g := range groups {
		out = append(out, g.Rules...)
		for _, m := range g.Metrics {
			out = append(out, m.Evidence.Rules...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}
