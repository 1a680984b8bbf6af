// Package model owns the SQL models: the header that documents and checks
// each file, and the order in which they are computed.
package model

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// Scope says what a unit of recomputation of a model is.
type Scope string

// The scopes, in the order in which a night computes them.
const (
	Shop   Scope = "shop"   // a changed shop as a whole
	Buyer  Scope = "buyer"  // all rows of one buyer
	Day    Scope = "day"    // one shop's business day
	Window Scope = "window" // one shop's as-of day of the rolling windows
	Full   Scope = "full"   // the whole table
)

// Scopes lists the scopes in the order in which a night computes them.
func Scopes() []Scope { return []Scope{Shop, Buyer, Day, Window, Full} }

// Check is a condition that every row of a model fulfils.
type Check struct {
	Name string
	Expr string
}

// Column is a documented column.
type Column struct {
	Name string
	Doc  string
}

// Model is one SQL file: a documented select without parameters.
type Model struct {
	Name        string
	Layer       string // staging, intermediate or marts
	Path        string
	Description string
	Grain       []string // columns that identify a row
	Scope       Scope
	Stored      bool     // kept in the lake; else rebuilt within each run
	View        bool     // an unstored model that stands as a view, not a table
	Partition   string   // stored: the DATE column it is partitioned by, by month; "" = not partitioned
	Days        []string // DATE columns of a changed row that name the days to recompute downstream
	Publish     bool     // loaded into warehouses; an unstored one becomes a view there
	Hidden      []string // columns that warehouses do not get
	Columns     []Column
	Checks      []Check // a row that breaks one stops the publication of its shop
	Warnings    []Check // a row that breaks one is reported
	SQL         string  // the select, without the header
	Line        int     // line of the file at which SQL starts
	Refs        []string
}

type header struct {
	Description  string        `yaml:"description"`
	Grain        []string      `yaml:"grain"`
	Scope        string        `yaml:"scope"`
	Stored       bool          `yaml:"stored"`
	Materialized string        `yaml:"materialized"`
	Partition    string        `yaml:"partition"`
	Days         []string      `yaml:"days"`
	Publish      bool          `yaml:"publish"`
	Hidden       []string      `yaml:"hidden"`
	Columns      yaml.MapSlice `yaml:"columns"`
	Checks       yaml.MapSlice `yaml:"checks"`
	Warnings     yaml.MapSlice `yaml:"warnings"`
}

// Layers lists the folders of models, in reading order.
func Layers() []string { return []string{"staging", "intermediate", "marts"} }

// Parse reads every model of the file system, sorted by name. References are
// not known yet: see Build.
func Parse(fsys fs.FS) ([]*Model, error) {
	var out []*Model
	for _, layer := range Layers() {
		files, err := fs.Glob(fsys, layer+"/*.sql")
		if err != nil {
			return nil, fmt.Errorf("list models of %s: %w", layer, err)
		}
		for _, file := range files {
			text, err := fs.ReadFile(fsys, file)
			if err != nil {
				return nil, fmt.Errorf("read model: %w", err)
			}
			m, err := parse(file, layer, string(text))
			if err != nil {
				return nil, err
			}
			out = append(out, m)
		}
	}
	slices.SortFunc(out, func(a, b *Model) int { return strings.Compare(a.Name, b.Name) })
	for i := 1; i < len(out); i++ {
		if out[i].Name == out[i-1].Name {
			return nil, fmt.Errorf("%s: model %s stands also in %s", out[i].Path, out[i].Name, out[i-1].Path)
		}
	}
	return out, nil
}

func parse(file, layer, text string) (*Model, error) {
	var h header
	sql, line, err := ReadHeader(file, text, "model", &h)
	if err != nil {
		return nil, err
	}
	m := &Model{
		Name: strings.TrimSuffix(path.Base(file), ".sql"), Layer: layer, Path: file,
		Description: strings.TrimSpace(h.Description), Grain: h.Grain, Scope: Scope(h.Scope), Stored: h.Stored,
		View: h.Materialized == "view", Partition: h.Partition, Days: h.Days, Publish: h.Publish, Hidden: h.Hidden,
		Checks: checks(h.Checks), Warnings: checks(h.Warnings),
		SQL: sql, Line: line,
	}
	for _, c := range h.Columns {
		m.Columns = append(m.Columns, Column{Name: fmt.Sprint(c.Key), Doc: fmt.Sprint(c.Value)})
	}
	return m, m.validate()
}

func checks(items yaml.MapSlice) []Check {
	var out []Check
	for _, c := range items {
		out = append(out, Check{Name: fmt.Sprint(c.Key), Expr: fmt.Sprint(c.Value)})
	}
	return out
}

func (m *Model) validate() error {
	complain := func(format string, args ...any) error {
		return fmt.Errorf("%s: %s", m.Path, fmt.Sprintf(format, args...))
	}
	switch {
	case m.Description == "":
		return complain("the header has no description")
	case len(m.Grain) == 0:
		return complain("the header has no grain")
	case !slices.Contains(Scopes(), m.Scope):
		return complain("scope %q is none of %v", m.Scope, Scopes())
	case m.Stored && m.View:
		return complain("a stored model cannot be a view")
	case m.Publish && !m.Stored && (!m.View || m.Scope != Full):
		return complain("a published model must be stored, or a view of scope %s", Full)
	case m.Partition != "" && !m.Stored:
		return complain("partition is for stored models")
	case m.SQL == "":
		return complain("no select after the header")
	}
	return nil
}
