package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	server "kefu/extract/postgres"
	"kefu/extract/sqltext"
	"kefu/load"
	"kefu/transform/model"
)

// Marks of names of ours: of the key's constraint, and of a table that is
// filled aside.
const (
	keyMark = "_key"
	newMark = "_new"
)

// content is what fills a table.
type content struct {
	rows func(ctx context.Context, emit func([]byte) error) error
	// nulls tells the columns of the table that may hold a NULL among the rows.
	nulls func() ([]string, error)
}

func filesOf(table load.Table, files []string) content {
	return content{fromFiles(table, files), func() ([]string, error) { return mayBeNull(table, files) }}
}

func valuesOf(inline load.Inline) content {
	return content{fromValues(inline), func() ([]string, error) { return nilColumns(inline), nil }}
}

// columnType spells a type of load.Column as PostgreSQL does.
func columnType(kind string) string {
	base, arguments, _ := strings.Cut(kind, "(")
	switch base {
	case "VARCHAR":
		return "text"
	case "DOUBLE":
		return "double precision"
	case "DECIMAL":
		return "numeric(" + strings.ReplaceAll(arguments, " ", "")
	case "TIMESTAMP":
		return "timestamp without time zone"
	}
	return strings.ToLower(kind)
}

// columnDefinition is a column as create table takes it. Text sorts by its
// bytes, as in every other warehouse.
func columnDefinition(column load.Column) string {
	definition := server.Ident(column.Name) + " " + columnType(column.Type)
	if column.Type == "VARCHAR" {
		definition += ` collate pg_catalog."C"`
	}
	return definition
}

// fill makes the table aside and fills it; swapAll renames it.
func (l *loading) fill(ctx context.Context, table load.Table, content content) (int64, error) {
	aside := table.Name + newMark
	if _, taken := l.tables[aside]; taken {
		return 0, fmt.Errorf("%s: %w", aside, ErrForeign)
	}
	columns := make([]string, len(table.Columns))
	for i, column := range table.Columns {
		columns[i] = columnDefinition(column)
	}
	if _, err := l.tx.Exec(ctx, fmt.Sprintf("create table %s (%s)", l.name(aside), strings.Join(columns, ", "))); err != nil {
		return 0, fmt.Errorf("create: %w", err)
	}
	// The rows need no later rewriting: nobody can see them before the end.
	rows, err := l.copy(ctx, table, aside, " freeze", content)
	if err != nil {
		return 0, err
	}
	nulls, err := content.nulls()
	if err != nil {
		return 0, err
	}
	if err := l.addKey(ctx, table, aside, nulls); err != nil {
		return 0, err
	}
	if err := l.comment(ctx, table, aside); err != nil {
		return 0, err
	}
	old, there := l.table(table.Name)
	if there {
		if err := l.grant(ctx, old.oid, aside); err != nil {
			return 0, err
		}
	}
	l.swaps = append(l.swaps, swap{table: table.Name, aside: aside, replaces: there})
	return rows, nil
}

// replace deletes the rows of a condition and copies others in, in place.
func (l *loading) replace(ctx context.Context, table load.Table, condition string, content content) (int64, error) {
	if _, err := l.tx.Exec(ctx, fmt.Sprintf("delete from %s where %s", l.name(table.Name), condition)); err != nil {
		return 0, fmt.Errorf("remove old rows: %w", err)
	}
	reshaped, err := l.reshape(ctx, table)
	if err != nil {
		return 0, err
	}
	nulls, err := content.nulls()
	if err != nil {
		return 0, err
	}
	have := l.tables[table.Name]
	nullable := slices.ContainsFunc(table.Key, func(c string) bool { return slices.Contains(nulls, c) })
	rekeyed := reshaped || have.key == "p" && nullable || !have.keyFits(table)
	if rekeyed {
		if err := l.dropKey(ctx, table); err != nil {
			return 0, err
		}
	}
	rows, err := l.copy(ctx, table, table.Name, "", content)
	if err != nil || !rekeyed {
		return rows, err
	}
	return rows, l.rekey(ctx, table)
}

