// Package duckdb owns the warehouse that is one DuckDB file.
//
// DuckDB lets no other process read a file that is open for writing. So a load
// copies the file aside, changes and checkpoints the copy, and renames it over
// the old one: readers keep what they opened, and whoever opens the path gets
// one whole publication. Everything in the file belongs to the load; tables
// that somebody else adds there do not survive a rebuild.
package duckdb

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"kefu/load"
)

// ErrBusy is returned when another program has the warehouse open for writing.
var ErrBusy = errors.New("the warehouse is open for writing in another program: close it there, or open it read-only")

// ErrForeign is returned when the path holds something that no load made.
var ErrForeign = errors.New("the file was not made by a load: give another path, or move it away")

// Options bound what a load may use. The zero value leaves it to DuckDB.
type Options struct {
	MemoryLimit string // such as "2GB"
	Threads     int
}

// Warehouse is one DuckDB file.
type Warehouse struct {
	path    string
	options Options
	// A file whose free blocks exceed this share of it is built anew.
	bloatShare float64
	bloatBytes int64
}

var _ load.Warehouse = (*Warehouse)(nil)

// New returns the warehouse at a path. The file and its folder are made by the
// first load.
func New(path string, options Options) *Warehouse {
	return &Warehouse{path: path, options: options, bloatShare: 0.5, bloatBytes: 64 << 20}
}

// Close does nothing: between calls the warehouse keeps nothing open.
func (*Warehouse) Close() error { return nil }

// Held reads which publication the file holds.
func (w *Warehouse) Held(ctx context.Context) (load.Held, error) {
	state, err := w.state(ctx)
	return state.Held(), err
}

// Load builds the new file aside and renames it over the old one.
func (w *Warehouse) Load(ctx context.Context, publication load.Publication) (load.Result, error) {
	start := time.Now()
	result, err := w.load(ctx, publication)
	result.Duration = time.Since(start)
	if err != nil {
		return load.Result{}, fmt.Errorf("load warehouse %s: %w", w.path, err)
	}
	return result, nil
}

func (w *Warehouse) load(ctx context.Context, publication load.Publication) (load.Result, error) {
	var result load.Result
	if err := publication.Validate(); err != nil {
		return result, err
	}
	if err := os.MkdirAll(filepath.Dir(w.path), 0o755); err != nil { //nolint:gosec // BI tools of other users read the warehouse
		return result, fmt.Errorf("make folder: %w", err)
	}
	unlock, err := lock(ctx, w.path+".lock")
	if err != nil {
		return result, err
	}
	defer unlock()
	if err := removeLeftovers(w.path); err != nil {
		return result, err
	}

	state, err := w.state(ctx)
	if err != nil {
		return result, err
	}
	steps := load.Plan(publication, state)
	if !steps.Necessary {
		return result, nil
	}
	if state.Exists() && !mostlyNew(steps) {
		result, err = w.build(ctx, publication, steps, true)
		if !errors.Is(err, errBloated) {
			return result, err
		}
	}
	return w.build(ctx, publication, load.Plan(publication, nil), false)
}

// build writes the aside file and publishes it. With fromCurrent it starts from
// a copy of the file in place, else from nothing.
func (w *Warehouse) build(ctx context.Context, publication load.Publication, steps load.Steps, fromCurrent bool) (load.Result, error) {
	result := load.Result{Rebuilt: !fromCurrent}
	aside, err := newAside(w.path)
	if err != nil {
		return result, err
	}
	defer aside.remove()
	if fromCurrent {
		if err := aside.copyFrom(ctx, w.path); err != nil {
			return result, err
		}
	}
	if err := w.fill(ctx, aside, publication, steps, &result); err != nil {
		return result, err
	}
	return result, aside.publish(w.path)
}

func (w *Warehouse) fill(ctx context.Context, aside *aside, publication load.Publication, steps load.Steps, result *load.Result) error {
	db, err := w.openAside(ctx, aside, folders(steps))
	if err != nil {
		return err
	}
	defer db.Close()
	if !result.Rebuilt {
		if err := w.checkBloat(ctx, db); err != nil {
			return err
		}
	}
	if err := run(ctx, db, steps, result); err != nil {
		return err
	}
	var ignored load.Result
	if err := replaceInline(ctx, db, publication.State(time.Now()), &ignored); err != nil {
		return fmt.Errorf("write what the warehouse holds: %w", err)
	}
	if _, err := db.ExecContext(ctx, "force checkpoint warehouse"); err != nil {
		return fmt.Errorf("checkpoint: %w", err)
	}
	if err := db.Close(); err != nil {
		return fmt.Errorf("close the new file: %w", err)
	}
	return nil
}

func (w *Warehouse) state(ctx context.Context) (load.State, error) {
	if _, err := os.Stat(w.path); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
		return nil, fmt.Errorf("read warehouse: %w", err)
	}
	db, err := OpenReader(ctx, w.path)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	return readState(ctx, db)
}
