// Package catalogue owns what the KPIs mean: labels, units, definitions and the
// two sides of every rate, as sql/metrics.yaml states them. The table dim_metric,
// the comments of the warehouse's columns and the report's labels come from it.
package catalogue

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// Metric is one KPI column.
type Metric struct {
	Name        string    `yaml:"metric"`
	LabelZH     string    `yaml:"label_zh"`
	LabelEN     string    `yaml:"label_en"`
	Unit        string    `yaml:"unit"`      // one of Units
	Direction   string    `yaml:"direction"` // higher, lower, neutral: which way is better
	Formula     string    `yaml:"formula"`
	Numerator   string    `yaml:"numerator"`   // a metric or a sum of metrics; "" = no ratio
	Denominator string    `yaml:"denominator"` // likewise
	Grains      []string  `yaml:"grains"`      // agent, group, shop
	Periods     []string  `yaml:"periods"`     // day, window, month
	Source      []string  `yaml:"source"`      // datasets that the number comes from
	Evidence    *Evidence `yaml:"evidence"`    // rows behind it; nil for ratios
}

// Units that a metric can have. A ratio is shown as a percentage, a number is a
// plain quotient.
var Units = []string{"count", "items", "yuan", "seconds", "hours", "ratio", "number", "score", "characters", "instant"}

var (
	directions = []string{"higher", "lower", "neutral"}
	grains     = []string{"agent", "group", "shop"}
	periods    = []string{"day", "window", "month"}
)

// wide are the periods whose tables have a column per metric.
var wide = periods[:2]

// IsSum tells a metric whose days add up from ratios and from what is counted
// over a period as a whole.
func (m Metric) IsSum() bool { return m.Numerator == "" && slices.Contains(m.Periods, "month") }

// Catalogue is all metrics in the order of the file.
type Catalogue struct {
	metrics []Metric
	byName  map[string]int
}

// Load reads the catalogue strictly and reports everything that is wrong with
// it, each with file:line:col.
func Load(fsys fs.FS, name string) (*Catalogue, error) {
	text, err := fs.ReadFile(fsys, name)
	if err != nil {
		return nil, fmt.Errorf("read catalogue: %w", err)
	}
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil, positioned(name, err)
	}
	if len(file.Docs) != 1 {
		return nil, fmt.Errorf("%s: holds %d YAML documents, want one", name, len(file.Docs))
	}
	var content struct {
		Version int      `yaml:"version"`
		Metrics []Metric `yaml:"metrics"`
	}
	if err := yaml.NodeToValue(file.Docs[0].Body, &content, yaml.Strict()); err != nil {
		return nil, positioned(name, err)
	}
	if content.Version != 1 {
		return nil, fmt.Errorf("%s: version %d is unknown, want 1", name, content.Version)
	}
	c := &Catalogue{metrics: content.Metrics, byName: map[string]int{}}
	v := validation{name: name, file: file}
	for i := range c.metrics {
		v.metric(c, i)
	}
	for i := range c.metrics {
		v.references(c, i)
		v.evidence(c, i)
	}
	if len(v.problems) > 0 {
		return nil, errors.Join(v.problems...)
	}
	return c, nil
}

func positioned(name string, err error) error {
	var at yaml.Error
	if errors.As(err, &at) && at.GetToken() != nil {
		position := at.GetToken().Position
		return fmt.Errorf("%s:%d:%d: %s", name, position.Line, position.Column, at.GetMessage())
	}
	return fmt.Errorf("%s: %w", name, err)
}

// Metrics returns all metrics in their order.
func (c *Catalogue) Metrics() []Metric { return slices.Clone(c.metrics) }

// Metric returns the metric of a column.
func (c *Catalogue) Metric(name string) (Metric, bool) {
	i, ok := c.byName[name]
	if !ok {
		return Metric{}, false
	}
	return c.metrics[i], true
}

