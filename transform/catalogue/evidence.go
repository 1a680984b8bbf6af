package catalogue

import (
	"fmt"
	"slices"
	"strings"
)

// Evidence says which rows stand behind a metric that is no ratio, and how they
// add up to it. Expressions are SQL over the columns of Rows.
type Evidence struct {
	Rows     string   `yaml:"rows"`     // select that lists the rows: sql/evidence/<rows>.sql
	Where    string   `yaml:"where"`    // which of them count; "" = all
	Sum      string   `yaml:"sum"`      // what of a row is added up
	Distinct string   `yaml:"distinct"` // what of a row is counted, each once
	Once     string   `yaml:"once"`     // of distinct: day (or "": each once a day) or window
	Having   string   `yaml:"having"`   // of distinct, once a window: condition on the rows of one
	Item     string   `yaml:"item"`     // what of a row Value is about
	Value    string   `yaml:"value"`    // an aggregate over item; of Of, a formula
	Empty    string   `yaml:"empty"`    // of value: what no rows make; "" = NULL
	Of       []string `yaml:"of"`       // the metrics of which Value makes this one, instead of rows
	Rules    []string `yaml:"rules"`    // rules that matter, beside those of the rows
	Windows  []int    `yaml:"windows"`  // the only windows that have the metric; empty = all
	None     string   `yaml:"none"`     // why there is no evidence to show
}

func (v *validation) evidence(c *Catalogue, i int) {
	m := c.metrics[i]
	e := m.Evidence
	switch {
	case e == nil:
		return
	case m.Numerator != "":
		v.add(i, "evidence", "metric %s: a ratio has the evidence of its sides", m.Name)
	case countSet(e.Rows != "", len(e.Of) > 0, e.None != "") != 1:
		v.add(i, "evidence", "metric %s: evidence has one of rows, of and none", m.Name)
	case e.Rows != "" && countSet(e.Sum != "", e.Distinct != "", e.Value != "") > 1:
		v.add(i, "evidence", "metric %s: evidence has at most one of sum, distinct and value", m.Name)
	case (len(e.Of) > 0 || e.Item != "") && e.Value == "":
		v.add(i, "evidence", "metric %s: evidence lacks value", m.Name)
	case e.Rows != "" && e.Value != "" && e.Item == "":
		v.add(i, "evidence", "metric %s: evidence lacks item", m.Name)
	case !slices.Contains([]string{"", "day", "window"}, e.Once) || e.Once != "" && e.Distinct == "":
		v.add(i, "evidence", "metric %s: once says day or window of distinct", m.Name)
	case e.Having != "" && e.Once != "window":
		v.add(i, "evidence", "metric %s: having is for what counts once a window", m.Name)
	}
	for _, part := range e.Of {
		if other, ok := c.Metric(part); !ok || other.Evidence == nil || other.Evidence.Rows == "" {
			v.add(i, "evidence", "metric %s: %q is no metric with rows", m.Name, part)
		}
	}
}

func countSet(flags ...bool) int {
	n := 0
	for _, on := range flags {
		if on {
			n++
		}
	}
	return n
}

// Sides returns the metrics whose sum is the numerator, and those of the
// denominator; none for what is no ratio.
func (m Metric) Sides() (numerator, denominator []string) {
	split := func(side string) []string {
		if side == "" {
			return nil
		}
		return strings.Split(side, " + ")
	}
	return split(m.Numerator), split(m.Denominator)
}

// Parts returns the metrics with rows, or without evidence, that the metric is
// made of: itself where it is one of these.
func (c *Catalogue) Parts(metric string) ([]Metric, error) {
	m, ok := c.Metric(metric)
	if !ok {
		return nil, fmt.Errorf("there is no KPI %s", metric)
	}
	numerator, denominator := m.Sides()
	names := slices.Concat(numerator, denominator)
	if m.Evidence != nil {
		names = append(names, m.Evidence.Of...)
	}
	if len(names) == 0 {
		return []Metric{m}, nil
	}
	var out []Metric
	for _, name := range names {
		part, _ := c.Metric(name)
		if !slices.ContainsFunc(out, func(o Metric) bool { return o.Name == name }) {
			out = append(out, part)
		}
	}
	return out, nil
}
