package main

import (
	"context"
	"path/filepath"

	"kefu/cmd/etl/internal/config"
	"kefu/cmd/etl/internal/terminal"
	"kefu/load/report"

	"github.com/spf13/cobra"
)

func (a *app) reportCommand() *cobra.Command {
	var dir, name, language string
	cmd := &cobra.Command{
		Use:   "report",
		Short: "One HTML file with charts and tables; it needs no network",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return a.report(cmd.Context(), dir, name, language) },
	}
	flags := cmd.Flags()
	flags.StringVar(&dir, "out", "", "`DIR` to write report.html to (default: var/report beside the configuration)")
	flags.StringVar(&name, "warehouse", "", "`NAME` of the warehouse to read (default: the first)")
	flags.StringVar(&language, "language", "zh", "what the reader sees first: zh or en")
	return cmd
}

func (a *app) report(ctx context.Context, dir, name, language string) error {
	if language != "zh" && language != "en" {
		return usagef("--language %s is neither zh nor en", language)
	}
	cfg, err := a.load()
	if err != nil {
		return err
	}
	if dir == "" {
		dir = filepath.Join(filepath.Dir(a.configFile), "var", "report")
	}
	w, err := chooseWarehouse(cfg, name)
	if err != nil {
		return err
	}
	var path string
	err = readWarehouse(ctx, w, func(warehouse report.Querier) error {
		path, err = report.Save(ctx, dir, warehouse, report.Options{Language: language})
		return err
	})
	if err != nil {
		return err
	}
	if a.json {
		return a.printJSON(map[string]string{"report": path})
	}
	out := a.terminal()
	out.Printf("%s report: %s\n", out.Mark(terminal.OK), path)
	return nil
}

func chooseWarehouse(cfg *config.Config, name string) (*config.Warehouse, error) {
	if name == "" && len(cfg.Warehouses) > 0 {
		return &cfg.Warehouses[0], nil
	}
	if w := cfg.Warehouse(name); w != nil {
		return w, nil
	}
	if len(cfg.Warehouses) == 0 {
		return nil, usagef("the configuration has no warehouse to report on")
	}
	return nil, usagef("the configuration has no warehouse %q", name)
}
