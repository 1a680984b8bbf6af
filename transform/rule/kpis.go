package rule

import "kefu/transform/rule/yamlnode"

// KPIRef is a KPI that a user's entry names.
type KPIRef struct {
	Rule, KPI string
	Pos       yamlnode.Pos // of the KPI
	Capped    bool         // in a pay plan: its attainment has a cap
}

// KPIs lists the KPIs that the user's entries name, in the order of the entries.
// Which KPIs there are is not known here.
func (s *Set) KPIs() []KPIRef {
	var out []KPIRef
	for _, c := range s.declared {
		if c.entry.shipped {
			continue
		}
		for _, v := range c.values {
			out = append(out, kpisOf(definitions[v.rule].Name, v)...)
		}
	}
	return out
}

// kpisOf leaves out KPIs that came from the table: they are not the user's words.
func kpisOf(rule string, v setting) []KPIRef {
	var out []KPIRef
	switch value := v.value.(type) {
	case []string:
		if rule != "training_kpis" {
			return nil
		}
		for i, name := range value {
			out = append(out, KPIRef{Rule: rule, KPI: name, Pos: v.node.Items[i].Pos})
		}
	case Grades, Targets:
		for _, p := range v.node.Pairs {
			out = append(out, KPIRef{Rule: rule, KPI: p.Key, Pos: p.Pos})
		}
	case PayPlan:
		for _, p := range v.node.Pairs {
			if term, ok := value.Terms[p.Key]; ok {
				out = append(out, KPIRef{Rule: rule, KPI: p.Key, Pos: p.Pos, Capped: term.Cap != nil})
			}
		}
	}
	return out
}
