package main

import (
	"context"
	"fmt"
	"slices"

	"kefu/cmd/etl/internal/config"
	"kefu/sql"
	"kefu/transform/catalogue"
	"kefu/transform/rule"
	"kefu/transform/rule/yamlnode"
)

// inspectKPIs looks at the KPIs that rules name: those that a pay plan cannot
// pay by are errors, those in grades, targets and trainings that nothing
// computes are warnings.
func inspectKPIs(_ context.Context, cfg *config.Config) []config.Problem {
	known, err := catalogue.Load(sql.FS, "metrics.yaml")
	if err != nil {
		return []config.Problem{{Pos: yamlnode.Pos{File: "sql"}, Message: err.Error()}}
	}
	out := payPlanProblems(cfg, known)
	for _, ref := range cfg.Rules.KPIs() {
		if ref.Rule == "pay_plan" {
			continue
		}
		m, ok := known.Metric(ref.KPI)
		switch {
		case !ok:
			out = append(out, config.Problem{Pos: ref.Pos, Class: yamlnode.Warning,
				Message: fmt.Sprintf("%s: there is no KPI %s", ref.Rule, ref.KPI), Hint: suggestKPI(ref.KPI, known)})
		case ref.Rule == "training_kpis" && !judgesAgents(m):
			out = append(out, config.Problem{Pos: ref.Pos, Class: yamlnode.Warning,
				Message: fmt.Sprintf("%s: %s is no ratio of an agent's days, so its effect is always empty", ref.Rule, ref.KPI)})
		}
	}
	return out
}

// payPlanProblems are the KPIs of pay plans that pay cannot be computed by.
func payPlanProblems(cfg *config.Config, known *catalogue.Catalogue) []config.Problem {
	var out []config.Problem
	for _, ref := range cfg.Rules.KPIs() {
		if ref.Rule != "pay_plan" {
			continue
		}
		if message, hint := cannotPay(ref, known); message != "" {
			out = append(out, config.Problem{Pos: ref.Pos, Message: "pay_plan: " + message, Hint: hint})
		}
	}
	return out
}

// cannotPay says why a KPI cannot stand in a pay plan; "" where it can.
func cannotPay(ref rule.KPIRef, known *catalogue.Catalogue) (message, hint string) {
	m, ok := known.Metric(ref.KPI)
	switch {
	case !ok:
		return "there is no KPI " + ref.KPI, suggestKPI(ref.KPI, known)
	case !slices.Contains(m.Grains, "agent"):
		return ref.KPI + " is of shops, not of agents", "`etl catalog` tells the grains of every KPI"
	case !slices.Contains(m.Periods, "month"):
		return ref.KPI + " is neither a sum of days nor a ratio of such sums, so a calendar month has none", "`etl catalog` tells which KPIs have the period month"
	case m.Direction == "lower" && !ref.Capped:
		return ref.KPI + " is better the lower it is, so its attainment has no bound and needs a cap", "add cap: 150, say"
	}
	return "", ""
}

func suggestKPI(name string, known *catalogue.Catalogue) string {
	var names []string
	for _, m := range known.Metrics() {
		names = append(names, m.Name)
	}
	return yamlnode.Suggest(name, names)
}

// judgesAgents tells KPIs that a training can be judged by: ratios of agents.
func judgesAgents(m catalogue.Metric) bool {
	if m.Name == "nps" || m.Name == "churn_rate" { // ratios with a difference above the line
		return true
	}
	return m.Numerator != "" && slices.Contains(m.Grains, "agent") && slices.Contains(m.Periods, "day")
}
