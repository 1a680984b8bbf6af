package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	server "kefu/extract/postgres"
	"kefu/load"
)

// ErrEmpty is returned when nothing was loaded yet.
var ErrEmpty = errors.New("nothing was loaded into it yet")

// Read lets do read in a transaction that sees one publication, whatever is
// loaded meanwhile. Plain names are those of the schema.
func (w *Warehouse) Read(ctx context.Context, do func(*sql.Tx) error) error {
	held, err := w.Held(ctx)
	if err != nil {
		return err
	}
	if held.Publication == "" {
		return fmt.Errorf("read %s: %w", w, ErrEmpty)
	}
	db := w.server.Pool(w.schema, server.Session{})
	defer db.Close()
	tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return fmt.Errorf("read %s: %w", w, err)
	}
	defer func() { _ = tx.Rollback() }() // it only read
	if _, err := tx.ExecContext(ctx, "lock table "+server.Ident(load.StateTable().Name)+" in access share mode"); err != nil {
		return fmt.Errorf("read %s: %w", w, err)
	}
	return w.server.Explain(do(tx))
}
