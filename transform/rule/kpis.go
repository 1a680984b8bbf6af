package rule

import "kefu/transform/rule/yamlnode"

// KPIRef is a KPI that a user's entry names.
type KPIRef struct {
	Rule, KPI string
	Pos       yamlnode.Pos // of the rule's name
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
			for _, name := range kpiNames(definitions[v.rule].Name, v) {
				out = append(out, KPIRef{Rule: definitions[v.rule].Name, KPI: name, Pos: v.pos})
			}
		}
	}
	return out
}

// kpiNames leaves out KPIs that came from the table: they are not the user's words.
func kpiNames(rule string, v setting) []string {
	switch value := v.value.(type) {
	case []string:
		if rule == "training_kpis" {
			return value
		}
	case Grades, Targets, PayPlan:
		var out []string
		for _, p := range v.node.Pairs {
			out = append(out, p.Key)
		}
		return out
	}
	return nil
}
