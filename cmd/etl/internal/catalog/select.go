package catalog

import (
	"fmt"
	"slices"

	"kefu/transform/rule"
	"kefu/transform/rule/yamlnode"
)

// Select keeps the entries of the section that are named; without names it
// keeps all. A name that there is not is an error that says what is near.
func (d Document) Select(section string, names []string) (Document, error) {
	if len(names) == 0 {
		return d, nil
	}
	var err error
	switch section {
	case "datasets":
		d.Datasets, err = keep("dataset", d.Datasets, func(x Dataset) string { return x.Name }, names)
	case "kpis":
		d.KPIs, err = keep("KPI", d.KPIs, func(x KPI) string { return x.Name }, names)
	case "tables":
		d.Tables, err = keep("table", d.Tables, func(x Table) string { return x.Name }, names)
	case "models":
		d.Models, err = keep("model", d.Models, func(x Model) string { return x.Name }, names)
	case "rules":
		if d.Rules == nil {
			known := rule.Names()
			if err = check("rule", known, names); err == nil {
				d.InForce = slices.DeleteFunc(d.InForce, func(v RuleValue) bool { return !slices.Contains(names, v.Rule) })
			}
			return d, err
		}
		d.Rules, err = keep("rule", d.Rules, func(x Rule) string { return x.Name }, names)
	}
	return d, err
}

func keep[T any](what string, list []T, name func(T) string, names []string) ([]T, error) {
	known := make([]string, len(list))
	for i, x := range list {
		known[i] = name(x)
	}
	if err := check(what, known, names); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(list, func(x T) bool { return !slices.Contains(names, name(x)) }), nil
}

func check(what string, known, names []string) error {
	for _, n := range names {
		if slices.Contains(known, n) {
			continue
		}
		if hint := yamlnode.Suggest(n, known); hint != "" {
			return fmt.Errorf("there is no %s %q: %s", what, n, hint)
		}
		return fmt.Errorf("there is no %s %q", what, n)
	}
	return nil
}

// Content is what JSON shows of the section: its list alone, or all of them.
func (d Document) Content(section string) any {
	switch section {
	case "datasets":
		return d.Datasets
	case "kpis":
		return d.KPIs
	case "tables":
		return d.Tables
	case "models":
		return d.Models
	case "rules":
		if d.Rules == nil {
			return d.InForce
		}
		return d.Rules
	default:
		return d
	}
}
