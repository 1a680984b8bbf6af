//go:build unix

package duckdb

import (
	"bufio"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"kefu/load"
)

// The test binary is also the program that gets killed or runs out of disk.
const childEnv = "KEFU_LOAD_CHILD"

func TestMain(m *testing.M) {
	if mode := os.Getenv(childEnv); mode != "" {
		os.Exit(child(mode, os.Args[1], os.Args[2]))
	}
	os.Exit(m.Run())
}

func child(mode, path, file string) int {
	switch mode {
	case "full":
		limitFileSize(4 << 20)
	case "hold":
		return holdOpen(path)
	}
	publication := load.Publication{ID: "p2", Tables: []load.Change{{Snapshot: 2, Files: []string{file}, Table: load.Table{
		Name: "t", Columns: []load.Column{{Name: "n", Type: "BIGINT"}, {Name: "text", Type: "VARCHAR"}},
	}}}}
	if _, err := New(path, Options{}).Load(context.Background(), publication); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 7
	}
	return 0
}

func childCommand(t *testing.T, mode string, w *Warehouse, rows int) *exec.Cmd {
	t.Helper()
	file := parquetFile(t, fmt.Sprintf("select n, sha256(cast(n as varchar)) as text from range(%d) r(n)", rows))
	cmd := exec.CommandContext(t.Context(), os.Args[0], w.path, file)
	cmd.Env = append(os.Environ(), childEnv+"="+mode)
	return cmd
}

func TestAKilledLoadLeavesTheOldPublication(t *testing.T) {
	w := New(filepath.Join(t.TempDir(), "w.duckdb"), Options{})
	mustLoad(t, w, numbers(t, "p1", 1, 0, 10))
	cmd := childCommand(t, "kill", w, 800_000)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for { // until it is in the middle of writing
		found, err := filepath.Glob(w.path + asideMark + "*")
		if err != nil {
			t.Fatal(err)
		}
		if len(found) > 0 {
			break
		}
		time.Sleep(time.Millisecond)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()
	if held, err := w.Held(t.Context()); err != nil || held.Publication != "p1" {
		t.Errorf("held %+v, %v", held, err)
	}
	mustLoad(t, w, numbers(t, "p3", 3, 0, 30))
	if got := value(t, w.path, "select count(*) from t"); got != "30" {
		t.Errorf("%s rows", got)
	}
	only(t, w.path)
}

// holdOpen has the warehouse open for writing until its input ends.
func holdOpen(path string) int {
	db, err := sql.Open("duckdb", path)
	if err != nil {
		return 1
	}
	defer db.Close()
	if err := db.PingContext(context.Background()); err != nil {
		return 1
	}
	fmt.Println("open") //nolint:forbidigo // the test waits for it
	_, _ = io.Copy(io.Discard, os.Stdin)
	return 0
}

func TestAWriterElsewhereIsNamed(t *testing.T) {
	w := New(filepath.Join(t.TempDir(), "w.duckdb"), Options{})
	mustLoad(t, w, numbers(t, "p1", 1, 0, 10))
	cmd := childCommand(t, "hold", w, 1)
	input, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := bufio.NewReader(output).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Load(t.Context(), numbers(t, "p2", 2, 0, 20)); !errors.Is(err, ErrBusy) {
		t.Errorf("load: %v", err)
	}
	input.Close()
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	mustLoad(t, w, numbers(t, "p2", 2, 0, 20))
}

// limitFileSize lets every write beyond a size fail, as on a full disk.
func limitFileSize(bytes uint64) {
	signal.Ignore(syscall.SIGXFSZ)
	_ = syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: bytes, Max: bytes})
}

func TestAFullDiskLeavesTheOldPublication(t *testing.T) {
	w := New(filepath.Join(t.TempDir(), "w.duckdb"), Options{})
	mustLoad(t, w, numbers(t, "p1", 1, 0, 10))
	out, err := childCommand(t, "full", w, 400_000).CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 7 {
		t.Fatalf("the load ended with %v: %s", err, out)
	}
	if !strings.Contains(strings.ToLower(string(out)), "file too large") {
		t.Errorf("the error does not tell why: %s", out)
	}
	if held, err := w.Held(t.Context()); err != nil || held.Publication != "p1" {
		t.Errorf("held %+v, %v", held, err)
	}
	if got := value(t, w.path, "select count(*) from t"); got != "10" {
		t.Errorf("%s rows", got)
	}
	only(t, w.path)
}