// copy fills a table.
func (l *loading) copy(ctx context.Context, table load.Table, into, option string, content content) (int64, error) {
	names := make([]string, len(table.Columns))
	for i, column := range table.Columns {
		names[i] = server.Ident(column.Name)
	}
	rows := newStream(ctx, content.rows)
	tag, err := l.tx.Conn().PgConn().CopyFrom(ctx, rows,
		fmt.Sprintf("copy %s (%s) from stdin (format binary%s)", l.name(into), strings.Join(names, ", "), strings.Replace(option, " ", ", ", 1)))
	if own := rows.Close(); own != nil {
		return 0, own // the server's error only repeats it
	}
	if err != nil {
		return 0, fmt.Errorf("copy rows: %w", err)
	}
	return tag.RowsAffected(), nil
}

// addKey makes the key of the table's grain: a primary key, or where a column
// of it may be NULL, a constraint under which two NULLs are the same.
func (l *loading) addKey(ctx context.Context, table load.Table, to string, nulls []string) error {
	if len(table.Key) == 0 {
		return nil
	}
	kind := "primary key"
	if slices.ContainsFunc(table.Key, func(c string) bool { return slices.Contains(nulls, c) }) {
		kind = "unique nulls not distinct"
		if l.version < 150000 {
			kind = "unique" // the older servers know nothing better
		}
	}
	columns := keyOrder(table)
	for i := range columns {
		columns[i] = server.Ident(columns[i])
	}
	_, err := l.tx.Exec(ctx, fmt.Sprintf("alter table %s add constraint %s %s (%s)",
		l.name(to), server.Ident(to+keyMark), kind, strings.Join(columns, ", ")))
	if err != nil {
		return fmt.Errorf("make key %s: %w", strings.Join(table.Key, ", "), err)
	}
	return nil
}

// keyOrder is the order of the key in its index: that of the rows in the lake's
// files, so that its rows arrive sorted.
func keyOrder(table load.Table) []string { return model.Order(table.Key, table.PartitionColumn) }

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

// comment sets the comments of a table and its columns.
func (l *loading) comment(ctx context.Context, table load.Table, on string) error {
	statements := []string{fmt.Sprintf("comment on table %s is %s", l.name(on), sqltext.Literal(table.FullComment()))}
	for _, column := range table.Columns {
		statements = append(statements, fmt.Sprintf("comment on column %s.%s is %s", l.name(on), server.Ident(column.Name), sqltext.Literal(column.Comment)))
	}
	if _, err := l.tx.Exec(ctx, strings.Join(statements, "; ")); err != nil {
		return fmt.Errorf("set comments: %w", err)
	}
	return nil
}

// grantQuery writes the rights on a table as statements for another one.
const grantQuery = `
select format('grant %s on %s to %s%s', a.privilege_type, $2::text,
	case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end,
	case when a.is_grantable then ' with grant option' else '' end)
from pg_class c cross join lateral aclexplode(c.relacl) a
where c.oid = $1 and a.grantee <> c.relowner
union all
select format('grant %s (%I) on %s to %s%s', a.privilege_type, t.attname, $2::text,
	case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end,
	case when a.is_grantable then ' with grant option' else '' end)
from pg_attribute t cross join lateral aclexplode(t.attacl) a
where t.attrelid = $1 and not t.attisdropped and exists (
	select from pg_attribute n where n.attrelid = $2::regclass and n.attname = t.attname and not n.attisdropped)`

// right is a grant on a table or view.
type right struct{ on, statement string }

// rights reads those that others have on one, as statements for another.
func (l *loading) rights(ctx context.Context, old uint32, to string) ([]right, error) {
	rows, err := l.tx.Query(ctx, grantQuery, old, l.name(to))
	if err != nil {
		return nil, fmt.Errorf("read rights: %w", err)
	}
	defer rows.Close()
	var rights []right
	for rows.Next() {
		r := right{on: to}
		if err := rows.Scan(&r.statement); err != nil {
			return nil, fmt.Errorf("read rights: %w", err)
		}
		rights = append(rights, r)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("read rights: %w", err)
	}
	return rights, nil
}

// grant gives a new table the rights that others have on the old one.
func (l *loading) grant(ctx context.Context, old uint32, to string) error {
	rights, err := l.rights(ctx, old, to)
	if err != nil {
		return err
	}
	for _, r := range rights {
		if _, err := l.tx.Exec(ctx, r.statement); err != nil {
			return fmt.Errorf("hand on rights: %w", err)
		}
	}
	return nil
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

func (l *loading) name(table string) string { return server.Ident(l.schema, table) }
