package model

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
)

// Graph holds the models in an order in which every model comes after those
// that it reads.
type Graph struct {
	Ordered []*Model
	byName  map[string]*Model
	macros  string
}

// Build orders the models. references tells which tables a select reads;
// inputs are the relations that are no models. macros is the text of the
// engine's macros, which takes part in every fingerprint.
func Build(models []*Model, inputs []string, macros string, references func(sql string) ([]string, error)) (*Graph, error) {
	g := &Graph{byName: map[string]*Model{}, macros: macros}
	for _, m := range models {
		g.byName[m.Name] = m
	}
	for _, m := range models {
		refs, err := references(m.SQL)
		if err != nil {
			return nil, fmt.Errorf("%s: parse select (it starts at line %d): %w", m.Path, m.Line, err)
		}
		for _, r := range refs {
			if g.byName[r] == nil && !slices.Contains(inputs, r) {
				return nil, fmt.Errorf("%s: reads %q, which is neither a model nor an input", m.Path, r)
			}
		}
		m.Refs = refs
	}
	state := map[string]int{}
	for _, m := range models {
		if err := g.visit(m, state, nil); err != nil {
			return nil, err
		}
	}
	if err := g.checkScopes(); err != nil {
		return nil, err
	}
	return g, g.checkViews()
}

func (g *Graph) visit(m *Model, state map[string]int, trail []string) error {
	switch state[m.Name] {
	case 1:
		return fmt.Errorf("%s: models read each other in a circle: %s", m.Path, strings.Join(append(trail, m.Name), " → "))
	case 2:
		return nil
	}
	state[m.Name] = 1
	for _, r := range m.Refs {
		if up := g.byName[r]; up != nil {
			if err := g.visit(up, state, append(trail, m.Name)); err != nil {
				return err
			}
		}
	}
	state[m.Name] = 2
	g.Ordered = append(g.Ordered, m)
	return nil
}

// checkScopes refuses a model that reads one of a later scope, or an unstored
// one of an earlier scope: it would see only the rows of this run.
func (g *Graph) checkScopes() error {
	rank := func(m *Model) int { return slices.Index(Scopes(), m.Scope) }
	for _, m := range g.Ordered {
		for _, r := range m.Refs {
			up := g.byName[r]
			if up == nil {
				continue
			}
			if rank(up) > rank(m) {
				return fmt.Errorf("%s: scope %s reads %s of the later scope %s", m.Path, m.Scope, r, up.Scope)
			}
			if rank(up) < rank(m) && !up.Stored {
				return fmt.Errorf("%s: scope %s reads %s of scope %s, which must be stored", m.Path, m.Scope, r, up.Scope)
			}
		}
	}
	return nil
}

// checkViews refuses a published view over what warehouses do not have.
func (g *Graph) checkViews() error {
	for _, m := range g.PublishedViews() {
		steps, tables := g.behind(m)
		if len(m.Columns) == 0 {
			return fmt.Errorf("%s: a published view documents all its columns", m.Path)
		}
		for _, table := range tables {
			if up := g.byName[table]; up == nil || !up.Publish {
				return fmt.Errorf("%s: a published view reads %q, which is not published", m.Path, table)
			}
		}
		for _, step := range steps {
			if !step.View {
				return fmt.Errorf("%s: a published view reads %s, which is neither stored nor a view", m.Path, step.Name)
			}
		}
	}
	return nil
}

// behind returns the unstored models that a model reads, however far, in order,
// and what those and itself read besides.
func (g *Graph) behind(m *Model) (steps []*Model, tables []string) {
	read := map[string]bool{m.Name: true}
	for i := slices.Index(g.Ordered, m); i >= 0; i-- {
		if !read[g.Ordered[i].Name] || g.Ordered[i].Stored {
			continue
		}
		if g.Ordered[i] != m {
			steps = append(steps, g.Ordered[i])
		}
		for _, r := range g.Ordered[i].Refs {
			if up := g.byName[r]; !read[r] && (up == nil || up.Stored) {
				tables = append(tables, r)
			}
			read[r] = true
		}
	}
	slices.Reverse(steps)
	return steps, tables
}

// Tables returns the stored models, and the relations that are no models, which
// an unstored model rests on.
func (g *Graph) Tables(m *Model) []string {
	_, tables := g.behind(m)
	return tables
}

// PublishedViews returns the published models that are not stored, in order.
func (g *Graph) PublishedViews() []*Model {
	var out []*Model
	for _, m := range g.Ordered {
		if m.Publish && !m.Stored {
			out = append(out, m)
		}
	}
	return out
}

// Standalone returns the select of an unstored model with the unstored models
// that it reads spelled out before it, so that it reads stored ones only. They
// are kept open for conditions of whoever reads from it.
func (g *Graph) Standalone(m *Model) string {
	steps, _ := g.behind(m)
	if len(steps) == 0 {
		return m.SQL
	}
	parts := make([]string, len(steps))
	for i, step := range steps {
		parts[i] = step.Name + " as not materialized (\n" + step.SQL + "\n)"
	}
	return "with\n\n" + strings.Join(parts, ",\n\n") + "\n\nselect * from (\n" + m.SQL + "\n) as " + m.Name
}

// Model returns the model of that name, or nil.
func (g *Graph) Model(name string) *Model { return g.byName[name] }

// OfScope returns the models of one scope in order.
func (g *Graph) OfScope(s Scope) []*Model {
	var out []*Model
	for _, m := range g.Ordered {
		if m.Scope == s {
			out = append(out, m)
		}
	}
	return out
}

// Stored returns the models that are kept in the lake, in order.
func (g *Graph) Stored() []*Model {
	var out []*Model
	for _, m := range g.Ordered {
		if m.Stored {
			out = append(out, m)
		}
	}
	return out
}

// Fingerprint changes whenever the text of the model, of a model that it
// reads (however far), or of the macros changes. Comments do not count.
func (g *Graph) Fingerprint(name string) string {
	seen := map[string]bool{}
	var walk func(n string)
	walk = func(n string) {
		m := g.byName[n]
		if m == nil || seen[n] {
			return
		}
		seen[n] = true
		for _, r := range m.Refs {
			walk(r)
		}
	}
	walk(name)
	names := make([]string, 0, len(seen))
	for n := range seen {
		names = append(names, n)
	}
	slices.Sort(names)
	h := sha256.New()
	h.Write([]byte(stripComments(g.macros)))
	for _, n := range names {
		m := g.byName[n]
		fmt.Fprintf(h, "\x00%s\x00%s\x00%s\x00%v", n, m.Scope, stripComments(m.SQL), m.Days)
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

// stripComments drops -- comments and runs of white space outside of quotes,
// so that a better comment recomputes nothing.
func stripComments(sql string) string {
	var b strings.Builder
	for line := range strings.Lines(sql) {
		if i := commentStart(line); i >= 0 {
			line = line[:i]
		}
		if s := strings.TrimSpace(line); s != "" {
			b.WriteString(s)
			b.WriteByte('\n')
		}
	}
	return b.String()
}

func commentStart(line string) int {
	quoted := false
	for i := 0; i+1 < len(line); i++ {
		switch {
		case line[i] == '\'':
			quoted = !quoted
		case !quoted && line[i] == '-' && line[i+1] == '-':
			return i
		}
	}
	return -1
}
