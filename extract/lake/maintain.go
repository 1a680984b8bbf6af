package lake

import (
	"context"
	"fmt"
	"maps"
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

// Expire forgets the table's snapshots but the latest and those to keep, and
// deletes the files that none of these holds. It returns how many it forgot.
func (l *Lake) Expire(ctx context.Context, name string, keep map[int64]bool) (int, error) {
	t, err := l.load(ctx, name)
	if err != nil {
		return 0, err
	}
	head := t.CurrentSnapshot()
	if head == nil {
		return 0, nil
	}
	var gone []int64
	for _, s := range t.Metadata().Snapshots() {
		if s.SnapshotID != head.SnapshotID && !keep[s.SnapshotID] {
			gone = append(gone, s.SnapshotID)
		}
	}
	if len(gone) == 0 {
		return 0, nil
	}
	update := table.NewRemoveSnapshotsUpdate(gone, true)
	_, _, err = l.cat.CommitTable(ctx, identifier(name),
		[]table.Requirement{table.AssertRefSnapshotID(table.MainBranch, &head.SnapshotID)}, []table.Update{update})
	if err != nil {
		if l.moved(ctx, t) {
			err = fmt.Errorf("%w (%w)", ErrConflict, err)
		}
		return 0, fmt.Errorf("expire snapshots of table %s: %w", name, err)
	}
	l.forget(name)
	after, err := l.load(ctx, name)
	if err != nil {
		return len(gone), err
	}
	if err := update.PostCommit(ctx, t, after); err != nil {
		return len(gone), fmt.Errorf("delete files of expired snapshots of table %s: %w", name, err)
	}
	return len(gone), nil
}

// RemoveOrphans deletes files in the table's folder that no snapshot holds,
// that are older than the given age and not among those to keep; a writer's
// uncommitted files are safe while they are younger. It returns their paths.
func (l *Lake) RemoveOrphans(ctx context.Context, name string, olderThan time.Duration, keep map[string]bool) ([]string, error) {
	t, err := l.load(ctx, name)
	if err != nil {
		return nil, err
	}
	fsys, err := t.FS(ctx)
	if err != nil {
		return nil, fmt.Errorf("remove orphans of table %s: %w", name, err)
	}
	plan, err := t.PlanOrphanFiles(ctx, table.WithFilesOlderThan(olderThan))
	if err != nil {
		return nil, fmt.Errorf("remove orphans of table %s: %w", name, err)
	}
	var removed []string
	for _, location := range plan.Files() {
		path, err := l.physical(location)
		if err != nil {
			return removed, fmt.Errorf("remove orphans of table %s: %w", name, err)
		}
		if keep[path] {
			continue
		}
		if err := fsys.Remove(location); err != nil {
			return removed, fmt.Errorf("remove orphans of table %s: %w", name, err)
		}
		removed = append(removed, path)
	}
	slices.Sort(removed)
	return removed, nil
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
