// Package postgrestest owns throw-away PostgreSQL servers for tests and measurements: started
// from the machine's own binaries on a free port of the loopback, never as
// root, in a temporary folder that goes with them. A machine without the
// binaries fails the tests and says what to install.
package postgrestest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Server is a running server with one superuser, who needs a password.
type Server struct {
	folder   string // of the data, the log and the socket
	bin      string
	port     int
	password string
	settings []string
	process  *process
	made     atomic.Int64 // databases
}

// userName is that of the superuser.
const userName = "kefu"

var shared struct {
	once   sync.Once
	server *Server
	err    error
}

// Run runs a package's tests and then stops the server that they shared. It is
// what TestMain exits with.
func Run(m *testing.M) int {
	code := m.Run()
	if shared.server != nil {
		if err := shared.server.remove(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return max(code, 1)
		}
	}
	return code
}

// Shared returns the one server of this test program, which the first call
// starts. The package's TestMain calls Run.
func Shared(t testing.TB) *Server {
	t.Helper()
	shared.once.Do(func() { shared.server, shared.err = start(nil) })
	if shared.err != nil {
		t.Fatal(shared.err)
	}
	return shared.server
}

// Start starts a server of t's own, which may be stopped and started at will.
// Settings are written as in postgresql.conf, such as "fsync = on"; they come
// after ours, by which a crash of the machine (but not of the server) may lose
// data.
func Start(t testing.TB, settings ...string) *Server {
	t.Helper()
	s, err := start(settings)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.remove(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// Launch starts a server for a program that is no test, which closes it.
// Settings are as for Start.
func Launch(settings ...string) (*Server, error) { return start(settings) }

// Close stops the server and removes all that it had.
func (s *Server) Close() error { return s.remove() }

// DSN is how to connect to the database that every server has.
func (s *Server) DSN() string { return s.dsn("postgres") }

// start makes the data folder and starts a server on it.
func start(settings []string) (s *Server, err error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "kefu-postgres-*")
	if err != nil {
		return nil, fmt.Errorf("make a folder for PostgreSQL: %w", err)
	}
	s = &Server{folder: folder, bin: bin, password: rand.Text(), settings: settings}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.remove())
		}
	}()
	if err := s.initialise(); err != nil {
		return s, fmt.Errorf("make a PostgreSQL database cluster: %w", err)
	}
	return s, s.up()
}

func (s *Server) data() string { return filepath.Join(s.folder, "data") }
func (s *Server) log() string  { return filepath.Join(s.folder, "log") }

func (s *Server) initialise() error {
	if err := os.WriteFile(filepath.Join(s.folder, "password"), []byte(s.password), 0o600); err != nil {
		return fmt.Errorf("write password: %w", err)
	}
	if err := giveAway(s.folder); err != nil {
		return err
	}
	args := []string{
		"--pgdata", s.data(), "--username", userName, "--pwfile", filepath.Join(s.folder, "password"),
		"--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync",
	}
	if version(s.bin) >= 15 {
		// Text sorts as on people's servers, and not by its bytes.
		args = append(args, "--locale-provider", "icu", "--icu-locale", "en-US")
	}
	cmd := exec.CommandContext(context.Background(), filepath.Join(s.bin, "initdb"), args...)
	cmd.Dir = s.folder
	unprivileged(cmd)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w: %s", err, tail(string(out)))
	}
	return nil
}

// up starts the server and waits until it answers.
func (s *Server) up() error {
	const attempts = 5 // another program may take the port first
	var err error
	for range attempts {
		if s.port == 0 {
			if s.port, err = freePort(); err != nil {
				return err
			}
		}
		if err = s.tryUp(); err == nil {
			return nil
		}
		if !strings.Contains(err.Error(), "could not bind") {
			break
		}
		s.port = 0
	}
	return fmt.Errorf("start PostgreSQL: %w", err)
}

func (s *Server) tryUp() error {
	log, err := os.OpenFile(s.log(), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("make log: %w", err)
	}
	defer log.Close()
	args := []string{"-D", s.data()}
	for _, setting := range append([]string{
		"listen_addresses = 127.0.0.1", "port = " + strconv.Itoa(s.port), "unix_socket_directories = " + s.folder,
		"fsync = off", "full_page_writes = off", "max_connections = 50",
		"log_min_messages = warning", "lc_messages = C",
	}, s.settings...) {
		name, value, _ := strings.Cut(setting, "=")
		args = append(args, "-c", strings.TrimSpace(name)+"="+strings.TrimSpace(value))
	}
	cmd := exec.CommandContext(context.Background(), filepath.Join(s.bin, "postgres"), args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = s.folder, log, log
	unprivileged(cmd)
	if s.process, err = launch(cmd); err != nil {
		return err
	}
	for {
		if err := s.answers(); err == nil {
			return nil
		}
		select {
		case <-s.process.ended:
			text, _ := os.ReadFile(s.log())
			return fmt.Errorf("it ended at once: %s", tail(string(text)))
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func (s *Server) answers() error {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.dsn("postgres"))
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	return conn.Close(ctx)
}

// Stop ends the server as a crash does: at once, with all its connections.
// Start it again with Resume.
func (s *Server) Stop(t testing.TB) {
	t.Helper()
	if err := s.process.crash(); err != nil {
		t.Fatal(err)
	}
}

// Resume starts a stopped server again, on the same port; it recovers first.
func (s *Server) Resume(t testing.TB) {
	t.Helper()
	if err := s.up(); err != nil {
		t.Fatal(err)
	}
}

// Password is the superuser's, which no output may show.
func (s *Server) Password() string { return s.password }

// Database makes an empty database that goes with t, and returns how to
// connect to it.
func (s *Server) Database(t testing.TB) (dsn string) {
	t.Helper()
	name := fmt.Sprintf("test_%d", s.made.Add(1))
	s.execute(t, "create database "+name)
	t.Cleanup(func() { s.execute(t, "drop database if exists "+name+" with (force)") })
	return s.dsn(name)
}

func (s *Server) execute(t testing.TB, statement string) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	conn, err := pgx.Connect(ctx, s.dsn("postgres"))
	// A server gives the place of a closed connection away a moment later.
	for full := time.Now().Add(time.Minute); tooMany(err) && time.Now().Before(full); {
		time.Sleep(10 * time.Millisecond)
		conn, err = pgx.Connect(ctx, s.dsn("postgres"))
	}
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// tooMany tells that the server has no connection left.
func tooMany(err error) bool {
	var told *pgconn.PgError
	return errors.As(err, &told) && told.Code == "53300"
}

func (s *Server) dsn(database string) string {
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(userName, s.password),
		Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)), Path: "/" + database, RawQuery: "sslmode=disable",
	}
	return u.String()
}

// remove stops the server and removes all that it had.
func (s *Server) remove() error {
	var err error
	if s.process != nil {
		err = s.process.crash() // nobody needs the data any more
	}
	return errors.Join(err, os.RemoveAll(s.folder))
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // closed at once
	if err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	if err := l.Close(); err != nil {
		return 0, fmt.Errorf("find a free port: %w", err)
	}
	return port, nil
}

// tail is the end of an output, where the reason stands.
func tail(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-8):], "\n")
}
