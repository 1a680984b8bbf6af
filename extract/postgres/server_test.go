package postgres

import (
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"testing"

	"kefu/extract/postgres/postgrestest"
)

func TestMain(m *testing.M) { os.Exit(postgrestest.Run(m)) }

func parse(t *testing.T, dsn string) *Server {
	t.Helper()
	s, err := Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// closedPort is an address that nobody listens on.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	return l.Addr().String()
}

func TestErrorsNeverShowThePassword(t *testing.T) {
	const password = "s3cr3t!pw"
	good := postgrestest.Shared(t).Database(t)
	wrong := strings.Replace(good, postgrestest.Shared(t).Password(), password, 1)
	for name, dsn := range map[string]string{
		"a port that is no number":       "postgres://u:" + password + "@host:port/db",
		"a slash in the password":        "postgres://u:a/" + password + "@host/db",
		"a percent sign in the password": "postgres://u:%zz" + password + "@host/db",
		"pairs without a quote":          "host=h password='" + password,
		"a mode that is none":            "postgres://u:" + password + "@h/db?sslmode=perhaps",
	} {
		if _, err := Parse(dsn); !errors.Is(err, ErrDSN) || strings.Contains(err.Error(), password) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, dsn := range map[string]string{
		"a wrong password": wrong,
		"nobody listens":   "postgres://u:" + password + "@" + closedPort(t) + "/db?sslmode=disable",
		"a database that is not": strings.Replace(strings.Replace(good, "/test_", "/nothing_", 1),
			"sslmode", "application_name="+password+"&sslmode", 1),
	} {
		_, err := parse(t, dsn).Connect(t.Context())
		var away *UnavailableError
		if !errors.As(err, &away) {
			t.Errorf("%s: %v is not the server's fault", name, err)
		}
		if err != nil && (strings.Contains(err.Error(), password) || strings.Contains(err.Error(), "\n")) {
			t.Errorf("%s: %q", name, err)
		}
	}
	s := parse(t, wrong)
	if err := s.Explain(errors.New("dial " + strings.ReplaceAll(wrong, "!", "%21"))); strings.Contains(err.Error(), "s3cr3t") {
		t.Error(err)
	}
	if strings.Contains(s.String(), password) || !strings.Contains(s.String(), "127.0.0.1") {
		t.Errorf("the server is called %s", s)
	}
}

func TestWhoIsAtFault(t *testing.T) {
	server := postgrestest.Start(t)
	s := parse(t, server.Database(t))
	conn, err := s.Connect(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var away *UnavailableError
	_, err = conn.Exec(t.Context(), "select 1/0")
	if err = s.Explain(err); err == nil || errors.As(err, &away) {
		t.Errorf("a wrong statement: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = conn.Exec(ctx, "select 1")
	if err = s.Explain(err); !errors.Is(err, context.Canceled) || errors.As(err, &away) {
		t.Errorf("a cancelled statement: %v", err)
	}
	if conn, err = s.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	server.Stop(t)
	_, err = conn.Exec(t.Context(), "select 1")
	if err = s.Explain(err); !errors.As(err, &away) {
		t.Errorf("a stopped server: %v", err)
	}
	_, err = conn.Exec(t.Context(), "select 1")
	if err = s.Explain(err); !errors.As(err, &away) || !strings.Contains(err.Error(), s.String()) {
		t.Errorf("a lost connection does not name the server: %v", err)
	}
	server.Resume(t)
	if s.Explain(nil) != nil {
		t.Error("nothing became an error")
	}
}

func TestTheSchemaOfADSN(t *testing.T) {
	for dsn, want := range map[string]string{
		"postgres://h/db":                             "kefu",
		"postgres://h/db?search_path=team":            "team",
		"postgres://h/db?search_path=%22Team%22,rest": "Team",
	} {
		if got := parse(t, dsn).Schema("kefu"); got != want {
			t.Errorf("%s: schema %s, want %s", dsn, got, want)
		}
	}
}
