// Package maintain owns keeping the lake and the state small: it writes small
// files anew as one, drops publications that nobody needs any more with the
// snapshots and files that only they held, takes away what killed runs left,
// and compacts the state. No published number changes by it.
//
// It may be killed anywhere. Publications are dropped before their snapshots,
// snapshots before their files, so that whatever is named can be read; what is
// left lying about is an orphan to the next run.
package maintain

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"path/filepath"
	"time"

	"kefu/extract/lake"
	"kefu/extract/landing"
	"kefu/extract/ledger"
	"kefu/transform/compute"
	"kefu/transform/model"
)

// Settings say what is kept.
type Settings struct {
	KeepPublications int           // at least so many of the latest publications
	KeepDays         int           // and all of the last days
	OrphanAge        time.Duration // files that belong to nothing go when they are older
}

// Setup is everything that maintenance works with.
type Setup struct {
	Settings
	Ledger  *ledger.Ledger
	Lake    *lake.Lake
	Landing *landing.Store
	Engine  compute.Engine
	Graph   *model.Graph
	Spill   string // folder of the engine's temporary files
	Lease   string // of whoever changes the lake or the state
	Wait    bool   // wait for a run at work instead of giving up
	DryRun  bool   // say what would be done, and do nothing
	Events  Events
	Log     *slog.Logger
}

// Events shows a person how far maintenance is.
type Events interface {
	// Stage begins a stage of so many steps; 0 = not known.
	Stage(name string, steps int)
	// Step ends one step of the stage.
	Step(item string)
}

// Summary is what maintenance did, as `etl lake maintain --json` prints it.
type Summary struct {
	DryRun       bool                `json:"dry_run"`
	Seconds      float64             `json:"seconds"`
	Publications PublicationsSummary `json:"publications"`
	Tables       []TableSummary      `json:"tables"` // those with anything to do
	Retired      []string            `json:"retired,omitempty"`
	Unknown      []string            `json:"unknown,omitempty"` // folders of tables that the catalog does not know
	Lake         SizeSummary         `json:"lake"`
	State        SizeSummary         `json:"state"`
}

// PublicationsSummary counts publications.
type PublicationsSummary struct {
	Kept    int `json:"kept"`
	Held    int `json:"held"` // of the kept: by readers at work alone
	Dropped int `json:"dropped"`
}

// TableSummary says what was done to a table.
type TableSummary struct {
	Table       string `json:"table"`
	SmallFiles  int    `json:"small_files"`  // written anew …
	LargerFiles int    `json:"larger_files"` // … as so many
	Snapshots   int    `json:"snapshots"`    // forgotten
	Files       int    `json:"files"`        // that only these held
	Bytes       int64  `json:"bytes"`
	Orphans     int    `json:"orphans"` // files that belonged to nothing
	OrphanBytes int64  `json:"orphan_bytes"`
}

func (t TableSummary) idle() bool { return t == TableSummary{Table: t.Table} }

// SizeSummary is a size before and after.
type SizeSummary struct {
	FilesBefore int   `json:"files_before"`
	FilesAfter  int   `json:"files_after"`
	BytesBefore int64 `json:"bytes_before"`
	BytesAfter  int64 `json:"bytes_after"`
}

// work is one maintenance under way.
type work struct {
	Setup
	lease   *ledger.Lease
	begun   time.Time
	names   []string // tables of the catalog
	kept    []ledger.Publication
	tables  map[string]*TableSummary
	summary *Summary
}

// Run maintains lake and state and returns what it did, also when it fails.
func Run(ctx context.Context, setup Setup) (*Summary, error) {
	w := &work{Setup: setup, begun: time.Now(), tables: map[string]*TableSummary{}, summary: &Summary{DryRun: setup.DryRun, Tables: []TableSummary{}}}
	lease, err := setup.Ledger.Acquire(ctx, setup.Lease, setup.Wait)
	if err != nil {
		return w.summary, fmt.Errorf("take the lake: %w", err)
	}
	w.lease = lease
	defer func() {
		if err := lease.Release(context.WithoutCancel(ctx)); err != nil {
			w.Log.Warn("release the lake", "error", err)
		}
	}()
	err = w.all(ctx)
	for _, name := range w.names {
		if t := w.tables[name]; t != nil && !t.idle() {
			w.summary.Tables = append(w.summary.Tables, *t)
		}
	}
	w.summary.Seconds = time.Since(w.begun).Seconds()
	return w.summary, err
}

func (w *work) all(ctx context.Context) error {
	var err error
	if w.names, err = w.Lake.Tables(ctx); err != nil {
		return err
	}
	size := &w.summary.Lake
	if size.FilesBefore, size.BytesBefore, err = measure(w.Lake.Root()); err != nil {
		return err
	}
	for _, step := range []func(context.Context) error{w.compact, w.expire, w.orphans, w.retire, w.sweep, w.vacuum} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	size.FilesAfter, size.BytesAfter, err = measure(w.Lake.Root())
	return err
}

func (w *work) table(name string) *TableSummary {
	if w.tables[name] == nil {
		w.tables[name] = &TableSummary{Table: name}
	}
	return w.tables[name]
}

// vacuum compacts the state.
func (w *work) vacuum(ctx context.Context) error {
	size := &w.summary.State
	size.FilesBefore, size.FilesAfter = 1, 1
	var err error
	if w.DryRun {
		size.BytesBefore, err = w.Ledger.Size(ctx)
		size.BytesAfter = size.BytesBefore
		return err
	}
	w.Events.Stage("compact the state", 1)
	size.BytesBefore, size.BytesAfter, err = w.Ledger.Vacuum(ctx)
	w.Events.Step("state")
	return err
}

// measure counts the files below a folder and their bytes.
func measure(root string) (files int, bytes int64, err error) {
	err = filepath.WalkDir(root, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if errors.Is(err, fs.ErrNotExist) {
			return nil // gone meanwhile, such as a spilled file of a reader
		}
		if err != nil {
			return err
		}
		files++
		bytes += info.Size()
		return nil
	})
	if err != nil {
		return 0, 0, fmt.Errorf("measure %s: %w", root, err)
	}
	return files, bytes, nil
}
