package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"slices"

	"kefu/cmd/etl/internal/config"
	"kefu/cmd/etl/internal/night"
	"kefu/load"
	"kefu/load/duckdb"
	"kefu/load/postgres"
	"kefu/load/report"
	"kefu/transform/rule/yamlnode"
)

// largeTables, where it is set, is from how many bytes on a server's tables are
// filled as large ones are; tests have few rows.
var largeTables int64

// openWarehouse returns a configured warehouse; nothing is connected yet.
func openWarehouse(cfg *config.Config, w *config.Warehouse) load.Warehouse {
	if w.Server != nil {
		server := postgres.New(w.Server, w.Schema)
		if largeTables > 0 {
			server.LargeFrom(largeTables)
		}
		return server
	}
	return duckdb.New(w.Path, duckdb.Options{
		MemoryLimit: fmt.Sprintf("%dMiB", int64(cfg.Engine.MemoryLimit)>>20), Threads: cfg.Engine.Threads,
	})
}

func warehousesOf(cfg *config.Config, names []string) []night.Warehouse {
	var out []night.Warehouse
	for _, name := range names {
		if w := cfg.Warehouse(name); w != nil {
			out = append(out, night.Warehouse{Name: w.Name, Tables: tablesOf(cfg, w.Name), Warehouse: openWarehouse(cfg, w)})
		}
	}
	return out
}

// tablesOf are the patterns of the tables that a warehouse gets: those of all
// pipelines that load it, so that it holds the same whichever comes last.
// Pipelines that only read say nothing; nil = every table.
func tablesOf(cfg *config.Config, warehouse string) []string {
	var out []string
	for _, p := range cfg.Pipelines {
		if slices.Contains(p.Warehouses, warehouse) {
			out = append(out, p.Models...)
		}
	}
	return out
}

// inspectWarehouses asks the servers whether a load could work.
func inspectWarehouses(ctx context.Context, cfg *config.Config) []config.Problem {
	var out []config.Problem
	for i := range cfg.Warehouses {
		w := &cfg.Warehouses[i]
		if w.Server == nil {
			continue
		}
		if err := postgres.New(w.Server, w.Schema).Check(ctx); err != nil {
			out = append(out, config.Problem{Pos: w.Pos, Class: yamlnode.Environment, Message: fmt.Sprintf("warehouse %s: %s", w.Name, err)})
		}
	}
	return out
}

// readWarehouse lets do read a warehouse, all of it at one state.
func readWarehouse(ctx context.Context, w *config.Warehouse, do func(report.Querier) error) error {
	const hint = "`etl run` makes and fills it"
	if w.Server != nil {
		err := postgres.New(w.Server, w.Schema).Read(ctx, func(tx *sql.Tx) error { return do(tx) })
		if errors.Is(err, postgres.ErrEmpty) {
			return &environmentError{fmt.Errorf("open warehouse %s: %w", w.Name, err), hint}
		}
		return err
	}
	if _, err := os.Stat(w.Path); err != nil {
		return &environmentError{fmt.Errorf("open warehouse %s: %w", w.Name, err), hint}
	}
	db, err := duckdb.OpenReader(ctx, w.Path)
	if err != nil {
		return err
	}
	defer db.Close()
	return do(db)
}
