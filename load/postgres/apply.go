package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	server "kefu/extract/postgres"
	"kefu/load"
)

// Marks of names of ours: of the key's constraint, and of a table that is
// filled aside.
const (
	keyMark = "_key"
	newMark = "_new"
)

// replace deletes the rows of a condition and copies others in, in place.
func (l *loading) replace(ctx context.Context, table load.Table, condition string, content content) (int64, error) {
	if _, err := l.tx.Exec(ctx, fmt.Sprintf("delete from %s where %s", l.name(table.Name), condition)); err != nil {
		return 0, fmt.Errorf("remove old rows: %w", err)
	}
	reshaped, err := l.reshape(ctx, table)
	if err != nil {
		return 0, err
	}
	known, err := content.outline()
	if err != nil {
		return 0, err
	}
	have := l.tables[table.Name]
	nullable := slices.ContainsFunc(table.Key, func(c string) bool { return slices.Contains(known.nulls, c) })
	rekeyed := reshaped || have.key == "p" && nullable || !have.keyFits(table)
	if rekeyed {
		if err := l.dropKey(ctx, table); err != nil {
			return 0, err
		}
	}
	rows, err := l.copy(ctx, table.Name, table.Columns, "", content)
	if err != nil || !rekeyed {
		return rows, err
	}
	return rows, l.rekey(ctx, table)
}

// rekey gives a table in place, with its rows, the key that it shall have.
func (l *loading) rekey(ctx context.Context, table load.Table) error {
	if err := l.dropKey(ctx, table); err != nil {
		return err
	}
	var nulls []string
	for _, key := range table.Key {
		var some bool
		query := fmt.Sprintf("select exists (select from %s where %s is null)", l.name(table.Name), server.Ident(key))
		if err := l.tx.QueryRow(ctx, query).Scan(&some); err != nil {
			return fmt.Errorf("look for missing values of %s: %w", key, err)
		}
		if some {
			nulls = append(nulls, key)
		}
	}
	if err := l.addKey(ctx, table, table.Name, nulls); err != nil {
		return err
	}
	have := l.tables[table.Name]
	have.keyed = keyOrder(table)
	l.tables[table.Name] = have
	return nil
}

// dropKey takes the key away, and what a primary key asks of its columns.
func (l *loading) dropKey(ctx context.Context, table load.Table) error {
	have := l.tables[table.Name]
	if have.key == "" {
		return nil
	}
	statements := []string{fmt.Sprintf("alter table %s drop constraint %s", l.name(table.Name), server.Ident(table.Name+keyMark))}
	for _, column := range have.keyed {
		statements = append(statements, fmt.Sprintf("alter table %s alter column %s drop not null", l.name(table.Name), server.Ident(column)))
	}
	if _, err := l.tx.Exec(ctx, strings.Join(statements, "; ")); err != nil {
		return fmt.Errorf("change the key: %w", err)
	}
	have.key, have.keyed = "", nil
	l.tables[table.Name] = have
	return nil
}

// reshape gives a table in place the columns that it shall have; it tells
// whether there was anything to do. The table has no rows then.
func (l *loading) reshape(ctx context.Context, table load.Table) (bool, error) {
	have := l.tables[table.Name]
	if have.fits(table) {
		return false, nil
	}
	if err := l.dropKey(ctx, table); err != nil {
		return false, err
	}
	want := map[string]load.Column{}
	for _, column := range table.Columns {
		want[column.Name] = column
	}
	var changes []string
	for i, name := range have.names {
		column, stays := want[name]
		switch {
		case !stays:
			changes = append(changes, "drop column "+server.Ident(name))
		case have.types[i] != columnType(column.Type):
			changes = append(changes, "drop column "+server.Ident(name), "add column "+columnDefinition(column))
		}
	}
	for _, column := range table.Columns {
		if !slices.Contains(have.names, column.Name) {
			changes = append(changes, "add column "+columnDefinition(column))
		}
	}
	if err := l.dropViews(ctx); err != nil {
		return false, err
	}
	for _, change := range changes {
		if _, err := l.tx.Exec(ctx, "alter table "+l.name(table.Name)+" "+change); err != nil {
			return false, fmt.Errorf("change its columns, on which others have built: %w", err)
		}
	}
	return true, nil
}

// partitions is the condition of the rows of all partitions that change.
func partitions(change load.Change) (string, error) {
	column := server.Ident(change.Table.PartitionColumn)
	var conditions []string
	for _, value := range change.ChangedValues() {
		if value == "" {
			conditions = append(conditions, column+" is null")
			continue
		}
		from, to, err := load.MonthBounds(value)
		if err != nil {
			return "", err
		}
		conditions = append(conditions, fmt.Sprintf("%[1]s >= date '%[2]s' and %[1]s < date '%[3]s'", column, from.Format("2006-01-02"), to.Format("2006-01-02")))
	}
	if len(conditions) == 0 {
		return "", errors.New("no partition of it changed")
	}
	return strings.Join(conditions, " or "), nil
}
