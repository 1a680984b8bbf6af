package ledger

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// The state is one layout and one SQL, written for SQLite. What PostgreSQL
// spells or does differently stands in this file.

// serverBegin begins the writing transactions on a server: every one waits for
// the others, as it does in SQLite.
const serverBegin = "select pg_advisory_xact_lock(hashtextextended('kefu state ' || current_schema(), 0))"

// serverStatement spells a statement for PostgreSQL: parameters are numbered,
// and types of columns have other names.
func serverStatement(statement string) string {
	if strings.Contains(statement, "create table") || strings.Contains(statement, "alter table") {
		return serverTypes(statement)
	}
	var out strings.Builder
	quoted, n := false, 0
	for _, c := range []byte(statement) {
		switch {
		case c == '\'':
			quoted = !quoted
		case c == '?' && !quoted:
			n++
			out.WriteString("$" + strconv.Itoa(n))
			continue
		}
		out.WriteByte(c)
	}
	return out.String()
}

var columnTypes = regexp.MustCompile(`integer primary key autoincrement|\b(text|integer|real|blob)\b`)

// serverTypes spells the types of columns. Text sorts by its bytes, as in
// SQLite.
func serverTypes(statement string) string {
	return columnTypes.ReplaceAllStringFunc(statement, func(name string) string {
		switch name {
		case "text":
			return `text collate "C"`
		case "integer":
			return "bigint"
		case "real":
			return "double precision"
		case "blob":
			return "bytea"
		}
		return "bigint generated always as identity primary key"
	})
}

// all turns "no limit" into a number that both databases take.
func all(limit int) int64 {
	if limit <= 0 {
		return math.MaxInt64
	}
	return int64(limit)
}

// now is the time by which leases expire: the server's, where several machines
// share one.
func (l *Ledger) now(ctx context.Context, q interface {
	QueryRowContext(context.Context, string, ...any) *sql.Row
}) (time.Time, error) {
	if l.server == nil {
		return time.Now(), nil
	}
	var now time.Time
	if err := q.QueryRowContext(ctx, "select clock_timestamp()").Scan(&now); err != nil {
		return time.Time{}, fmt.Errorf("read the server's time: %w", err)
	}
	return now, nil
}

// erase makes sure that deleted rows of the quarantine leave no bytes behind.
func (l *Ledger) erase(ctx context.Context) error {
	statement := "pragma wal_checkpoint(truncate)" // the log still has their bytes until it is emptied
	if l.server != nil {
		statement = "vacuum quarantine"
	}
	_, err := l.db.ExecContext(ctx, statement)
	return err
}

// compact gives back the room of deleted rows.
func (l *Ledger) compact(ctx context.Context) error {
	statements := []string{"vacuum", "pragma wal_checkpoint(truncate)"}
	if l.server != nil {
		rows, err := l.db.QueryContext(ctx, "select c.relname "+serverTables)
		if err != nil {
			return fmt.Errorf("list tables: %w", err)
		}
		names, err := collect(rows, "list tables", func(row scanner) (name string, err error) { return name, row.Scan(&name) })
		if err != nil {
			return err
		}
		statements = []string{"vacuum (analyze) " + strings.Join(names, ", ")}
	}
	for _, statement := range statements {
		if _, err := l.db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("vacuum: %w", err)
		}
	}
	return nil
}

// measure returns the bytes that the state takes.
func (l *Ledger) measure(ctx context.Context) (bytes int64, err error) {
	query := "select page_count * page_size from pragma_page_count, pragma_page_size"
	if l.server != nil {
		query = "select coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint " + serverTables
	}
	return bytes, l.db.QueryRowContext(ctx, query).Scan(&bytes)
}

// serverTables are the state's tables in its schema, in which others may stand.
const serverTables = `from pg_class c join pg_namespace n on n.oid = c.relnamespace
	where n.nspname = current_schema() and c.relkind = 'r' and c.relname in ('schema_version', 'runs', 'units', 'files',
		'quarantine', 'leases', 'publications', 'meta', 'iceberg_tables', 'iceberg_namespace_properties')`
