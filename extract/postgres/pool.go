package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// maxConnections bounds a pool; servers have few to give.
const maxConnections = 8

// Session says how the connections of a pool are used. The zero value changes
// nothing.
type Session struct {
	// Rewrite changes every statement before it is sent.
	Rewrite func(string) string
	// Begin is a statement that every transaction begins with, unless it only
	// reads.
	Begin string
	// LockWait is how long a statement waits for what another session has
	// locked; 0 = without end. Waiting in vain is an *UnavailableError.
	LockWait time.Duration
}

// Pool returns a pool of connections that find tables in the schema. Texts that
// a server cannot hold (zero bytes, broken UTF-8) are sent with U+FFFD for what
// it cannot. Errors can be shown, but for those of reading rows, which go
// through Explain.
func (s *Server) Pool(schema string, session Session) *sql.DB {
	if session.Rewrite == nil {
		session.Rewrite = func(query string) string { return query }
	}
	inner := stdlib.GetConnector(*s.config.Copy(), stdlib.OptionAfterConnect(func(ctx context.Context, conn *pgx.Conn) error {
		// A machine that vanishes in a transaction must not keep its locks.
		_, err := conn.Exec(ctx, fmt.Sprintf("set search_path = %s; set idle_in_transaction_session_timeout = '5min'; set lock_timeout = %d",
			Ident(schema), session.LockWait.Milliseconds()))
		if err != nil {
			_ = conn.Close(ctx) // nothing was done with it
		}
		return err
	}))
	db := sql.OpenDB(&connector{inner, s, session})
	db.SetMaxOpenConns(maxConnections)
	return db
}

// connector explains errors and rewrites statements.
type connector struct {
	driver.Connector
	server *Server
	Session
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
	var told *pgconn.PgError
	if errors.As(err, &told) && told.Code == "55P03" {
		err = &UnavailableError{fmt.Errorf("another session of %s has locked it for longer than %s (pg_stat_activity shows who): %w", c.server, c.LockWait, err)}
	}
	return c.server.Explain(err)
}

type conn struct {
	*stdlib.Conn
	with *connector
}

func (c *conn) PrepareContext(ctx context.Context, query string) (driver.Stmt, error) {
	s, err := c.Conn.PrepareContext(ctx, c.with.Rewrite(query))
	return s, c.with.explain(err)
}

func (c *conn) BeginTx(ctx context.Context, options driver.TxOptions) (driver.Tx, error) {
	tx, err := c.Conn.BeginTx(ctx, options)
	if err != nil {
		return nil, c.with.explain(err)
	}
	if c.with.Begin != "" && !options.ReadOnly {
		if _, err := c.Conn.ExecContext(ctx, c.with.Begin, nil); err != nil {
			return nil, errors.Join(c.with.explain(err), tx.Rollback())
		}
	}
	return &transaction{tx, c.with}, nil
}

// CheckNamedValue implements driver.NamedValueChecker.
func (c *conn) CheckNamedValue(value *driver.NamedValue) error {
	if text, ok := value.Value.(string); ok {
		value.Value = Text(text)
	}
	return nil
}

// Text is a text as a server can hold it: U+FFFD stands for zero bytes and for
// what is no UTF-8.
func Text(s string) string {
	if strings.IndexByte(s, 0) < 0 && utf8.ValidString(s) {
		return s
	}
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// transaction explains why it could not be committed.
type transaction struct {
	driver.Tx
	with *connector
}

// Commit implements driver.Tx.
func (t *transaction) Commit() error { return t.with.explain(t.Tx.Commit()) }

func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	result, err := c.Conn.ExecContext(ctx, c.with.Rewrite(query), args)
	return result, c.with.explain(err)
}

func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	rows, err := c.Conn.QueryContext(ctx, c.with.Rewrite(query), args)
	if err != nil {
		return nil, c.with.explain(err)
	}
	return rows, nil
}
