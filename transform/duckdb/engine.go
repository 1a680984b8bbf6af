// Package duckdb owns the embedded engine: one in-memory DuckDB that spills to
// a folder of its own, reads and writes only where it is allowed to, and runs
// one statement at a time in each of its sessions.
package duckdb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/duckdb/duckdb-go/v2"

	"kefu/extract/sqltext"
)

// Options bound what the engine may use.
type Options struct {
	MemoryLimit string   // such as 2GB; "" = 2GB. Peaks lie about a quarter above it, a third with KeptMemory
	KeptMemory  string   // what of it stays with the engine once it was used, such as 1GB; "" = nothing
	Threads     int      // 0 = 2
	TempDir     string   // spill folder, made when missing; "" = the engine may not spill
	Directories []string // the only folders whose files it may read and write
	Macros      string   // statements run at start
}

// Engine is one session of an open DuckDB.
type Engine struct {
	db   *sql.DB
	conn *sql.Conn
	lent bool // the database is another engine's
}

// Open starts an engine.
func Open(ctx context.Context, o Options) (*Engine, error) {
	if o.MemoryLimit == "" {
		o.MemoryLimit = "2GB"
	}
	if o.Threads == 0 {
		o.Threads = 2
	}
	connector, err := duckdb.NewConnector("", nil)
	if err != nil {
		return nil, fmt.Errorf("start engine: %w", err)
	}
	e := &Engine{db: sql.OpenDB(connector)}
	if e.conn, err = e.db.Conn(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("connect to engine: %w", err), e.db.Close())
	}
	if err := e.configure(ctx, o); err != nil {
		return nil, errors.Join(err, e.Close())
	}
	return e, nil
}

func (e *Engine) configure(ctx context.Context, o Options) error {
	statements := []string{
		"set memory_limit = " + sqltext.Literal(o.MemoryLimit),
		fmt.Sprintf("set threads = %d", o.Threads),
		"set global TimeZone = 'UTC'", // of later sessions, too
		"set TimeZone = 'UTC'",
		"set preserve_insertion_order = false",
	}
	if o.KeptMemory != "" {
		statements = append(statements, "set block_allocator_memory = "+sqltext.Literal(o.KeptMemory))
	}
	dirs := slices.Clone(o.Directories)
	if o.TempDir != "" {
		if err := os.MkdirAll(o.TempDir, 0o700); err != nil {
			return fmt.Errorf("make spill folder: %w", err)
		}
		statements = append(statements, "set temp_directory = "+sqltext.Literal(o.TempDir))
		dirs = append(dirs, o.TempDir)
	}
	quoted := make([]string, len(dirs))
	for i, d := range dirs {
		quoted[i] = sqltext.Literal(d)
	}
	statements = append(statements, o.Macros,
		"set allowed_directories = ["+strings.Join(quoted, ", ")+"]",
		"set enable_external_access = false",
		"set lock_configuration = true",
	)
	for _, s := range statements {
		if strings.TrimSpace(s) == "" {
			continue
		}
		if err := e.Exec(ctx, s); err != nil {
			return fmt.Errorf("configure engine: %w", err)
		}
	}
	return nil
}

// Session returns another session of the same database, for work side by side:
// it has temporary tables of its own and shares memory limit, threads, macros
// and spill folder. It is closed before the engine.
func (e *Engine) Session(ctx context.Context) (*Engine, error) {
	conn, err := e.db.Conn(ctx)
	if err != nil {
		return nil, fmt.Errorf("connect to engine: %w", err)
	}
	return &Engine{db: e.db, conn: conn, lent: true}, nil
}

// Close ends the session and drops its temporary tables; closing an engine
// stops the database.
func (e *Engine) Close() error {
	if e.lent {
		// A connection that goes back into the pool would keep its tables.
		_ = e.conn.Raw(func(any) error { return driver.ErrBadConn })
		if err := e.conn.Close(); err != nil && !errors.Is(err, sql.ErrConnDone) {
			return fmt.Errorf("close session: %w", err)
		}
		return nil
	}
	return errors.Join(e.conn.Close(), e.db.Close())
}

