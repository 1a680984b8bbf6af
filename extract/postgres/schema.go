package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Check tells whether the server answers and would let tables be made in the
// schema, which is made where it is missing. It changes nothing.
func (s *Server) Check(ctx context.Context, schema string) error {
	return s.connected(ctx, func(conn *pgx.Conn) error {
		var exists, allowed bool
		err := conn.QueryRow(ctx, `select to_regnamespace($2) is not null,
			case when to_regnamespace($2) is null then has_database_privilege(current_database(), 'CREATE')
			else has_schema_privilege($1, 'CREATE') and has_schema_privilege($1, 'USAGE') end`, schema, Ident(schema)).Scan(&exists, &allowed)
		switch {
		case err != nil:
			return fmt.Errorf("look at schema %s of %s: %w", schema, s, err)
		case !allowed && exists:
			return fmt.Errorf("schema %s of %s lets %s make no tables: grant usage, create on schema %s", schema, s, s.config.User, Ident(schema))
		case !allowed:
			return fmt.Errorf("schema %s of %s does not exist, and %s may not make it: create it, or grant create on the database", schema, s, s.config.User)
		}
		return nil
	})
}

// MakeSchema makes the schema where it is missing. Several processes may do so
// at the same time.
func (s *Server) MakeSchema(ctx context.Context, schema string) error {
	return s.connected(ctx, func(conn *pgx.Conn) error {
		var exists bool
		err := conn.QueryRow(ctx, "select to_regnamespace($1) is not null", Ident(schema)).Scan(&exists)
		if err == nil && !exists { // "if not exists" asks for more rights
			_, err = conn.Exec(ctx, "create schema "+Ident(schema))
		}
		var told *pgconn.PgError
		switch {
		case errors.As(err, &told) && (told.Code == "42P06" || told.Code == "23505"):
			return nil // another process was first
		case err != nil:
			return fmt.Errorf("make schema %s in %s: %w", schema, s, err)
		}
		return nil
	})
}

// Exists tells whether the schema has a table of that name.
func (s *Server) Exists(ctx context.Context, schema, table string) (exists bool, err error) {
	err = s.connected(ctx, func(conn *pgx.Conn) error {
		if err := conn.QueryRow(ctx, "select to_regclass($1) is not null", Ident(schema, table)).Scan(&exists); err != nil {
			return fmt.Errorf("look for table %s in %s: %w", table, s, err)
		}
		return nil
	})
	return exists, err
}

// connected does something with a connection of its own.
func (s *Server) connected(ctx context.Context, do func(*pgx.Conn) error) error {
	conn, err := s.Connect(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }() // what counts is committed
	return s.Explain(do(conn))
}
