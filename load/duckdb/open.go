package duckdb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"strings"

	duckdbgo "github.com/duckdb/duckdb-go/v2"

	"kefu/extract/sqltext"
)

var errBloated = errors.New("most of the file is free space")

// OpenReader opens a warehouse file for reading. It sees the publication that
// is in place now, also after later loads; open it again to see a newer one.
//
// The file is attached to a database in memory: opening it by its path would
// share one instance per path and process, and so return the old publication
// for as long as anybody in this process still reads it.
func OpenReader(ctx context.Context, path string) (*sql.DB, error) {
	db, err := open(ctx, fmt.Sprintf("attach if not exists %s as warehouse (read_only)", sqltext.Literal(path)))
	if err != nil {
		switch text := err.Error(); {
		case strings.Contains(text, "lock on file"):
			return nil, fmt.Errorf("%w (%s)", ErrBusy, firstLine(text))
		case strings.Contains(text, "not a valid DuckDB database file"):
			return nil, fmt.Errorf("%w (%s)", ErrForeign, firstLine(text))
		}
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return db, nil
}

// openAside opens the aside file for writing, with access to the folders of the
// Parquet files and to nothing else.
func (w *Warehouse) openAside(ctx context.Context, aside *aside, folders []string) (*sql.DB, error) {
	settings := []string{
		"set autoload_known_extensions = false", "set autoinstall_known_extensions = false",
		"set timezone = 'UTC'",
		"set temp_directory = " + sqltext.Literal(aside.spill()),
	}
	if w.options.MemoryLimit != "" {
		settings = append(settings, "set memory_limit = "+sqltext.Literal(w.options.MemoryLimit))
	}
	if w.options.Threads > 0 {
		settings = append(settings, "set threads = "+strconv.Itoa(w.options.Threads))
	}
	db, err := open(ctx, fmt.Sprintf("attach if not exists %s as warehouse", sqltext.Literal(aside.path)), settings...)
	if err != nil {
		return nil, fmt.Errorf("open the new file: %w", err)
	}
	db.SetMaxOpenConns(1) // the locked configuration refuses the settings of a second connection
	quoted := make([]string, len(folders))
	for i, folder := range folders {
		quoted[i] = sqltext.Literal(folder)
	}
	lockdown := fmt.Sprintf("set allowed_directories = [%s]; set enable_external_access = false; set lock_configuration = true",
		strings.Join(quoted, ", "))
	if _, err := db.ExecContext(ctx, lockdown); err != nil {
		db.Close()
		return nil, fmt.Errorf("restrict file access: %w", err)
	}
	return db, nil
}

// open starts DuckDB in memory, applies the settings and attaches.
func open(ctx context.Context, attach string, settings ...string) (*sql.DB, error) {
	// The pool may open a connection when the caller's ctx has long ended.
	lasting := context.WithoutCancel(ctx)
	connector, err := duckdbgo.NewConnector("", func(conn driver.ExecerContext) error {
		for _, statement := range append(settings, attach, "use warehouse") {
			if _, err := conn.ExecContext(lasting, statement, nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	if err := db.PingContext(ctx); err != nil {
		db.Close()
		return nil, err
	}
	return db, nil
}

// checkBloat says errBloated when a large file is mostly free blocks.
func (w *Warehouse) checkBloat(ctx context.Context, db *sql.DB) error {
	var size, total, free int64
	row := db.QueryRowContext(ctx, `select block_size, total_blocks, free_blocks from pragma_database_size() where database_name = 'warehouse'`)
	if err := row.Scan(&size, &total, &free); err != nil {
		return fmt.Errorf("read file size: %w", err)
	}
	if total*size >= w.bloatBytes && float64(free) > w.bloatShare*float64(total) {
		return errBloated
	}
	return nil
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}
