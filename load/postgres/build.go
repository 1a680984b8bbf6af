package postgres

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"

	server "kefu/extract/postgres"
	"kefu/extract/sqltext"
	"kefu/load"
	"kefu/transform/model"
)

// builder makes tables within a transaction.
type builder struct {
	*Warehouse
	tx      pgx.Tx
	version int // of the server, such as 150004
}

func (b *builder) name(table string) string { return server.Ident(b.schema, table) }

func (b *builder) makeSchema(ctx context.Context) error {
	if _, err := b.tx.Exec(ctx, "create schema "+server.Ident(b.schema)); err != nil {
		return fmt.Errorf("make the schema: %w", err)
	}
	return nil
}

// producer writes rows with those of the table's columns.
type producer func(ctx context.Context, columns []load.Column, out *sheet) error

// content is what fills a table.
type content struct {
	rows    producer
	outline func() (outline, error)
}

func filesOf(table load.Table, files []string) content {
	return content{fromFiles(table, files), sync.OnceValues(func() (outline, error) { return outlineOf(table, files) })}
}

func valuesOf(inline load.Inline) content {
	return content{fromValues(inline), func() (outline, error) {
		return outline{rows: int64(len(inline.Rows)), nulls: nilColumns(inline)}, nil
	}}
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

// build makes a new table beside the one of that name, with its rows, its key
// and its comments. What is said of the table itself is words.
func (b *builder) build(ctx context.Context, table load.Table, content content, words string) (int64, error) {
	aside := table.Name + newMark
	known, err := content.outline()
	if err != nil {
		return 0, err
	}
	primary := isPrimary(table, known.nulls)
	columns := make([]string, len(table.Columns))
	for i, column := range table.Columns {
		columns[i] = columnDefinition(column) + known.alike.byDefault(column.Name)
		// What a primary key asks for anyway: it need not be looked for afterwards.
		if primary && slices.Contains(table.Key, column.Name) {
			columns[i] += " not null"
		}
	}
	if _, err := b.tx.Exec(ctx, fmt.Sprintf("create table %s (%s)", b.name(aside), strings.Join(columns, ", "))); err != nil {
		return 0, fmt.Errorf("create: %w", err)
	}
	// The rows need no later rewriting: nobody can see them before the end.
	rows, err := b.copy(ctx, aside, known.alike.others(table), ", freeze", content)
	if err != nil {
		return 0, err
	}
	if err := b.dropDefaults(ctx, table, aside, known.alike); err != nil {
		return 0, err
	}
	if err := b.addKey(ctx, table, aside, known.nulls); err != nil {
		return 0, err
	}
	return rows, b.comment(ctx, table, aside, words)
}

// copy fills columns of a table.
func (b *builder) copy(ctx context.Context, into string, columns []load.Column, options string, content content) (int64, error) {
	names := make([]string, len(columns))
	for i, column := range columns {
		names[i] = server.Ident(column.Name)
	}
	rows := newStream(ctx, func(ctx context.Context, out *sheet) error { return content.rows(ctx, columns, out) })
	tag, err := b.tx.Conn().PgConn().CopyFrom(ctx, rows,
		fmt.Sprintf("copy %s (%s) from stdin (format binary%s)", b.name(into), strings.Join(names, ", "), options))
	if own := rows.Close(); own != nil {
		return 0, own // the server's error only repeats it
	}
	if err != nil {
		return 0, fmt.Errorf("copy rows: %w", err)
	}
	return tag.RowsAffected(), nil
}

// isPrimary tells a key without a column that may be NULL.
func isPrimary(table load.Table, nulls []string) bool {
	return !slices.ContainsFunc(table.Key, func(c string) bool { return slices.Contains(nulls, c) })
}

// addKey makes the key of the table's grain: a primary key, or where a column
// of it may be NULL, a constraint under which two NULLs are the same.
func (b *builder) addKey(ctx context.Context, table load.Table, to string, nulls []string) error {
	if len(table.Key) == 0 {
		return nil
	}
	kind := "primary key"
	if !isPrimary(table, nulls) {
		kind = "unique nulls not distinct"
		if b.version < 150000 {
			kind = "unique" // the older servers know nothing better
		}
	}
	columns := keyOrder(table)
	for i := range columns {
		columns[i] = server.Ident(columns[i])
	}
	_, err := b.tx.Exec(ctx, fmt.Sprintf("alter table %s add constraint %s %s (%s)",
		b.name(to), server.Ident(to+keyMark), kind, strings.Join(columns, ", ")))
	if err != nil {
		return fmt.Errorf("make key %s: %w", strings.Join(table.Key, ", "), err)
	}
	return nil
}

// keyOrder is the order of the key in its index: that of the rows in the lake's
// files, so that its rows arrive sorted.
func keyOrder(table load.Table) []string { return model.Order(table.Key, table.PartitionColumn) }

// comment sets the comments of a table's columns, and words as its own.
func (b *builder) comment(ctx context.Context, table load.Table, on, words string) error {
	statements := []string{b.commentOn(on, words)}
	for _, column := range table.Columns {
		statements = append(statements, fmt.Sprintf("comment on column %s.%s is %s", b.name(on), server.Ident(column.Name), sqltext.Literal(column.Comment)))
	}
	if _, err := b.tx.Exec(ctx, strings.Join(statements, "; ")); err != nil {
		return fmt.Errorf("set comments: %w", err)
	}
	return nil
}

func (b *builder) commentOn(table, words string) string {
	return fmt.Sprintf("comment on table %s is %s", b.name(table), sqltext.Literal(words))
}
