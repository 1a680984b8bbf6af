package duckdb

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"kefu/load"
)

// stateTable says what the file holds. Readers may use it too: it names the
// publication behind the numbers.
var stateTable = load.Table{
	Name: "etl_publication", Comment: "What this warehouse holds: one row per table, with the lake's snapshot it was loaded from.", Key: []string{"table_name"},
	Columns: []load.Column{
		{Name: "table_name", Type: "VARCHAR", Comment: "table"},
		{Name: "publication_id", Type: "VARCHAR", Comment: "publication that the whole file shows"},
		{Name: "loaded_at", Type: "TIMESTAMP", Comment: "time of the load, UTC"},
		{Name: "snapshot_id", Type: "BIGINT", Comment: "snapshot of the lake's table; NULL for tables that come as rows"},
		{Name: "shape", Type: "VARCHAR", Comment: "fingerprint of the columns and their types"},
		{Name: "content", Type: "VARCHAR", Comment: "fingerprint of comments, and of the rows where the table came as rows"},
		{Name: "key_columns", Type: "VARCHAR", Comment: "columns that name a row, joined by |"},
		{Name: "partition_column", Type: "VARCHAR", Comment: "date by whose month the table is replaced"},
	},
}

// state is the content of etl_publication, by table. nil: no file.
type state map[string]entry

type entry struct {
	publication    string
	loadedAt       time.Time
	snapshot       int64
	shape, content string
}

func (s state) exists() bool { return s != nil }

func (s state) held() load.Held {
	own, ok := s[stateTable.Name]
	if !ok {
		return load.Held{}
	}
	held := load.Held{Publication: own.publication, LoadedAt: own.loadedAt, Snapshots: map[string]int64{}}
	for name, entry := range s {
		if entry.snapshot != 0 {
			held.Snapshots[name] = entry.snapshot
		}
	}
	return held
}

// readState reads etl_publication. A database without any table is an empty
// warehouse; one with tables but without etl_publication is not ours.
func readState(ctx context.Context, db *sql.DB) (state, error) {
	var tables, ours int
	err := db.QueryRowContext(ctx, `select count(*), count(*) filter (where table_name = ?) from duckdb_tables() where database_name = 'warehouse'`,
		stateTable.Name).Scan(&tables, &ours)
	switch {
	case err != nil:
		return nil, fmt.Errorf("read what the warehouse holds: %w", err)
	case tables > 0 && ours == 0:
		return nil, ErrForeign
	case tables == 0:
		return nil, nil
	}
	rows, err := db.QueryContext(ctx, `select table_name, publication_id, loaded_at, coalesce(snapshot_id, 0), shape, content from etl_publication`)
	if err != nil {
		return nil, fmt.Errorf("read what the warehouse holds: %w", err)
	}
	defer rows.Close()
	state := state{}
	for rows.Next() {
		var name string
		var e entry
		if err := rows.Scan(&name, &e.publication, &e.loadedAt, &e.snapshot, &e.shape, &e.content); err != nil {
			return nil, fmt.Errorf("read what the warehouse holds: %w", err)
		}
		state[name] = e
	}
	return state, rows.Err()
}

func writeState(ctx context.Context, db *sql.DB, publication load.Publication) error {
	now := time.Now().UTC().Truncate(time.Microsecond)
	inline := load.Inline{Table: stateTable}
	add := func(table load.Table, snapshot any, content string) {
		inline.Rows = append(inline.Rows, []any{
			table.Name, publication.ID, now, snapshot, shapeOf(table), content,
			strings.Join(table.Key, "|"), table.PartitionColumn,
		})
	}
	for _, change := range publication.Tables {
		add(change.Table, change.Snapshot, commentsOf(change.Table))
	}
	for _, table := range publication.Inline {
		add(table.Table, nil, contentOf(table))
	}
	add(stateTable, nil, "")
	var ignored load.Result
	return replaceInline(ctx, db, inline, &ignored)
}

// shapeOf is different when the table has to be made anew.
func shapeOf(table load.Table) string {
	columns := make([]string, len(table.Columns))
	for i, column := range table.Columns {
		columns[i] = column.Name + " " + column.Type
	}
	return fingerprint(columns)
}

// commentsOf is different when the comments have to be set again.
func commentsOf(table load.Table) string {
	return fingerprint(append([]string{table.Comment}, commentStatements(table)...))
}

func contentOf(inline load.Inline) string {
	return fingerprint(struct {
		Comments string
		Rows     [][]any
	}{commentsOf(inline.Table), inline.Rows})
}

func fingerprint(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		text = fmt.Appendf(nil, "%v", v)
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:16])
}
