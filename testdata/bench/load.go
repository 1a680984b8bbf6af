package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"kefu/extract/postgres/postgrestest"
)

// serverVariable is where etl finds how to connect to the server.
const serverVariable = "KEFU_BENCH_DSN"

const (
	loadedSchema = "kpi"  // what etl loads
	bareSchema   = "bare" // what COPY alone does
	loadedDir    = "loaded"
)

// measureLoad loads all tables into an empty schema of a PostgreSQL server, and
// copies the same rows, as the server has written them, into tables without
// keys, in turns.
func measureLoad(ctx context.Context, b *bench) (err error) {
	if err := b.computed(ctx); err != nil {
		return err
	}
	server, err := postgrestest.Launch("fsync = on", "full_page_writes = on", "max_wal_size = 4GB", "shared_buffers = 512MB")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	if err := errors.Join(os.Setenv(serverVariable, server.DSN()), b.configure(warehouse)); err != nil {
		return err
	}
	conn, err := pgx.Connect(ctx, server.DSN())
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	for range b.repeat {
		rows, ours, err := b.load(ctx, conn)
		if err != nil {
			return err
		}
		theirs, err := b.bareCopy(ctx, conn, rows)
		if err != nil {
			return fmt.Errorf("bare copy: %w", err)
		}
		r := &b.result
		r.add("load", "kefu", "wall", "s", ours)
		r.add("load", "kefu", "speed", "rows/s", float64(rows)/ours)
		r.add("load", "COPY", "wall", "s", theirs)
		r.add("load", "COPY", "speed", "rows/s", float64(rows)/theirs)
		r.over("load", "kefu/COPY", "speed", "×", theirs/ours, targetLoad)
	}
	return nil
}

// load makes etl fill the schema from nothing and returns how many rows it has
// then, and the seconds that the load took.
func (b *bench) load(ctx context.Context, conn *pgx.Conn) (rows int64, seconds float64, err error) {
	if _, err := conn.Exec(ctx, "drop schema if exists "+loadedSchema+" cascade; checkpoint"); err != nil {
		return 0, 0, err
	}
	if err := b.copied(computedDir, loadedDir); err != nil {
		return 0, 0, err
	}
	_, summary, err := b.etlRun(ctx, loadedDir, everything)
	if err != nil {
		return 0, 0, err
	}
	if len(summary.Load) != 1 || summary.Load[0].Rows == 0 {
		return 0, 0, fmt.Errorf("etl loaded %+v", summary.Load)
	}
	return summary.Load[0].Rows, summary.Load[0].Seconds, nil
}

// bareCopy copies what was loaded, and returns the seconds that the copying
// took: not those of writing down what to copy.
func (b *bench) bareCopy(ctx context.Context, conn *pgx.Conn, rows int64) (seconds float64, err error) {
	folder := filepath.Join(b.work, "copy")
	if err := errors.Join(os.RemoveAll(folder), os.MkdirAll(folder, 0o755)); err != nil {
		return 0, err
	}
	tables, err := tablesOf(ctx, conn)
	if err != nil {
		return 0, err
	}
	for _, table := range tables {
		err := write(filepath.Join(folder, table), func(f *os.File) error {
			_, err := conn.PgConn().CopyTo(ctx, f, "copy "+loadedSchema+"."+table+" to stdout (format binary)")
			return err
		})
		if err != nil {
			return 0, fmt.Errorf("write down %s: %w", table, err)
		}
	}
	if _, err := conn.Exec(ctx, "drop schema if exists "+bareSchema+" cascade; create schema "+bareSchema+"; checkpoint"); err != nil {
		return 0, err
	}
	start, copied := time.Now(), int64(0)
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		for _, table := range tables {
			n, err := copyIn(ctx, tx, table, filepath.Join(folder, table))
			if err != nil {
				return fmt.Errorf("%s: %w", table, err)
			}
			copied += n
		}
		return nil
	})
	seconds = time.Since(start).Seconds()
	if err == nil && copied < rows {
		err = fmt.Errorf("%d rows were copied, %d loaded", copied, rows)
	}
	return seconds, err
}

func copyIn(ctx context.Context, tx pgx.Tx, table, path string) (int64, error) {
	if _, err := tx.Exec(ctx, fmt.Sprintf("create table %[1]s.%[3]s (like %[2]s.%[3]s)", bareSchema, loadedSchema, table)); err != nil {
		return 0, err
	}
	f, err := os.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	tag, err := tx.Conn().PgConn().CopyFrom(ctx, f, "copy "+bareSchema+"."+table+" from stdin (format binary)")
	return tag.RowsAffected(), err
}

// tablesOf names the loaded tables.
func tablesOf(ctx context.Context, conn *pgx.Conn) ([]string, error) {
	rows, err := conn.Query(ctx, "select table_name::text from information_schema.tables where table_schema = $1 and table_type = 'BASE TABLE'", loadedSchema)
	if err != nil {
		return nil, fmt.Errorf("list tables: %w", err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	slices.Sort(names)
	return names, err
}

func write(path string, fill func(*os.File) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(fill(f), f.Close())
}
