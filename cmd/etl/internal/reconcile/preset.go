package reconcile

import (
	"embed"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"kefu/extract/preset"
	"kefu/transform/catalogue"

	"github.com/goccy/go-yaml"
)

// Preset says how the KPI reports of one program are laid out.
type Preset struct {
	Name        string         `yaml:"-"`
	Description string         `yaml:"description"`
	Platforms   preset.Strings `yaml:"platforms"` // whose shops it reports on; none = any
	// Missing are texts of cells without a number; "" always is one.
	Missing preset.Strings `yaml:"missing"`
	// Delayed are texts of cells whose number comes days later.
	Delayed preset.Strings `yaml:"delayed"`
	// Totals name rows that sum up those above, Skip rows that are no entity's,
	// such as means; both may end in *.
	Totals  preset.Strings `yaml:"totals"`
	Skip    preset.Strings `yaml:"skip"`
	Reports []*Layout      `yaml:"reports"`
}

// Layout is one kind of report.
type Layout struct {
	Name  string         `yaml:"name"`
	Files preset.Strings `yaml:"files"` // globs on names of files that speak for it; others may be it, too
	Grain string         `yaml:"grain"` // agent, shop
	// Entity are the names of the column that says whose a row is; at shop
	// grain there is none.
	Entity preset.Strings `yaml:"entity"`
	// Date are the names of the column with the day of a row; without one the
	// whole file is of the days that its name or the command line tells.
	Date preset.Strings `yaml:"date"`
	// Window is how many days, up to the one that is named, the numbers are of.
	Window int `yaml:"window"`
	// Headers is 2 where a row of group titles stands above the header; names of
	// columns are then group-name.
	Headers int `yaml:"headers"`
	// Limit is how many rows the program exports at most; 0 = not known.
	Limit   int               `yaml:"limit"`
	Metrics map[string]Column `yaml:"metrics"` // KPI → column
	Ignore  preset.Strings    `yaml:"ignore"`  // columns that are known and have no KPI of ours

	of *Preset
}

// Column is where a report has a KPI.
type Column struct {
	From preset.Strings `yaml:"from"` // names, aliases of each other
	Unit string         `yaml:"unit"` // where it is not the KPI's own: minutes, percent, fen …
}

// UnmarshalYAML accepts a name or a list of names in place of a mapping.
func (c *Column) UnmarshalYAML(decode func(any) error) error {
	var names preset.Strings
	if err := decode(&names); err == nil {
		c.From = names
		return nil
	}
	type plain Column
	return decode((*plain)(c))
}

//go:embed shipped/*.yaml
var files embed.FS

var shipped = preset.Collection{FS: files, Kind: "report preset"}

// Names lists the presets of reports that come with the product.
func Names() []string { return shipped.Names() }

// Source returns the YAML of a preset that comes with the product.
func Source(name string) ([]byte, error) { return shipped.Source(name) }

// Shipped returns a preset that comes with the product.
func Shipped(name string, metrics *catalogue.Catalogue) (*Preset, error) {
	data, err := Source(name)
	if err != nil {
		return nil, err
	}
	return Parse(name, name+".yaml", data, metrics)
}

// IsReport tells whether a user's preset is one of reports: it has the key
// reports.
func IsReport(data []byte) bool {
	var content struct {
		Reports []any `yaml:"reports"`
	}
	return yaml.Unmarshal(data, &content) == nil && content.Reports != nil
}

// Parse reads a preset strictly. Errors tell file, line and column.
func Parse(name, file string, data []byte, metrics *catalogue.Catalogue) (*Preset, error) {
	p := &Preset{Name: name}
	if err := yaml.UnmarshalWithOptions(data, p, yaml.Strict()); err != nil {
		var at yaml.Error
		if errors.As(err, &at) && at.GetToken() != nil {
			return nil, fmt.Errorf("%s:%d:%d: %s", file, at.GetToken().Position.Line, at.GetToken().Position.Column, at.GetMessage())
		}
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	var problems []error
	if len(p.Reports) == 0 {
		problems = append(problems, fmt.Errorf("%s: has no reports", file))
	}
	for i, l := range p.Reports {
		l.of = p
		for _, problem := range l.check(metrics) {
			problems = append(problems, fmt.Errorf("%s: report %d %s: %w", file, i+1, l.Name, problem))
		}
	}
	return p, errors.Join(problems...)
}

func (l *Layout) check(metrics *catalogue.Catalogue) []error {
	var out []error
	switch {
	case l.Name == "":
		out = append(out, errors.New("name is missing"))
	case l.Grain != "agent" && l.Grain != "shop":
		out = append(out, fmt.Errorf("grain is agent or shop, not %q", l.Grain))
	case l.Grain == "agent" && len(l.Entity) == 0:
		out = append(out, errors.New("entity, the column of the agent, is missing"))
	case l.Grain == "shop" && len(l.Entity) > 0:
		out = append(out, errors.New("entity stands only at grain agent"))
	case len(l.Metrics) == 0:
		out = append(out, errors.New("metrics are missing"))
	}
	if l.Headers < 0 || l.Headers > 2 || l.Window < 0 || l.Limit < 0 {
		out = append(out, errors.New("headers is 1 or 2, window and limit are no less than 0"))
	}
	for _, name := range slices.Sorted(maps.Keys(l.Metrics)) {
		m, ok := metrics.Metric(name)
		switch {
		case !ok:
			out = append(out, fmt.Errorf("metric %s: there is no such KPI; `etl catalog` lists them", name))
		case !slices.Contains(m.Grains, l.Grain) || !slices.Contains(m.Periods, "day"):
			out = append(out, fmt.Errorf("metric %s: there is none of a %s and day", name, l.Grain))
		case unitSize(m.Unit, l.Metrics[name].Unit) == nil:
			out = append(out, fmt.Errorf("metric %s: it is in %s, which %s is no unit of", name, m.Unit, l.Metrics[name].Unit))
		case len(l.Metrics[name].From) == 0:
			out = append(out, fmt.Errorf("metric %s: from, the names of its column, is missing", name))
		}
	}
	return out
}

// is tells whether a text is one of the words; those that end in * fit what
// begins so.
func is(words preset.Strings, text string) bool {
	text = preset.NormalName(text)
	return slices.ContainsFunc(words, func(w string) bool {
		start, open := strings.CutSuffix(preset.NormalName(w), "*")
		return text == start || open && strings.HasPrefix(text, start)
	})
}

// PresetName is the name of the preset that the layout is of.
func (l *Layout) PresetName() string { return l.of.Name }

// Platforms are those whose shops the layout reports on; none = any.
func (l *Layout) Platforms() []string { return l.of.Platforms }
