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
)

// The test binary runs itself as a process that commits one file.
func TestMain(m *testing.M) {
	if file := os.Getenv("KEFU_TEST_COMMIT"); file != "" {
		os.Exit(commitOne(file))
	}
	os.Exit(m.Run())
}

func commitOne(file string) int {
	ctx := context.Background()
	l, err := Open(ctx, Options{CatalogDSN: os.Getenv("KEFU_TEST_STATE"), Root: os.Getenv("KEFU_TEST_LAKE")})
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

// A process is killed when it has written all metadata of its commit and is
// about to enter them into the catalog, which another process keeps locked.
func TestKilledBetweenMetadataAndCatalog(t *testing.T) {
	w := newWorld(t)
	spec := w.ensure(ordersSpec())
	a := w.write(spec, "2026-01-05", order("2026-01-05", 1))
	b := w.write(spec, "2026-01-05", order("2026-01-05", 2))
	before := w.commit("orders", a)
	written := metadataFiles(t, w.opts.Root)

	lock, err := sql.Open("sqlite", sqliteDSN(w.opts.CatalogDSN))
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	tx, err := lock.BeginTx(w.ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), "KEFU_TEST_COMMIT="+b.Path, "KEFU_TEST_STATE="+w.opts.CatalogDSN, "KEFU_TEST_LAKE="+w.opts.Root)
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
