package catalog

import (
	"slices"
	"time"

	"kefu/extract/dataset"
	"kefu/transform/rule"
)

// Rule is a setting that changes numbers.
type Rule struct {
	Name    string          `json:"name"`
	Group   string          `json:"group"`
	LabelZH string          `json:"label_zh,omitempty"`
	Meaning string          `json:"meaning"`
	Form    string          `json:"form"` // what its value may be
	Default string          `json:"default"`
	Shipped []PlatformValue `json:"shipped,omitempty"`  // what ships for platforms
	OnTexts bool            `json:"on_texts,omitempty"` // applied when a message is read; reaches the past as far as landed bytes do
	Columns []string        `json:"columns,omitempty"`  // of rule_day, by which the models read it
}

// PlatformValue is what ships for a platform.
type PlatformValue struct {
	Platform string `json:"platform"`
	From     string `json:"from,omitempty"` // first day; "" = always
	Value    string `json:"value"`
}

// RuleValue is a value in force for a shop.
type RuleValue struct {
	Platform  string `json:"platform"`
	Shop      string `json:"shop"`
	Rule      string `json:"rule"`
	LabelZH   string `json:"label_zh,omitempty"`
	Value     string `json:"value"`                // plain, or JSON for lists and mappings
	ValidFrom string `json:"valid_from,omitempty"` // first day; "" = without limit
	ValidTo   string `json:"valid_to,omitempty"`   // last day; "" = without limit
	Level     string `json:"level"`                // of the entry: shop, platform, general
	Origin    string `json:"origin"`               // file and line of the configuration, or what ships
}

// Rules describes every rule with what ships.
func Rules() []Rule {
	shipped, _ := rule.Parse(nil, nil) // what ships has no problems: its test says so
	var out []Rule
	for _, d := range rule.Definitions() {
		r := Rule{Name: d.Name, Group: d.Group, LabelZH: d.Chinese, Meaning: d.Meaning, Form: d.Form, OnTexts: d.Text}
		if o, ok := shipped.Origin("", "", time.Time{}, d.Name); ok {
			r.Default = o.Value
		}
		for _, c := range d.Columns() {
			r.Columns = append(r.Columns, c.Name)
		}
		out = append(out, r)
	}
	for _, platform := range dataset.Platforms() {
		for _, f := range shipped.Table([]rule.Shop{{Platform: platform}}) {
			if f.Origin.Platform == "" {
				continue
			}
			i := slices.IndexFunc(out, func(r Rule) bool { return r.Name == f.Origin.Rule })
			out[i].Shipped = append(out[i].Shipped, PlatformValue{Platform: platform, From: dateText(f.From), Value: f.Origin.Value})
		}
	}
	return out
}

// InForce lists the values of rules for the shops over all time, or only those
// in force on a day; day zero stands for all time.
func InForce(set *rule.Set, shops []rule.Shop, day time.Time) []RuleValue {
	labels := map[string]string{}
	for _, d := range rule.Definitions() {
		labels[d.Name] = d.Chinese
	}
	var out []RuleValue
	for _, f := range set.Table(shops) {
		if !day.IsZero() && (f.From.After(day) || !f.To.IsZero() && f.To.Before(day)) {
			continue
		}
		out = append(out, RuleValue{Platform: f.Platform, Shop: f.Shop, Rule: f.Origin.Rule, LabelZH: labels[f.Origin.Rule], Value: f.Origin.Value,
			ValidFrom: dateText(f.From), ValidTo: dateText(f.To), Level: f.Origin.Level, Origin: f.Origin.String()})
	}
	return out
}

func dateText(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}
