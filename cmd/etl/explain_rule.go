package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"kefu/cmd/etl/internal/config"
	"kefu/cmd/etl/internal/explain"
	"kefu/cmd/etl/internal/night"
	"kefu/cmd/etl/internal/terminal"
	"kefu/sql"
	"kefu/transform/catalogue"
	"kefu/transform/compute"
	"kefu/transform/rule"

	"github.com/spf13/cobra"
)

// tryRule shows what another value of a rule would change.
func (a *app) tryRule(ctx context.Context, f explainFlags, metric string) error {
	cfg, err := a.load()
	if err != nil {
		return err
	}
	shop, grain, entity, err := f.find(cfg)
	if err != nil {
		return err
	}
	known, evidences, err := book()
	if err != nil {
		return err
	}
	if metric != "" {
		m, err := metricNamed(known, metric)
		if err != nil {
			return err
		}
		metric = m.Name
	}
	name, value, found := strings.Cut(f.rule, "=")
	if !found {
		return usagef("--rule %s: write RULE=VALUE, such as credit=pay_agent", f.rule)
	}
	if err := canTry(name); err != nil {
		return err
	}
	view, err := openLatest(ctx, cfg, nil)
	if err != nil {
		return err
	}
	defer view.close()
	if err := view.knows(ctx, shop, grain, entity); err != nil {
		return err
	}
	now, _, err := f.periods(ctx, view, shop)
	if err != nil {
		return err
	}
	rules, problems := cfg.Rules.Instead(rule.Shop{Platform: shop.Platform, ID: shop.ID}, name, value, now.From, now.To)
	if len(problems) > 0 {
		return &config.Error{Problems: problems}
	}
	values, err := a.whatIf(ctx, cfg, view, shop, rules, name)
	if errors.Is(err, night.ErrOutdated) {
		return &environmentError{err, "`etl run` computes them; then ask again"}
	}
	if err != nil {
		return err
	}
	if grain == "shop" {
		grain = "agent"
	}
	if err := a.bindDays(ctx, view); err != nil {
		return err
	}
	trial := explain.Trial{Rule: name, Value: strings.TrimSpace(value), Platform: shop.Platform, Shop: shop.ID, Period: now}
	if o, ok := cfg.Rules.Origin(shop.Platform, shop.ID, now.From, name); ok {
		trial.Instead, trial.Origin = o.Value, o.String()
	}
	trial.Changes, err = explain.New(view.engine, evidences, known).Gains(ctx, explain.Question{Platform: shop.Platform, Shop: shop.ID, Grain: grain, Now: now}, values)
	if err != nil {
		return err
	}
	trial.Changes = slices.DeleteFunc(trial.Changes, func(g explain.Gain) bool {
		return metric != "" && g.Metric != metric || entity != "" && g.Entity != entity
	})
	if a.json {
		return a.printJSON(trial)
	}
	a.printOtherRule(trial, metric == "")
	return nil
}

// canTry tells whether a rule can be tried on what is published.
func canTry(name string) error {
	for _, d := range rule.Definitions() {
		switch {
		case d.Name != name:
		case d.Text:
			return usagef("%s is applied when messages are read, and what is published has no more than its result: change it in the configuration and see `etl plan --diff`", name)
		case len(d.Columns()) == 0:
			return usagef("%s changes no number", name)
		}
	}
	return nil
}

// whatIf computes the days anew under other rules; nothing is kept.
func (a *app) whatIf(ctx context.Context, cfg *config.Config, view *published, shop *config.Shop, rules *rule.Set, changed string) ([]compute.ValueChange, error) {
	engine, macros, err := openEngine(ctx, cfg)
	if err != nil {
		return nil, err
	}
	defer func() { _ = engine.Close() }() // it held no more than a trial
	graph, err := openGraph(ctx, engine, a.modelFiles(), macros)
	if err != nil {
		return nil, err
	}
	known, err := catalogue.Load(sql.FS, "metrics.yaml")
	if err != nil {
		return nil, err
	}
	sources, err := a.sourcesOf(cfg)
	if err != nil {
		return nil, err
	}
	setup := night.Setup{Ledger: view.state, Lake: view.lake, Engine: engine, Graph: graph, Rules: rules, Catalogue: known, Shops: shopsOf(cfg), Configured: sources}
	return night.WhatIf(ctx, setup, view.publication, compute.ShopKey{Platform: shop.Platform, Shop: shop.ID}, changed)
}

// shownGains are the KPIs that a person is shown unless he names one.
var shownGains = []string{
	"sales_amount", "sales_orders", "sales_buyers", "inquiry_buyers", "inquiry_to_pay_rate", "lost_rate", "received_buyers", "reply_rate",
	"response_avg_s", "slow_rate", "reply_within_rate", "good_rate", "refund_rate", "sla_met_rate", "repeat_contact_rate",
}

// printOtherRule tells a person who would gain and who would lose.
func (a *app) printOtherRule(trial explain.Trial, choose bool) {
	out := a.terminal()
	out.Printf("%s: %s instead of %s (%s)\n%s/%s, %s; nothing is changed by this\n", out.Bold(trial.Rule), trial.Value, trial.Instead, trial.Origin, trial.Platform, trial.Shop, trial.Period)
	if len(trial.Changes) == 0 {
		out.Printf("%s no KPI of an agent would differ\n", out.Mark(terminal.OK))
		return
	}
	others := map[string]bool{}
	for i := 0; i < len(trial.Changes); {
		last := i
		for last < len(trial.Changes) && trial.Changes[last].Metric == trial.Changes[i].Metric {
			last++
		}
		if choose && !slices.Contains(shownGains, trial.Changes[i].Metric) {
			others[trial.Changes[i].Metric] = true
		} else {
			a.printGains(out, trial.Changes[i:last])
		}
		i = last
	}
	if len(others) > 0 {
		out.Printf("\n%s would differ, too: name a KPI to see it, or use --json\n", plural(len(others), "other KPI"))
	}
}

func (a *app) printGains(out *terminal.Terminal, gains []explain.Gain) {
	unit := gains[0].Unit
	out.Printf("\n")
	table := out.Table(terminal.Left(gains[0].Metric), terminal.Right("published"), terminal.Right("then"), terminal.Right("difference"))
	for _, g := range gains {
		difference := ""
		if g.Now != nil && g.Then != nil {
			difference = signed(*g.Then-*g.Now, unit)
		}
		table.Row(partTitle(g), amountOf(g.Now, unit), amountOf(g.Then, unit), difference)
	}
	table.Flush()
}

func partTitle(g explain.Gain) string {
	if g.Entity == "" {
		return fmt.Sprintf("(%s)", g.Grain)
	}
	return terminal.Clean(g.Entity)
}

// completeRuleValue offers the rules that can be tried.
func completeRuleValue(_ *cobra.Command, _ []string, _ string) ([]cobra.Completion, cobra.ShellCompDirective) {
	var out []cobra.Completion
	for _, d := range rule.Definitions() {
		if canTry(d.Name) == nil {
			out = append(out, cobra.CompletionWithDesc(d.Name+"=", d.Chinese))
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}
