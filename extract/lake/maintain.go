package lake

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/apache/iceberg-go/table"
)

// Snapshot is one state of a table.
type Snapshot struct {
	ID         int64
	Parent     int64 // 0 = none
	At         time.Time
	Properties map[string]string // as given to Commit, with Iceberg's own totals
}

// Snapshots lists the table's snapshots, oldest first.
func (l *Lake) Snapshots(ctx context.Context, name string) ([]Snapshot, error) {
	t, err := l.load(ctx, name)
	if err != nil {
		return nil, err
	}
	var out []Snapshot
	for _, s := range t.Metadata().Snapshots() {
		snap := Snapshot{ID: s.SnapshotID, At: time.UnixMilli(s.TimestampMs).UTC()}
		if s.ParentSnapshotID != nil {
			snap.Parent = *s.ParentSnapshotID
		}
		if s.Summary != nil {
			snap.Properties = maps.Clone(map[string]string(s.Summary.Properties))
		}
		out = append(out, snap)
	}
	return out, nil
}

// Expiry says what forgetting snapshots takes away.
type Expiry struct {
	Snapshots int   // snapshots forgotten
	Files     int   // data files that no other snapshot holds
	Bytes     int64 // of these
}

// PlanExpiry tells what Expire would do, and changes nothing.
func (l *Lake) PlanExpiry(ctx context.Context, name string, keep map[int64]bool) (Expiry, error) {
	t, err := l.load(ctx, name)
	if err != nil {
		return Expiry{}, err
	}
	gone, kept := expired(t, keep)
	return measureExpiry(ctx, t, gone, kept)
}

// expired takes the table's snapshots apart into those to forget and those to
// keep; the latest is always kept.
func expired(t *table.Table, keep map[int64]bool) (gone, kept []table.Snapshot) {
	head := headOf(t)
	for _, s := range t.Metadata().Snapshots() {
		if s.SnapshotID == head || keep[s.SnapshotID] {
			kept = append(kept, s)
		} else {
			gone = append(gone, s)
		}
	}
	return gone, kept
}

func measureExpiry(ctx context.Context, t *table.Table, gone, kept []table.Snapshot) (Expiry, error) {
	out := Expiry{Snapshots: len(gone)}
	if len(gone) == 0 {
		return out, nil
	}
	read := map[string]bool{} // manifests: snapshots share most of them
	dropped, err := liveFiles(ctx, t, gone, read)
	if err != nil {
		return out, err
	}
	// A manifest of a snapshot that goes may be one of a snapshot that stays.
	held, err := liveFiles(ctx, t, kept, map[string]bool{})
	if err != nil {
		return out, err
	}
	for location, bytes := range dropped {
		if _, ok := held[location]; !ok {
			out.Files++
			out.Bytes += bytes
		}
	}
	return out, nil
}

// liveFiles returns the data files of the snapshots with their sizes, reading
// each manifest once.
func liveFiles(ctx context.Context, t *table.Table, snapshots []table.Snapshot, read map[string]bool) (map[string]int64, error) {
	name := t.Identifier()[1]
	fsys, err := t.FS(ctx)
	if err != nil {
		return nil, fmt.Errorf("read files of table %s: %w", name, err)
	}
	out := map[string]int64{}
	for i := range snapshots {
		manifests, err := snapshots[i].Manifests(fsys)
		if err != nil {
			return nil, fmt.Errorf("read files of table %s: %w", name, err)
		}
		for _, m := range manifests {
			if read[m.FilePath()] {
				continue
			}
			read[m.FilePath()] = true
			for entry, err := range m.Entries(fsys, true) {
				if err != nil {
					return nil, fmt.Errorf("read files of table %s: %w", name, err)
				}
				out[entry.DataFile().FilePath()] = entry.DataFile().FileSizeBytes()
			}
		}
	}
	return out, nil
}

// Expire forgets the table's snapshots but the latest and those to keep, and
// deletes the files that none of these holds. A kill in between leaves files
// that RemoveOrphans takes away.
func (l *Lake) Expire(ctx context.Context, name string, keep map[int64]bool) (Expiry, error) {
	t, err := l.load(ctx, name)
	if err != nil {
		return Expiry{}, err
	}
	gone, kept := expired(t, keep)
	out, err := measureExpiry(ctx, t, gone, kept)
	if err != nil || len(gone) == 0 {
		return out, err
	}
	ids := make([]int64, len(gone))
	for i, s := range gone {
		ids[i] = s.SnapshotID
	}
	head := headOf(t)
	update := table.NewRemoveSnapshotsUpdate(ids, true)
	_, _, err = l.cat.CommitTable(ctx, identifier(name),
		[]table.Requirement{table.AssertRefSnapshotID(table.MainBranch, &head)}, []table.Update{update})
	if err != nil {
		if l.moved(ctx, t) {
			err = fmt.Errorf("%w (%w)", ErrConflict, err)
		}
		return Expiry{}, fmt.Errorf("expire snapshots of table %s: %w", name, err)
	}
	l.forget(name)
	after, err := l.load(ctx, name)
	if err != nil {
		return out, err
	}
	if err := update.PostCommit(ctx, t, after); err != nil {
		return out, fmt.Errorf("delete files of expired snapshots of table %s: %w", name, err)
	}
	return out, nil
}

// Orphan is a file in a table's folder that no snapshot holds.
type Orphan struct {
	Path  string
	Bytes int64
}

// Orphans lists the files in the table's folder that no snapshot holds and that
// are older than the given age: what killed runs left, files of expired
// snapshots. A writer's uncommitted files are safe while they are younger.
func (l *Lake) Orphans(ctx context.Context, name string, olderThan time.Duration) ([]Orphan, error) {
	t, err := l.load(ctx, name)
	if err != nil {
		return nil, err
	}
	plan, err := t.PlanOrphanFiles(ctx, table.WithFilesOlderThan(olderThan))
	if err != nil {
		return nil, fmt.Errorf("find orphans of table %s: %w", name, err)
	}
	var out []Orphan
	for _, f := range plan.OrphanFiles() {
		path, err := l.physical(f.Path)
		if err != nil {
			return nil, fmt.Errorf("find orphans of table %s: %w", name, err)
		}
		out = append(out, Orphan{Path: path, Bytes: f.SizeBytes})
	}
	slices.SortFunc(out, func(a, b Orphan) int { return cmp.Compare(a.Path, b.Path) })
	return out, nil
}

// RemoveOrphans deletes the orphans of that age and returns them.
func (l *Lake) RemoveOrphans(ctx context.Context, name string, olderThan time.Duration) ([]Orphan, error) {
	orphans, err := l.Orphans(ctx, name, olderThan)
	if err != nil {
		return nil, err
	}
	for i, o := range orphans {
		if err := ctx.Err(); err != nil {
			return orphans[:i], err
		}
		if err := os.Remove(o.Path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return orphans[:i], fmt.Errorf("remove orphans of table %s: %w", name, err)
		}
	}
	return orphans, nil
}

// Drop takes the table out of the catalog. Its files stay until the folder is
// removed, so that what was published from it can still be read.
func (l *Lake) Drop(ctx context.Context, name string) error {
	if err := l.cat.DropTable(ctx, identifier(name)); err != nil {
		return fmt.Errorf("drop table %s: %w", name, err)
	}
	l.forget(name)
	return nil
}

func (l *Lake) forget(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	maps.DeleteFunc(l.cache, func(k cacheKey, _ []File) bool { return k.table == name })
}