// Exec runs statements; cancelling ctx interrupts them within milliseconds.
func (e *Engine) Exec(ctx context.Context, statements string, args ...any) error {
	if _, err := e.conn.ExecContext(ctx, statements, args...); err != nil {
		return clarify(ctx, err)
	}
	return nil
}

// Query runs a select.
func (e *Engine) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	rows, err := e.conn.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, clarify(ctx, err)
	}
	return rows, nil
}

// Each runs a select and calls row for each of its rows, with what scans it; an
// error of row ends it.
func (e *Engine) Each(ctx context.Context, query string, row func(scan func(...any) error) error, args ...any) error {
	rows, err := e.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("read rows: %w", clarify(ctx, err))
	}
	return nil
}

func clarify(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

// Append adds rows of Go values to a table; for small tables.
func (e *Engine) Append(_ context.Context, table string, rows [][]any) error {
	return e.conn.Raw(func(raw any) error {
		conn, ok := raw.(*duckdb.Conn)
		if !ok {
			return fmt.Errorf("append to %s: unexpected driver %T", table, raw)
		}
		appender, err := duckdb.NewAppenderFromConn(conn, "", table)
		if err != nil {
			return fmt.Errorf("append to %s: %w", table, err)
		}
		for _, r := range rows {
			values := make([]driverValue, len(r))
			for i, v := range r {
				values[i] = v
			}
			if err := appender.AppendRow(values...); err != nil {
				return errors.Join(fmt.Errorf("append to %s: %w", table, err), appender.Close())
			}
		}
		if err := appender.Close(); err != nil {
			return fmt.Errorf("append to %s: %w", table, err)
		}
		return nil
	})
}

// parsed holds what References found, by the text of the query: a text reads the
// same tables in every engine, and a server asks for its models every night.
var parsed sync.Map

// References returns the tables that a select reads, less its own common
// table expressions, in the order of their names.
func (e *Engine) References(ctx context.Context, query string) ([]string, error) {
	if known, ok := parsed.Load(query); ok {
		return slices.Clone(known.([]string)), nil
	}
	var text string
	if err := e.conn.QueryRowContext(ctx, "select cast(json_serialize_sql("+sqltext.Literal(query)+") as varchar)").Scan(&text); err != nil {
		return nil, fmt.Errorf("parse: %w", err)
	}
	var tree map[string]any
	if err := json.Unmarshal([]byte(text), &tree); err != nil {
		return nil, fmt.Errorf("read parse tree: %w", err)
	}
	if failed, _ := tree["error"].(bool); failed {
		return nil, fmt.Errorf("%v", tree["error_message"])
	}
	tables := map[string]bool{}
	collectTables(tree, nil, tables)
	out := make([]string, 0, len(tables))
	for t := range tables {
		out = append(out, t)
	}
	slices.Sort(out)
	parsed.Store(query, slices.Clone(out))
	return out, nil
}

// collectTables walks a parse tree. Within a common table expression its own
// name still means the table of that name, unless it is recursive.
func collectTables(node any, scope []string, tables map[string]bool) {
	switch n := node.(type) {
	case []any:
		for _, child := range n {
			collectTables(child, scope, tables)
		}
	case map[string]any:
		if name, ok := n["table_name"].(string); ok && n["type"] == "BASE_TABLE" && !slices.Contains(scope, name) {
			tables[name] = true
		}
		scope = collectExpressions(n["cte_map"], scope, tables)
		if name, ok := n["cte_name"].(string); ok && n["type"] == "RECURSIVE_CTE_NODE" {
			scope = append(slices.Clip(scope), name)
		}
		for key, child := range n {
			if key != "cte_map" {
				collectTables(child, scope, tables)
			}
		}
	}
}

// collectExpressions walks the common table expressions of a node and returns
// the scope that they make.
func collectExpressions(node any, scope []string, tables map[string]bool) []string {
	ctes, _ := node.(map[string]any)
	entries, _ := ctes["map"].([]any)
	for _, entry := range entries {
		e, _ := entry.(map[string]any)
		collectTables(e["value"], scope, tables)
		if name, ok := e["key"].(string); ok {
			scope = append(slices.Clip(scope), name)
		}
	}
	return scope
}
