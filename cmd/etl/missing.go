package main

import (
	"context"
	"fmt"
	"strings"

	"kefu/cmd/etl/internal/night"
	"kefu/extract/dataset"
	"kefu/extract/lake"
	"kefu/sql"
	"kefu/transform/compute"
	"kefu/transform/duckdb"
)

// bindMissing binds the tables that the selects read and the publication does
// not have, because they have no rows: as empty ones.
func (a *app) bindMissing(ctx context.Context, view *published, selects ...string) error {
	var missing []string
	for _, s := range selects {
		names, err := view.engine.References(ctx, s)
		if err != nil {
			return fmt.Errorf("read select: %w", err)
		}
		for _, name := range names {
			if !view.bound[name] {
				view.bound[name] = true
				missing = append(missing, name)
			}
		}
	}
	if len(missing) == 0 {
		return nil
	}
	columns, err := a.columnsOf(ctx, view.engine)
	if err != nil {
		return err
	}
	for _, name := range missing {
		list, ok := columns[name]
		if !ok {
			continue // the select itself will say so
		}
		nulls := make([]string, len(list))
		for i, c := range list {
			nulls[i] = fmt.Sprintf(`cast(null as %s) as "%s"`, c.Type, c.Name)
		}
		if err := view.engine.Exec(ctx, fmt.Sprintf(`create view "%s" as select %s where false`, name, strings.Join(nulls, ", "))); err != nil {
			return fmt.Errorf("bind %s: %w", name, err)
		}
	}
	return nil
}

// columnsOf lists the columns of every dataset and model.
func (a *app) columnsOf(ctx context.Context, engine *duckdb.Engine) (map[string][]lake.Column, error) {
	macros, err := sql.FS.ReadFile("macros/duckdb.sql")
	if err != nil {
		return nil, fmt.Errorf("read macros: %w", err)
	}
	// Describing binds every name, so it has a session of its own.
	session, err := engine.Session(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = session.Close() }() // it held no rows
	graph, err := openGraph(ctx, session, a.modelFiles(), string(macros))
	if err != nil {
		return nil, err
	}
	columns, err := compute.Describe(ctx, session, graph, night.Relations())
	if err != nil {
		return nil, fmt.Errorf("describe models: %w", err)
	}
	for _, s := range dataset.All() {
		for _, c := range s.Stored() {
			columns[s.Name] = append(columns[s.Name], lake.Column{Name: c.Name, Type: c.Type.SQL()})
		}
	}
	return columns, nil
}
