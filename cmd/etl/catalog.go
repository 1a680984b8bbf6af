package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"kefu/cmd/etl/internal/catalog"
	"kefu/cmd/etl/internal/config"
	"kefu/cmd/etl/internal/night"
	"kefu/load"
	"kefu/sql"
	"kefu/transform/catalogue"
	"kefu/transform/compute"
	"kefu/transform/duckdb"
	"kefu/transform/rule"
	"kefu/transform/rule/yamlnode"

	"github.com/spf13/cobra"
)

// sections are the parts of the catalogue in the order of the document.
var sections = []string{"datasets", "kpis", "tables", "models", "rules"}

// catalogFlags choose what of the catalogue is shown, and how.
type catalogFlags struct {
	format, at, shop string
}

func (a *app) catalogCommand() *cobra.Command {
	var f catalogFlags
	cmd := &cobra.Command{
		Use:   "catalog",
		Short: "Datasets, KPIs, tables, models and rules with their definitions",
		Long: `Datasets, KPIs, tables, models and rules with their definitions. A part of it is
named, and entries of the part after it; these are shown in full.`,
		Example: `  etl catalog kpis
  etl catalog kpis inquiry_to_pay_rate
  etl catalog rules --shop flagship --at 2026-02-01
  etl catalog rules credit --shop flagship
  etl catalog --format md > catalogue.md`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return a.catalog(cmd.Context(), f, "", nil) },
	}
	cmd.PersistentFlags().StringVar(&f.format, "format", "text", "text, md (for a wiki) or json (as --json)")
	_ = cmd.RegisterFlagCompletionFunc("format", cobra.FixedCompletions([]string{"text", "md", "json"}, cobra.ShellCompDirectiveNoFileComp))
	about := map[string]string{
		"datasets": "What sources deliver: columns, keys, event times", "kpis": "What each KPI means, and the two sides of a rate",
		"tables": "Tables of the warehouse and their columns", "models": "The SQL models: grain, columns, checks, who reads whom",
		"rules": "Settings that change a number; with --shop or --at the values in force",
	}
	names := map[string]completion{"datasets": completeDatasets, "kpis": completeMetrics, "tables": a.completeTables, "models": a.completeModels, "rules": completeRules}
	for _, section := range sections {
		sub := &cobra.Command{
			Use: section + " [NAME...]", Short: about[section], ValidArgsFunction: single(names[section]),
			RunE: func(cmd *cobra.Command, args []string) error { return a.catalog(cmd.Context(), f, section, args) },
		}
		if section == "rules" {
			sub.Flags().StringVar(&f.at, "at", "", "the values in force on this `DAY` (2026-01-31)")
			sub.Flags().StringVar(&f.shop, "shop", "", "the values in force for this shop, `PLATFORM/SHOP` or SHOP, over time")
		}
		cmd.AddCommand(sub)
	}
	return cmd
}

func (a *app) catalog(ctx context.Context, f catalogFlags, section string, names []string) error {
	format := f.format
	if a.json {
		format = "json"
	}
	if !slices.Contains([]string{"text", "md", "json"}, format) {
		return usagef("--format cannot be %q (text, md or json)", f.format)
	}
	doc, err := a.describe(ctx, f, section)
	if err != nil {
		return err
	}
	if doc, err = doc.Select(section, names); err != nil {
		return &usageError{err}
	}
	switch format {
	case "json":
		return a.printJSON(doc.Content(section))
	case "md":
		a.terminal().Printf("%s", doc.Markdown())
	default:
		a.printCatalog(doc, len(names) > 0)
	}
	return nil
}

// describe makes the section, or the whole.
func (a *app) describe(ctx context.Context, f catalogFlags, section string) (catalog.Document, error) {
	var doc catalog.Document
	wants := func(name string) bool { return section == "" || section == name }
	if wants("datasets") {
		doc.Datasets = catalog.Datasets()
	}
	if wants("rules") {
		if f.at != "" || f.shop != "" {
			values, err := a.rulesInForce(f)
			doc.InForce = values
			return doc, err
		}
		doc.Rules = catalog.Rules()
	}
	if section == "datasets" || section == "rules" {
		return doc, nil
	}
	known, err := catalogue.Load(sql.FS, "metrics.yaml")
	if err != nil {
		return doc, err
	}
	models, tables, err := a.describeModels(ctx, known)
	if err != nil {
		return doc, err
	}
	if wants("models") {
		doc.Models = models
	}
	if wants("tables") {
		doc.Tables = tables
	}
	if wants("kpis") {
		doc.KPIs = catalog.KPIs(known, tables)
	}
	return doc, nil
}

// describeModels asks the engine for the columns of the models; it reads no data.
func (a *app) describeModels(ctx context.Context, known *catalogue.Catalogue) ([]catalog.Model, []catalog.Table, error) {
	macros, err := sql.FS.ReadFile("macros/duckdb.sql")
	if err != nil {
		return nil, nil, fmt.Errorf("read macros: %w", err)
	}
	engine, err := duckdb.Open(ctx, duckdb.Options{Macros: string(macros)})
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = engine.Close() }() // it held nothing
	graph, err := openGraph(ctx, engine, a.modelFiles(), string(macros))
	if err != nil {
		return nil, nil, err
	}
	columns, err := compute.Describe(ctx, engine, graph, night.Relations())
	if err != nil {
		return nil, nil, fmt.Errorf("describe models: %w", err)
	}
	tables := []load.Table{load.RunsTable(nil).Table, load.QualityTable(nil).Table}
	for _, m := range graph.Stored() {
		if m.Publish {
			tables = append(tables, night.TableOf(m, columns[m.Name], known))
		}
	}
	for _, m := range graph.PublishedViews() {
		tables = append(tables, night.TableOf(m, columns[m.Name], known))
	}
	for _, m := range compute.LockTables(graph) {
		if m.Publish {
			tables = append(tables, night.TableOf(m, compute.LockedChangesColumns(), known))
		}
	}
	return catalog.Models(graph, columns, known), catalog.Tables(tables), nil
}

// rulesInForce reads the configuration: which values hold for its shops.
func (a *app) rulesInForce(f catalogFlags) ([]catalog.RuleValue, error) {
	var day time.Time
	if f.at != "" {
		var err error
		if day, err = parseDay("--at", f.at); err != nil {
			return nil, err
		}
	}
	cfg, err := a.load()
	if err != nil {
		return nil, err
	}
	shops := cfg.RuleShops()
	if f.shop != "" {
		s, err := shopNamed(cfg, f.shop)
		if err != nil {
			return nil, err
		}
		shops = []rule.Shop{{Platform: s.Platform, ID: s.ID, Zone: s.Zone}}
	}
	return catalog.InForce(cfg.Rules, shops, day), nil
}

// shopNamed finds the shop that --shop names, as SHOP or PLATFORM/SHOP.
func shopNamed(cfg *config.Config, name string) (*config.Shop, error) {
	known := make([]string, len(cfg.Shops))
	for i, s := range cfg.Shops {
		if name == s.ID || name == s.Platform+"/"+s.ID {
			return &cfg.Shops[i], nil
		}
		known[i] = s.Platform + "/" + s.ID
	}
	hint := yamlnode.Suggest(name, known)
	if hint != "" {
		hint = ": " + hint
	}
	return nil, usagef("--shop %s: the configuration declares no such shop%s", name, hint)
}
