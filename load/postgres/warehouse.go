// Package postgres owns the warehouse that is a schema of a PostgreSQL
// database.
//
// A load changes all tables in one transaction, so a statement sees one
// publication, and a load that fails leaves nothing. Most of a large table is
// replaced by a new table that is filled aside and renamed; a part of one, and
// whatever others have built on (views, foreign keys, triggers, indexes of
// their own), by deleting and copying in place. Only renaming keeps readers
// waiting, for the moment that it takes.
//
// Many rows are filled aside by several connections, in transactions of their
// own. Where the load is killed then, or loses the server, tables stay that
// only their owner can read, until the next load drops them.
//
// Who reads several tables in one transaction of level REPEATABLE READ begins
// it with `lock table etl_publication in access share mode`: the snapshot of
// such a transaction does not show the rows of a table that is renamed into
// place later, and this lock keeps the renaming waiting until it ends.
//
// Tables that no load made stay untouched; one that stands in the way is
// ErrForeign.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	server "kefu/extract/postgres"
	"kefu/load"
)

// ErrForeign is returned when a name that a load needs belongs to something
// that no load made.
var ErrForeign = errors.New("it was not made by a load: give the warehouse another schema, or rename it")

// ErrBusy is returned when others keep reading a table that is to be replaced.
var ErrBusy = errors.New("it is kept open by others")

// Warehouse is one schema of a PostgreSQL database.
type Warehouse struct {
	server *server.Server
	schema string
	// swapBytes is from how many bytes of Parquet on a table is replaced by
	// renaming, where most of it changes.
	swapBytes int64
	// asideBytes is from how many bytes of Parquet on new tables are filled by
	// several connections, in transactions of their own.
	asideBytes int64
	// patience is how long a load waits for others to stop reading a table.
	patience time.Duration
}

var _ load.Warehouse = (*Warehouse)(nil)

// New returns the warehouse in a schema, which the first load makes.
func New(s *server.Server, schema string) *Warehouse {
	return &Warehouse{server: s, schema: schema, swapBytes: 1 << 20, asideBytes: 16 << 20, patience: 10 * time.Minute}
}

// LargeFrom sets from how many bytes of Parquet on tables are large: they are
// replaced by new ones, and many such filled by several connections. It is meant
// for trying with few rows what a load does with many.
func (w *Warehouse) LargeFrom(bytes int64) { w.swapBytes, w.asideBytes = bytes, bytes }

// Close does nothing: between calls the warehouse keeps nothing open.
func (*Warehouse) Close() error { return nil }

// String names the schema and its database.
func (w *Warehouse) String() string { return fmt.Sprintf("schema %s of %s", w.schema, w.server) }

// Check tells whether the server answers and would let a load work. It changes
// nothing.
func (w *Warehouse) Check(ctx context.Context) error { return w.server.Check(ctx, w.schema) }

// Held reads which publication the schema holds.
func (w *Warehouse) Held(ctx context.Context) (load.Held, error) {
	var state load.State
	err := w.connected(ctx, func(conn *pgx.Conn) error {
		return pgx.BeginTxFunc(ctx, conn, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
			tables, err := readTables(ctx, tx, w.schema)
			if err == nil {
				state, err = readState(ctx, tx, w.schema, tables)
			}
			return err
		})
	})
	if err != nil {
		return load.Held{}, fmt.Errorf("read what %s holds: %w", w, err)
	}
	return state.Held(), nil
}

// Load brings the schema to the publication: readers see it by one transaction.
func (w *Warehouse) Load(ctx context.Context, publication load.Publication) (load.Result, error) {
	start := time.Now()
	result, err := w.load(ctx, publication)
	result.Duration = time.Since(start)
	if err != nil {
		return load.Result{}, fmt.Errorf("load warehouse %s: %w", w, err)
	}
	return result, nil
}

func (w *Warehouse) load(ctx context.Context, publication load.Publication) (load.Result, error) {
	var result load.Result
	if err := publication.Validate(); err != nil {
		return result, err
	}
	if err := checkNames(publication); err != nil {
		return result, err
	}
	l := &loading{builder: builder{Warehouse: w}, result: &result}
	err := w.connected(ctx, func(conn *pgx.Conn) error {
		return pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
			l.tx = tx
			return l.run(ctx, publication)
		})
	})
	if err != nil && l.away {
		w.discard(ctx, l.madeSchema)
	}
	return result, err
}

// connected does something with a connection of its own.
func (w *Warehouse) connected(ctx context.Context, do func(*pgx.Conn) error) error {
	conn, err := w.server.Connect(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // what counts is committed
	return w.server.Explain(do(conn))
}

// maxName is how many bytes of a name PostgreSQL keeps.
const maxName = 63 - len(newMark) - len(keyMark)

// checkNames refuses names that would be cut off.
func checkNames(publication load.Publication) error {
	var tables []load.Table
	for _, change := range publication.Tables {
		tables = append(tables, change.Table)
	}
	for _, inline := range publication.Inline {
		tables = append(tables, inline.Table)
	}
	for _, view := range publication.Views {
		tables = append(tables, load.Table{Name: view.Name, Columns: view.Columns})
	}
	for _, table := range tables {
		if len(table.Name) > maxName {
			return fmt.Errorf("table %s: PostgreSQL cuts names off, and ours have at most %d bytes", table.Name, maxName)
		}
		for _, column := range table.Columns {
			if len(column.Name) > 63 {
				return fmt.Errorf("table %s: PostgreSQL cuts off the name of column %s", table.Name, column.Name)
			}
		}
	}
	return nil
}
