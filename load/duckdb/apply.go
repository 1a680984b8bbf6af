package duckdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"kefu/extract/sqltext"
	"kefu/load"
)

// run carries out the steps on the aside file.
func run(ctx context.Context, db *sql.DB, s load.Steps, result *load.Result) error {
	for _, name := range s.OldViews {
		if _, err := db.ExecContext(ctx, "drop view if exists "+sqltext.Ident(name)); err != nil {
			return fmt.Errorf("drop view %s: %w", name, err)
		}
	}
	for _, name := range s.Drop {
		if _, err := db.ExecContext(ctx, "drop table if exists "+sqltext.Ident(name)); err != nil {
			return fmt.Errorf("drop table %s: %w", name, err)
		}
	}
	for _, change := range s.Whole {
		if err := replaceTable(ctx, db, change, result); err != nil {
			return fmt.Errorf("table %s: %w", change.Table.Name, err)
		}
	}
	for _, change := range s.Partial {
		if err := replacePartitions(ctx, db, change, result); err != nil {
			return fmt.Errorf("table %s: %w", change.Table.Name, err)
		}
	}
	for _, table := range s.Comments {
		if err := setComments(ctx, db, "table", table.Name, table.FullComment(), table.Columns); err != nil {
			return fmt.Errorf("table %s: %w", table.Name, err)
		}
	}
	for _, inline := range s.Inline {
		if err := replaceInline(ctx, db, inline, result); err != nil {
			return fmt.Errorf("table %s: %w", inline.Table.Name, err)
		}
	}
	for _, view := range s.Views {
		if err := createView(ctx, db, view); err != nil {
			return fmt.Errorf("view %s: %w", view.Name, err)
		}
	}
	return nil
}

func createView(ctx context.Context, db *sql.DB, view load.View) error {
	if _, err := db.ExecContext(ctx, fmt.Sprintf("create view %s as %s", sqltext.Ident(view.Name), view.SQL)); err != nil {
		return fmt.Errorf("create: %w", err)
	}
	return setComments(ctx, db, "view", view.Name, view.FullComment(), view.Columns)
}

func replaceTable(ctx context.Context, db *sql.DB, change load.Change, result *load.Result) error {
	if err := createTable(ctx, db, change.Table); err != nil {
		return err
	}
	result.Tables++
	return insertFiles(ctx, db, change.Table, change.Files, result)
}

func replacePartitions(ctx context.Context, db *sql.DB, change load.Change, result *load.Result) error {
	result.Tables++
	for _, value := range change.ChangedValues() {
		condition, err := partitionCondition(change.Table.PartitionColumn, value)
		if err != nil {
			return err
		}
		if _, err := db.ExecContext(ctx, fmt.Sprintf("delete from %s where %s", sqltext.Ident(change.Table.Name), condition)); err != nil {
			return fmt.Errorf("remove old rows of %s: %w", value, err)
		}
	}
	return insertFiles(ctx, db, change.Table, change.ChangedFiles(), result)
}

func partitionCondition(column, value string) (string, error) {
	if value == "" {
		return sqltext.Ident(column) + " is null", nil
	}
	from, to, err := load.MonthBounds(value)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%[1]s >= date '%[2]s' and %[1]s < date '%[3]s'", sqltext.Ident(column), from.Format("2006-01-02"), to.Format("2006-01-02")), nil
}

func createTable(ctx context.Context, db *sql.DB, table load.Table) error {
	columns := make([]string, len(table.Columns))
	for i, column := range table.Columns {
		columns[i] = sqltext.Ident(column.Name) + " " + column.Type
	}
	statement := fmt.Sprintf("create or replace table %s (%s)", sqltext.Ident(table.Name), strings.Join(columns, ", "))
	if _, err := db.ExecContext(ctx, statement); err != nil {
		return fmt.Errorf("create: %w", err)
	}
	return setComments(ctx, db, "table", table.Name, table.FullComment(), table.Columns)
}

// setComments sets those of a table or a view, all at once: by themselves each
// would be written and synced before the next.
func setComments(ctx context.Context, db *sql.DB, kind, name, comment string, columns []load.Column) error {
	statements := []string{fmt.Sprintf("comment on %s %s is %s", kind, sqltext.Ident(name), sqltext.Literal(comment))}
	for _, column := range columns {
		statements = append(statements, fmt.Sprintf("comment on column %s.%s is %s", sqltext.Ident(name), sqltext.Ident(column.Name), sqltext.Literal(column.Comment)))
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("set comments: %w", err)
	}
	if _, err := tx.ExecContext(ctx, strings.Join(statements, "; ")); err != nil {
		return fmt.Errorf("set comments: %w", errors.Join(err, tx.Rollback()))
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("set comments: %w", err)
	}
	return nil
}

// insertFiles reads the table's columns from Parquet files; a column that no
// file has is NULL.
func insertFiles(ctx context.Context, db *sql.DB, table load.Table, files []string, result *load.Result) error {
	if len(files) == 0 {
		return nil
	}
	quoted := make([]string, len(files))
	for i, file := range files {
		quoted[i] = sqltext.Literal(load.LocalPath(file))
	}
	source := fmt.Sprintf("read_parquet([%s], union_by_name = true, hive_partitioning = false)", strings.Join(quoted, ", "))
	present, err := columnsOf(ctx, db, source)
	if err != nil {
		return err
	}
	names, values := make([]string, len(table.Columns)), make([]string, len(table.Columns))
	for i, column := range table.Columns {
		names[i] = sqltext.Ident(column.Name)
		values[i] = "null"
		if present[column.Name] {
			values[i] = fmt.Sprintf("cast(%s as %s)", sqltext.Ident(column.Name), column.Type)
		}
	}
	done, err := db.ExecContext(ctx, fmt.Sprintf("insert into %s (%s) select %s from %s",
		sqltext.Ident(table.Name), strings.Join(names, ", "), strings.Join(values, ", "), source))
	if err != nil {
		return fmt.Errorf("read %d files: %w", len(files), err)
	}
	n, err := done.RowsAffected()
	result.Rows += n
	return err
}

func columnsOf(ctx context.Context, db *sql.DB, source string) (map[string]bool, error) {
	rows, err := db.QueryContext(ctx, "select * from "+source+" limit 0")
	if err != nil {
		return nil, fmt.Errorf("read columns: %w", err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return nil, fmt.Errorf("read columns: %w", err)
	}
	present := make(map[string]bool, len(names))
	for _, name := range names {
		present[name] = true
	}
	return present, rows.Err()
}

// replaceInline makes a small table anew from its rows.
func replaceInline(ctx context.Context, db *sql.DB, inline load.Inline, result *load.Result) error {
	if err := createTable(ctx, db, inline.Table); err != nil {
		return err
	}
	result.Tables++
	casts := make([]string, len(inline.Table.Columns))
	for i, column := range inline.Table.Columns {
		casts[i] = fmt.Sprintf("cast(? as %s)", column.Type)
	}
	row := "(" + strings.Join(casts, ", ") + ")"
	const batch = 100
	for rows := inline.Rows; len(rows) > 0; {
		n := min(batch, len(rows))
		var args []any
		for _, values := range rows[:n] {
			args = append(args, values...)
		}
		statement := fmt.Sprintf("insert into %s values %s", sqltext.Ident(inline.Table.Name), strings.TrimSuffix(strings.Repeat(row+", ", n), ", "))
		if _, err := db.ExecContext(ctx, statement, args...); err != nil {
			return fmt.Errorf("insert rows: %w", err)
		}
		result.Rows += int64(n)
		rows = rows[n:]
	}
	return nil
}
