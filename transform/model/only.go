package model

import "slices"

// Only returns the graph that computes the named models and no more than they
// need: all that they read, however far, and the models of scope shop, by which
// every computation finds out what changed. The named ones are kept whatever
// their headers say, so that their rows can be read afterwards.
func (g *Graph) Only(names ...string) *Graph {
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
		if m.Scope == Shop || slices.Contains(names, m.Name) {
			want(m.Name)
		}
	}
	out := &Graph{byName: map[string]*Model{}, macros: g.macros}
	for _, m := range g.Ordered {
		if !wanted[m.Name] {
			continue
		}
		if !m.Stored && slices.Contains(names, m.Name) {
			kept := *m
			kept.Stored, kept.View = true, false
			m = &kept
		}
		out.Ordered, out.byName[m.Name] = append(out.Ordered, m), m
	}
	return out
}
