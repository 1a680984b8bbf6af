package postgrestest

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
)

func TestMain(m *testing.M) { os.Exit(Run(m)) }

func connect(t *testing.T, dsn string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close(context.WithoutCancel(t.Context())) })
	return conn
}

func ask(t *testing.T, conn *pgx.Conn, query string) string {
	t.Helper()
	var answer string
	if err := conn.QueryRow(t.Context(), query).Scan(&answer); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return answer
}

func TestDatabasesAreApartAndNeedThePassword(t *testing.T) {
	s := Shared(t)
	a, b := connect(t, s.Database(t)), connect(t, s.Database(t))
	if _, err := a.Exec(t.Context(), "create table only_here (n integer)"); err != nil {
		t.Fatal(err)
	}
	if got := ask(t, b, "select coalesce(to_regclass('only_here')::text, 'nothing')"); got != "nothing" {
		t.Errorf("the other database holds %s", got)
	}
	if _, err := pgx.Connect(t.Context(), strings.Replace(s.Database(t), s.Password(), "wrong", 1)); err == nil {
		t.Error("a wrong password is let in")
	}
}

func TestACrashedServerComesBackWithWhatWasCommitted(t *testing.T) {
	s := Start(t)
	dsn := s.Database(t)
	conn := connect(t, dsn)
	if _, err := conn.Exec(t.Context(), "create table kept (n integer)"); err != nil {
		t.Fatal(err)
	}
	s.Stop(t)
	if _, err := conn.Exec(t.Context(), "select 1"); err == nil {
		t.Error("a stopped server answers")
	}
	if _, err := pgx.Connect(t.Context(), dsn); err == nil {
		t.Error("a stopped server takes connections")
	}
	s.Resume(t)
	if got := ask(t, connect(t, dsn), "select coalesce(to_regclass('kept')::text, 'nothing')"); got != "kept" {
		t.Errorf("after the crash the database holds %s", got)
	}
}

func TestNothingIsLeft(t *testing.T) {
	var folder string
	var p *process
	t.Run("a test with a server", func(t *testing.T) {
		s := Start(t)
		folder, p = s.folder, s.process
	})
	<-p.ended
	if _, err := os.Stat(folder); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the server's folder: %v", err)
	}
}

func TestAMissingServerIsAFailureWithAdvice(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	saved := homes
	homes = nil
	defer func() { homes = saved }()
	if _, err := start(nil); err == nil || !strings.Contains(err.Error(), "make postgres") {
		t.Errorf("without binaries: %v", err)
	}
}
