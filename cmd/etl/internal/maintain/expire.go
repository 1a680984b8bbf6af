package maintain

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"kefu/extract/ledger"
)

// expire drops publications that nobody needs, then the snapshots that no
// publication names, with their files.
func (w *work) expire(ctx context.Context) error {
	dropped, err := w.publications(ctx)
	if err != nil {
		return err
	}
	w.summary.Publications.Kept, w.summary.Publications.Dropped = len(w.kept), len(dropped)
	if !w.DryRun {
		if err := w.Ledger.DropPublications(ctx, dropped); err != nil {
			return err
		}
		if err := w.dropCopies(); err != nil {
			return err
		}
	}
	keep := snapshotsOf(w.kept)
	w.Events.Stage("expire snapshots", len(w.names))
	for _, name := range w.names {
		if err := w.lease.Check(ctx); err != nil {
			return err
		}
		do := w.Lake.Expire
		if w.DryRun {
			do = w.Lake.PlanExpiry
		}
		gone, err := do(ctx, name, keep[name])
		t := w.table(name)
		t.Snapshots, t.Files, t.Bytes = gone.Snapshots, gone.Files, gone.Bytes
		if err != nil {
			return err
		}
		w.Events.Step(name)
	}
	return nil
}

// dropCopies forgets the copies of publications that are not kept.
func (w *work) dropCopies() error {
	names, err := w.Lake.Copies()
	if err != nil {
		return err
	}
	for _, name := range names {
		if slices.ContainsFunc(w.kept, func(p ledger.Publication) bool { return p.ID == name }) {
			continue
		}
		if err := w.Lake.DropCopy(name); err != nil {
			return err
		}
	}
	return nil
}

// publications notes those that are kept and returns the ids of those that go:
// kept are the latest, those of the last days, and those that a reader at work
// began with.
func (w *work) publications(ctx context.Context) (dropped []string, err error) {
	all, err := w.Ledger.Publications(ctx, 0)
	if err != nil {
		return nil, err
	}
	held, err := w.Ledger.HeldPublications(ctx)
	if err != nil {
		return nil, err
	}
	young := w.begun.AddDate(0, 0, -w.KeepDays)
	for i, p := range all { // newest first
		switch {
		case i < max(w.KeepPublications, 1) || p.CreatedAt.After(young):
			w.kept = append(w.kept, p)
		case held[p.ID]:
			w.kept = append(w.kept, p)
			w.summary.Publications.Held++
		default:
			dropped = append(dropped, p.ID)
		}
	}
	return dropped, nil
}

// snapshotsOf lists per table the snapshots that publications name: what they
// show, and what the numbers of each shop were computed from, which the next
// run compares with.
func snapshotsOf(publications []ledger.Publication) map[string]map[int64]bool {
	out := map[string]map[int64]bool{}
	note := func(name string, id int64) {
		if out[name] == nil {
			out[name] = map[int64]bool{}
		}
		out[name][id] = true
	}
	for _, p := range publications {
		for name, id := range p.Tables {
			note(name, id)
		}
		for _, in := range p.Inputs {
			for name, id := range in.Snapshots {
				note(name, id)
			}
		}
	}
	return out
}

// orphans takes away what belongs to no snapshot.
func (w *work) orphans(ctx context.Context) error {
	w.Events.Stage("remove orphans", len(w.names))
	for _, name := range w.names {
		do := w.Lake.RemoveOrphans
		if w.DryRun {
			do = w.Lake.Orphans
		}
		found, err := do(ctx, name, w.OrphanAge)
		t := w.table(name)
		for _, o := range found {
			t.Orphans++
			t.OrphanBytes += o.Bytes
		}
		if err != nil {
			return err
		}
		w.Events.Step(name)
	}
	return nil
}

// retire drops the tables that nothing makes any more and that no publication
// names, and lists folders of tables that the catalog does not know.
func (w *work) retire(ctx context.Context) error {
	made, named := w.order(), snapshotsOf(w.kept)
	for _, name := range w.names {
		if _, makes := made[name]; makes || named[name] != nil {
			continue
		}
		w.summary.Retired = append(w.summary.Retired, name)
		if w.DryRun {
			continue
		}
		if err := w.Lake.Drop(ctx, name); err != nil {
			return err
		}
		if err := os.RemoveAll(filepath.Join(w.Lake.Root(), name)); err != nil {
			return fmt.Errorf("remove table %s: %w", name, err)
		}
	}
	found, err := filepath.Glob(filepath.Join(w.Lake.Root(), "*", "metadata"))
	if err != nil {
		return fmt.Errorf("list folders of the lake: %w", err)
	}
	for _, path := range found {
		if name := filepath.Base(filepath.Dir(path)); !slices.Contains(w.names, name) {
			w.summary.Unknown = append(w.summary.Unknown, name)
		}
	}
	return nil
}

// sweep takes away half-written landings and what killed engines spilled.
func (w *work) sweep(context.Context) error {
	if w.DryRun {
		return nil
	}
	before := w.begun.Add(-w.OrphanAge)
	if err := w.Landing.Sweep(before); err != nil {
		return err
	}
	entries, err := os.ReadDir(w.Spill)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("list spilled files: %w", err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil || !info.ModTime().Before(before) || !strings.HasPrefix(e.Name(), "duckdb_temp") {
			continue
		}
		if err := os.RemoveAll(filepath.Join(w.Spill, e.Name())); err != nil {
			return fmt.Errorf("remove spilled files: %w", err)
		}
	}
	return nil
}
