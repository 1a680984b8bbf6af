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

// onServer is how connections to a PostgreSQL server are used: every writing
// transaction waits for the others, as it does in SQLite.
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