// Definition is the formula, or the ratio where that says it all.
func (m Metric) Definition() string {
	switch {
	case m.Numerator == "":
		return m.Formula
	case m.Formula == "":
		return side(m.Numerator) + " / " + side(m.Denominator)
	}
	return m.Formula + " = " + side(m.Numerator) + " / " + side(m.Denominator)
}

func side(s string) string {
	if strings.Contains(s, " ") {
		return "(" + s + ")"
	}
	return s
}

type validation struct {
	name     string
	file     *ast.File
	problems []error
}

func (v *validation) add(i int, field, format string, args ...any) {
	message := fmt.Sprintf(format, args...)
	for _, path := range []string{fmt.Sprintf("$.metrics[%d].%s", i, field), fmt.Sprintf("$.metrics[%d]", i)} {
		parsed, err := yaml.PathString(path)
		if err != nil {
			continue
		}
		if node, err := parsed.FilterFile(v.file); err == nil {
			position := node.GetToken().Position
			v.problems = append(v.problems, fmt.Errorf("%s:%d:%d: %s", v.name, position.Line, position.Column, message))
			return
		}
	}
	v.problems = append(v.problems, fmt.Errorf("%s: %s", v.name, message))
}

func (v *validation) metric(c *Catalogue, i int) {
	m := &c.metrics[i]
	if _, twice := c.byName[m.Name]; twice {
		v.add(i, "metric", "metric %s occurs twice", m.Name)
	}
	c.byName[m.Name] = i
	if len(m.Periods) == 0 {
		m.Periods = slices.Clone(periods)
	}
	for field, value := range map[string]string{"metric": m.Name, "label_zh": m.LabelZH, "label_en": m.LabelEN} {
		if value == "" {
			v.add(i, field, "metric %s: %s is missing", m.Name, field)
		}
	}
	if len(m.Source) == 0 {
		v.add(i, "source", "metric %s: source is missing", m.Name)
	}
	if (m.Numerator == "") != (m.Denominator == "") {
		v.add(i, "numerator", "metric %s: numerator and denominator stand together", m.Name)
	}
	if m.Formula == "" && m.Numerator == "" {
		v.add(i, "formula", "metric %s: neither formula nor numerator and denominator", m.Name)
	}
	v.oneOf(i, m.Name, "unit", []string{m.Unit}, Units)
	v.oneOf(i, m.Name, "direction", []string{m.Direction}, directions)
	v.oneOf(i, m.Name, "grains", m.Grains, grains)
	v.oneOf(i, m.Name, "periods", m.Periods, periods)
}

func (v *validation) oneOf(i int, metric, field string, values, known []string) {
	if len(values) == 0 {
		v.add(i, field, "metric %s: %s is missing", metric, field)
	}
	for _, value := range values {
		if !slices.Contains(known, value) {
			v.add(i, field, "metric %s: %s %q is none of %s", metric, field, value, strings.Join(known, ", "))
		}
	}
}

// references: both sides of a rate are columns wherever the rate is one.
func (v *validation) references(c *Catalogue, i int) {
	m := c.metrics[i]
	for field, value := range map[string]string{"numerator": m.Numerator, "denominator": m.Denominator} {
		most := map[string]int{"numerator": numeratorTerms, "denominator": denominatorTerms}[field]
		if n := len(terms(value)); n > most {
			v.add(i, field, "metric %s: the %s is a sum of %d metrics, at most %d can be told apart", m.Name, field, n, most)
		}
		for _, part := range terms(value) {
			other, ok := c.Metric(part)
			switch {
			case !ok:
				v.add(i, field, "metric %s: %s %q is no metric", m.Name, field, part)
			case !containsAll(other.Grains, m.Grains) || !containsAll(other.Periods, m.Periods):
				v.add(i, field, "metric %s: %s %s has not the same grains and periods", m.Name, field, part)
			}
		}
	}
}

func containsAll(all, some []string) bool {
	for _, s := range some {
		if !slices.Contains(all, s) {
			return false
		}
	}
	return true
}
