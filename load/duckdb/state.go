package duckdb

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"

	"kefu/load"
)

// readState reads etl_publication. A database without any table is an empty
// warehouse; one with tables but without etl_publication is not ours.
func readState(ctx context.Context, db *sql.DB) (load.State, error) {
	var tables, ours int
	err := db.QueryRowContext(ctx, `select count(*), count(*) filter (where table_name = ?) from duckdb_tables() where database_name = 'warehouse'`,
		load.StateTable().Name).Scan(&tables, &ours)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read what the warehouse holds: %w", err)
	case tables > 0 && ours == 0:
		return nil, ErrForeign
	case tables == 0:
		return nil, nil
	}
	rows, err := db.QueryContext(ctx, load.StateQuery+load.StateTable().Name)
	if err != nil {
		return nil, fmt.Errorf("read what the warehouse holds: %w", err)
	}
	defer rows.Close()
	state := load.State{}
	for rows.Next() {
		if err := state.Scan(rows.Scan); err != nil {
			return nil, err
		}
	}
	return state, rows.Err()
}

// mostlyNew: reading everything costs little more and leaves a dense file.
func mostlyNew(s load.Steps) bool { return s.Read*2 > s.All }

// folders are those of all files that the steps read.
func folders(s load.Steps) []string {
	var folders []string
	add := func(files []string) {
		for _, file := range files {
			folders = append(folders, filepath.Dir(load.LocalPath(file))+string(filepath.Separator))
		}
	}
	for _, change := range s.Whole {
		add(change.Files)
	}
	for _, change := range s.Partial {
		add(change.ChangedFiles())
	}
	slices.Sort(folders)
	return slices.Compact(folders)
}
