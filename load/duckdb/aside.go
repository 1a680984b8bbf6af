package duckdb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Aside files are named <warehouse>.load-<random>, with DuckDB's own companions
// beside them. Whoever holds the lock may remove all that it finds.
const asideMark = ".load-"

// aside is the file in which a load builds the new warehouse.
type aside struct{ path string }

func newAside(target string) (*aside, error) {
	f, err := os.CreateTemp(filepath.Dir(target), filepath.Base(target)+asideMark+"*")
	if err != nil {
		return nil, fmt.Errorf("make the new file: %w", err)
	}
	f.Close()
	// DuckDB takes an empty file for a broken one: only the name is reserved.
	if err := os.Remove(f.Name()); err != nil {
		return nil, fmt.Errorf("make the new file: %w", err)
	}
	return &aside{path: f.Name()}, nil
}

func (a *aside) spill() string { return a.path + ".tmp" }

func (a *aside) remove() {
	for _, path := range []string{a.path, a.path + ".wal", a.spill()} {
		_ = os.RemoveAll(path) // what stays is removed by the next load
	}
}

func (a *aside) copyFrom(ctx context.Context, current string) (err error) {
	in, err := os.Open(current)
	if err != nil {
		return fmt.Errorf("copy the warehouse: %w", err)
	}
	defer in.Close()
	out, err := os.OpenFile(a.path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644) //nolint:gosec // BI tools of other users read the warehouse
	if err != nil {
		return fmt.Errorf("copy the warehouse: %w", err)
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	const chunk = 256 << 20 // between two looks at ctx
	for {
		n, err := io.CopyN(out, in, chunk)
		switch {
		case n < chunk && errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return fmt.Errorf("copy the warehouse: %w", err)
		case ctx.Err() != nil:
			return ctx.Err()
		}
	}
}

// publish makes the aside file the warehouse. A write-ahead log that somebody
// left beside the old file does not fit the new one and goes first.
func (a *aside) publish(target string) error {
	f, err := os.OpenFile(a.path, os.O_RDWR, 0)
	if err != nil {
		return fmt.Errorf("write the new file to disk: %w", err)
	}
	err = errors.Join(f.Sync(), f.Close())
	if err != nil {
		return fmt.Errorf("write the new file to disk: %w", err)
	}
	if err := os.Remove(target + ".wal"); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove the old log: %w", err)
	}
	if err := os.Rename(a.path, target); err != nil {
		return fmt.Errorf("put the new file in place: %w", err)
	}
	return syncFolder(filepath.Dir(target))
}

func syncFolder(folder string) error {
	f, err := os.Open(folder)
	if err != nil {
		return fmt.Errorf("write the folder to disk: %w", err)
	}
	defer f.Close()
	// Some file systems cannot sync a folder; the rename stands all the same.
	_ = f.Sync()
	return nil
}

// removeLeftovers removes what killed loads left beside the warehouse.
func removeLeftovers(target string) error {
	folder := filepath.Dir(target)
	entries, err := os.ReadDir(folder)
	if err != nil {
		return fmt.Errorf("look for leftovers: %w", err)
	}
	prefix := filepath.Base(target) + asideMark
	for _, entry := range entries {
		if len(entry.Name()) <= len(prefix) || entry.Name()[:len(prefix)] != prefix {
			continue
		}
		if err := os.RemoveAll(filepath.Join(folder, entry.Name())); err != nil {
			return fmt.Errorf("remove leftovers: %w", err)
		}
	}
	return nil
}

// lock waits until no other load of the warehouse runs. The system releases it
// when the process ends in any way; the lock file itself stays.
func lock(ctx context.Context, path string) (unlock func(), err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock the warehouse: %w", err)
	}
	for {
		taken, err := tryLock(f)
		if err != nil {
			f.Close()
			return nil, fmt.Errorf("lock the warehouse: %w", err)
		}
		if taken {
			return func() { f.Close() }, nil
		}
		select {
		case <-ctx.Done():
			f.Close()
			return nil, fmt.Errorf("wait for another load of the warehouse: %w", ctx.Err())
		case <-time.After(50 * time.Millisecond):
		}
	}
}
