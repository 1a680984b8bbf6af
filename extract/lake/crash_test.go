package lake

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"kefu/extract/postgres"
	"kefu/extract/postgres/postgrestest"
)

// onServer: the catalogs of this round are on a PostgreSQL server.
var onServer bool

// TestMain runs all tests twice: on catalogs in files, then on a server. The
// test binary runs itself as a process that commits one file.
func TestMain(m *testing.M) {
	if file := os.Getenv("KEFU_TEST_COMMIT"); file != "" {
		os.Exit(commitOne(file))
	}
	code := m.Run()
	onServer = true
	_, _ = fmt.Fprintln(os.Stdout, "the same with the catalog on a server:")
	os.Exit(max(code, postgrestest.Run(m)))
}

func commitOne(file string) int {
	ctx := context.Background()
	opts := Options{Catalog: os.Getenv("KEFU_TEST_STATE"), Root: os.Getenv("KEFU_TEST_LAKE"), Schema: "kefu"}
	if dsn := os.Getenv("KEFU_TEST_SERVER"); dsn != "" {
		var err error
		if opts.Server, err = postgres.Parse(dsn); err != nil {
			return 1
		}
	}
	l, err := Open(ctx, opts)
	if err == nil {
		_, err = l.Commit(ctx, "orders", []File{{Path: file}}, nil)
	}
	if err != nil {
		_, _ = fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

func metadataFiles(t *testing.T, root string) int {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(root, "orders", "metadata", "*.metadata.json"))
	if err != nil {
		t.Fatal(err)
	}
	return len(found)
}

// lockCatalog keeps everybody from changing the catalog, but not from reading
// it.
func (w *world) lockCatalog() *sql.Tx {
	w.t.Helper()
	tx, err := w.db.BeginTx(w.ctx, nil)
	if err == nil && onServer {
		_, err = tx.ExecContext(w.ctx, "lock table iceberg_tables in share mode")
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return tx
}

// A process is killed when it has written all metadata of its commit and is
// about to enter them into the catalog, which another process keeps locked.
func TestKilledBetweenMetadataAndCatalog(t *testing.T) {
	w, dsn := newWorld(t), ""
	if onServer {
		dsn = postgrestest.Shared(t).Database(t)
		w.opts = onDatabase(t, dsn, filepath.Join(t.TempDir(), "lake"))
		w.Lake = w.open(w.opts)
	}
	spec := w.ensure(ordersSpec())
	a := w.write(spec, "2026-01-05", order("2026-01-05", 1))
	b := w.write(spec, "2026-01-05", order("2026-01-05", 2))
	before := w.commit("orders", a)
	written := metadataFiles(t, w.opts.Root)

	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	tx := w.lockCatalog()
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), "KEFU_TEST_COMMIT="+b.Path, "KEFU_TEST_STATE="+w.opts.Catalog, "KEFU_TEST_SERVER="+dsn, "KEFU_TEST_LAKE="+w.opts.Root)
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for metadataFiles(t, w.opts.Root) == written {
		time.Sleep(5 * time.Millisecond)
	}
	_ = cmd.Process.Kill()
	_ = cmd.Wait()
	if err := tx.Rollback(); err != nil {
		t.Fatal(err)
	}

	w.Lake = w.open(w.opts)
	_, head, err := w.Files(w.ctx, "orders", 0)
	if err != nil || head != before {
		t.Fatalf("after the kill the head is %d, want %d, %v", head, before, err)
	}
	equal(t, "after the kill", w.rows(spec, 0, "select quantity from $t"), []string{"1"})
	w.commit("orders", b) // the same again, now to its end
	equal(t, "done again", w.rows(spec, 0, "select quantity from $t"), []string{"2"})
	if removed, err := w.RemoveOrphans(w.ctx, "orders", 0); err != nil || len(removed) == 0 {
		t.Errorf("left-overs of the killed process: %v, %v", removed, err)
	}
	equal(t, "cleaned", w.rows(spec, 0, "select quantity from $t"), []string{"2"})
	equal(t, "before, still", w.rows(spec, before, "select quantity from $t"), []string{"1"})
}

func TestManyMakeTheCatalogAtOnce(t *testing.T) {
	dir := t.TempDir()
	opts := newCatalog(t, dir, filepath.Join(dir, "lake"))
	errs := make(chan error, 6)
	for range cap(errs) {
		go func() {
			l, err := Open(context.Background(), opts)
			if err == nil {
				err = l.Close()
			}
			errs <- err
		}()
	}
	for range cap(errs) {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}
