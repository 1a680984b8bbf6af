package postgres

import (
	"database/sql"
	"os"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	server "kefu/extract/postgres"
	"kefu/extract/postgres/postgrestest"
	"kefu/load"
	"kefu/load/loadtest"
)

func TestMain(m *testing.M) {
	if dsn := os.Getenv(childEnv); dsn != "" {
		os.Exit(child(dsn, os.Args[1]))
	}
	os.Exit(postgrestest.Run(m))
}

// schema needs quotes wherever it stands.
const schema = `kpi "of" o'clock`

func parse(t testing.TB, dsn string) *server.Server {
	t.Helper()
	s, err := server.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// fresh is an empty warehouse in a database of its own.
func fresh(t testing.TB) (*Warehouse, string) {
	t.Helper()
	dsn := postgrestest.Shared(t).Database(t)
	return New(parse(t, dsn), schema), dsn
}

// reader opens a database as a BI tool does, with the schema in its path.
func reader(t testing.TB, dsn string) *sql.DB {
	t.Helper()
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	config.RuntimeParams["search_path"] = server.Ident(schema)
	return stdlib.OpenDB(*config)
}

func TestWarehouseKeepsTheContract(t *testing.T) {
	for name, bytes := range map[string]struct{ swap, aside int64 }{
		"renaming large tables": {0, 1 << 40}, "replacing rows in place": {1 << 40, 1 << 40}, "filling aside": {0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			dsns := map[load.Warehouse]string{}
			loadtest.Run(t, loadtest.Harness{
				New: func(t *testing.T) load.Warehouse {
					w, dsn := fresh(t)
					w.swapBytes, w.asideBytes = bytes.swap, bytes.aside
					dsns[w] = dsn
					return w
				},
				Reader: func(t *testing.T, w load.Warehouse) *sql.DB { return reader(t, dsns[w]) },
			})
		})
	}
}
