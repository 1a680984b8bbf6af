package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"slices"
	"text/tabwriter"
)

// result is all that was measured.
type result struct {
	Threads  int        `json:"threads"`
	CPUs     int        `json:"cpus"`
	Memory   string     `json:"memory_limit"`         // while reading files
	Compute  string     `json:"compute_memory_limit"` // afterwards
	Buyers   int        `json:"buyers"`
	Rows     int64      `json:"rows,omitempty"` // of all files
	Measures []*measure `json:"measures"`
	Models   []*model   `json:"models,omitempty"` // slowest first
}

// measure is one thing measured several times.
type measure struct {
	Section string    `json:"section"`
	Who     string    `json:"who"`
	What    string    `json:"what"`
	Unit    string    `json:"unit"`
	Min     float64   `json:"min"`
	Median  float64   `json:"median"`
	Max     float64   `json:"max"`
	Target  string    `json:"target,omitempty"`
	Reached *bool     `json:"reached,omitempty"` // by the median
	Values  []float64 `json:"values"`
}

type model struct {
	Name    string    `json:"name"`
	Rows    int64     `json:"rows"`
	Seconds float64   `json:"seconds"` // median
	Values  []float64 `json:"values"`
}

func newResult(o options) result {
	return result{Threads: o.threads, CPUs: runtime.NumCPU(), Memory: o.memory, Compute: cmp.Or(o.compute, "default"), Buyers: o.buyers}
}

func (r *result) add(section, who, what, unit string, value float64) *measure {
	i := slices.IndexFunc(r.Measures, func(m *measure) bool { return m.Section == section && m.Who == who && m.What == what })
	if i < 0 {
		r.Measures = append(r.Measures, &measure{Section: section, Who: who, What: what, Unit: unit})
		i = len(r.Measures) - 1
	}
	m := r.Measures[i]
	m.Values = append(m.Values, value)
	m.Min, m.Median, m.Max = slices.Min(m.Values), median(m.Values), slices.Max(m.Values)
	return m
}

// under adds a measure that is to stay below a target.
func (r *result) under(section, who, what, unit string, value, target float64) {
	m := r.add(section, who, what, unit, value)
	reached := m.Median <= target
	m.Target, m.Reached = "≤ "+number(target), &reached
}

// over adds a measure that is to reach a target.
func (r *result) over(section, who, what, unit string, value, target float64) {
	m := r.add(section, who, what, unit, value)
	reached := m.Median >= target
	m.Target, m.Reached = "≥ "+number(target), &reached
}

func (r *result) model(name string, rows int64, seconds float64) {
	i := slices.IndexFunc(r.Models, func(m *model) bool { return m.Name == name })
	if i < 0 {
		r.Models = append(r.Models, &model{Name: name})
		i = len(r.Models) - 1
	}
	m := r.Models[i]
	m.Rows, m.Values = rows, append(m.Values, seconds)
	m.Seconds = median(m.Values)
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

func (r *result) sort() {
	slices.SortStableFunc(r.Models, func(a, b *model) int { return cmp.Compare(b.Seconds, a.Seconds) })
}

func (r *result) printJSON(w io.Writer) error {
	r.sort()
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(r)
}

// shownModels is how many of the slowest models a person sees.
const shownModels = 15

func (r *result) print(w io.Writer) error {
	r.sort()
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "%d buyers, %d threads on %d CPUs, memory limit %s while reading, %s afterwards\n\n", r.Buyers, r.Threads, r.CPUs, r.Memory, r.Compute)
	if r.Rows > 0 {
		fmt.Fprintf(t, "%d rows in all files\n\n", r.Rows)
	}
	fmt.Fprintln(t, "section\twho\twhat\tunit\tmin\tmedian\tmax\ttarget\t")
	for _, m := range r.Measures {
		mark := ""
		if m.Reached != nil {
			mark = map[bool]string{true: "reached", false: "MISSED"}[*m.Reached]
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", m.Section, m.Who, m.What, m.Unit, number(m.Min), number(m.Median), number(m.Max), m.Target, mark)
	}
	if len(r.Models) > 0 {
		fmt.Fprintln(t, "\nmodel\trows\tseconds")
		for _, m := range r.Models[:min(len(r.Models), shownModels)] {
			fmt.Fprintf(t, "%s\t%d\t%s\n", m.Name, m.Rows, number(m.Seconds))
		}
	}
	return t.Flush()
}

// number writes three significant digits, and whole numbers in full.
func number(v float64) string {
	if v >= 100 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}
