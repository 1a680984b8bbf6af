package model

import (
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// Names lists the models of the file system, sorted, without reading them.
func Names(fsys fs.FS) ([]string, error) {
	var out []string
	for _, layer := range Layers() {
		files, err := fs.Glob(fsys, layer+"/*.sql")
		if err != nil {
			return nil, fmt.Errorf("list models of %s: %w", layer, err)
		}
		for _, file := range files {
			out = append(out, strings.TrimSuffix(path.Base(file), ".sql"))
		}
	}
	slices.Sort(out)
	return out, nil
}

// Select returns the graph of the models that fit a pattern (such as
// kpi_*_day), of all that they read, however far, and of those of scope shop,
// by which every computation finds out what changed. A malformed pattern fits
// nothing.
func (g *Graph) Select(patterns []string) *Graph {
	wanted := map[string]bool{}
	var want func(name string)
	want = func(name string) {
		m := g.byName[name]
		if m == nil || wanted[name] {
			return
		}
		wanted[name] = true
		for _, r := range m.Refs {
			want(r)
		}
	}
	for _, m := range g.Ordered {
		fits := func(pattern string) bool { ok, err := path.Match(pattern, m.Name); return ok && err == nil }
		if m.Scope == Shop || slices.ContainsFunc(patterns, fits) {
			want(m.Name)
		}
	}
	out := &Graph{byName: map[string]*Model{}, macros: g.macros}
	for _, m := range g.Ordered {
		if wanted[m.Name] {
			out.Ordered, out.byName[m.Name] = append(out.Ordered, m), m
		}
	}
	return out
}
