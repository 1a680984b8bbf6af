// Package postgres owns how kefu talks to PostgreSQL servers: what a DSN may
// be, that no password of one reaches an error, and which errors mean that the
// server rather than the work is at fault. It knows nothing of what is stored
// there.
package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// connectTimeout bounds a connection attempt unless the DSN says otherwise.
const connectTimeout = 10 * time.Second

// keepAlive is how often a silent connection is probed, so that a machine that
// vanished is noticed.
const keepAlive = 30 * time.Second

// ErrDSN says that a text is no DSN. It does not show it: a broken DSN cannot
// be told from its password.
var ErrDSN = errors.New("no connection string of PostgreSQL: write postgres://user:password@host:5432/database; in the password, @ / : ? # % are written %40 %2F %3A %3F %23 %25")

// Server is a database on a PostgreSQL server, as a DSN names it.
type Server struct {
	config  *pgx.ConnConfig
	secrets []string // ways to spell the password
}

// Parse reads a DSN: a URL, or libpq's keyword = value pairs. What it leaves
// out comes from the usual variables (PGPASSWORD …) and ~/.pgpass. The error is
// ErrDSN.
func Parse(dsn string) (*Server, error) {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return nil, ErrDSN // the parser's error may show the password
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = connectTimeout
	}
	config.DialFunc = (&net.Dialer{KeepAlive: keepAlive, Timeout: config.ConnectTimeout}).DialContext
	for name, value := range map[string]string{
		"client_encoding": "UTF8", "datestyle": "ISO", "timezone": "UTC", "standard_conforming_strings": "on",
	} {
		config.RuntimeParams[name] = value
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "kefu"
	}
	s := &Server{config: config}
	if p := config.Password; p != "" {
		s.secrets = []string{p, url.QueryEscape(p), url.PathEscape(p)}
	}
	return s, nil
}

// String names the database and its host, never a user or a password.
func (s *Server) String() string {
	return fmt.Sprintf("database %s on %s", s.config.Database, net.JoinHostPort(s.config.Host, strconv.Itoa(int(s.config.Port))))
}

// HasPassword tells whether the DSN, or what completes it, has one.
func (s *Server) HasPassword() bool { return len(s.secrets) > 0 }

// Schema takes the search_path out of the DSN and returns its first schema, or
// the given one where the DSN names none.
func (s *Server) Schema(otherwise string) string {
	path, ok := s.config.RuntimeParams["search_path"]
	delete(s.config.RuntimeParams, "search_path")
	first, _, _ := strings.Cut(path, ",")
	if first = strings.Trim(strings.TrimSpace(first), `"`); !ok || first == "" {
		return otherwise
	}
	return first
}

// Connect opens one connection. Its errors, and those that Explain returns for
// what is done with it, can be shown.
func (s *Server) Connect(ctx context.Context) (*pgx.Conn, error) {
	conn, err := pgx.ConnectConfig(ctx, s.config.Copy())
	if err != nil {
		return nil, s.Explain(fmt.Errorf("connect to %s: %w", s, err))
	}
	if encoding := conn.PgConn().ParameterStatus("server_encoding"); encoding != "UTF8" {
		_ = conn.Close(ctx) // nothing was done with it
		return nil, fmt.Errorf("connect to %s: it is encoded in %s, which cannot hold every text: use a database with encoding UTF8", s, encoding)
	}
	return conn, nil
}

// Ident quotes a name.
func Ident(names ...string) string { return pgx.Identifier(names).Sanitize() }
