package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// maxConnections bounds a pool; servers have few to give.
const maxConnections = 8

// Pool returns a pool of connections that find tables in the schema. rewrite
// changes every statement before it is sent; nil sends them as they are. Errors
// can be shown, but for those of reading rows and of committing, which go
// through Explain.
func (s *Server) Pool(schema string, rewrite func(string) string) *sql.DB {
	if rewrite == nil {
		rewrite = func(query string) string { return query }
	}
	inner := stdlib.GetConnector(*s.config.Copy(), stdlib.OptionAfterConnect(func(ctx context.Context, conn *pgx.Conn) error {
		// A machine that vanishes in a transaction must not keep its locks.
		_, err := conn.Exec(ctx, "set search_path = "+Ident(schema)+"; set idle_in_transaction_session_timeout = '5min'")
		if err != nil {
			_ = conn.Close(ctx) // nothing was done with it
		}
		return err
	}))
	db := sql.OpenDB(&connector{inner, s, rewrite})
	db.SetMaxOpenConns(maxConnections)
	return db
}

// connector explains errors and rewrites statements.
type connector struct {
	driver.Connector
	server  *Server
	rewrite func(string) string
}

// Connect implements driver.Connector.
func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	inner, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, c.explain(fmt.Errorf("connect to %s: %w", c.server, err))
	}
	return &conn{inner.(*stdlib.Conn), c}, nil
}

func (c *connector) explain(err error) error {
	if errors.Is(err, driver.ErrBadConn) {
		return err // database/sql tries another connection
	}
	return c.server.Explain(err)
}

type conn struct {
	*stdlib.Conn
	with *connector
}

func (c *conn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	s, err := c.Conn.PrepareContext(ctx, c.with.rewrite(query))
	return s, c.with.explain(err)
}

func (c *conn) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	tx, err := c.Conn.BeginTx(ctx, options)
	return tx, c.with.explain(err)
}

func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	result, err := c.Conn.ExecContext(ctx, c.with.rewrite(query), args)
	return result, c.with.explain(err)
}

func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	rows, err := c.Conn.QueryContext(ctx, c.with.rewrite(query), args)
	if err != nil {
		return nil, c.with.explain(err)
	}
	return rows, nil
}
