package lake

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
	"golang.org/x/sync/errgroup"
)

// File is one Parquet file of a table.
type File struct {
	Path      string
	Partition string // "2026-01-05" by day, "2026-01" by month, the text by value, "" where not partitioned
	Rows      int64
	Bytes     int64
}

// cacheLimit bounds the snapshots whose files are remembered.
const cacheLimit = 256

// Files lists the files of a snapshot in order of partition and path, and the
// snapshot's id; 0 asks for the latest. A table that never held a row has the
// snapshot Empty.
func (l *Lake) Files(ctx context.Context, name string, snapshot int64) ([]File, int64, error) {
	if snapshot == Empty {
		return nil, Empty, nil
	}
	if files, ok := l.cached(cacheKey{name, snapshot}); ok {
		return files, snapshot, nil
	}
	t, err := l.load(ctx, name)
	if err != nil {
		return nil, 0, err
	}
	snap := t.CurrentSnapshot()
	if snapshot != 0 {
		if snap = t.SnapshotByID(snapshot); snap == nil {
			return nil, 0, fmt.Errorf("read table %s at snapshot %d: %w", name, snapshot, ErrNoSnapshot)
		}
	}
	if snap == nil {
		return nil, Empty, nil
	}
	key := cacheKey{name, snap.SnapshotID}
	if files, ok := l.cached(key); ok {
		return files, snap.SnapshotID, nil
	}
	data, err := dataFiles(ctx, t, snap)
	if err != nil {
		return nil, 0, err
	}
	files, err := l.describeAll(t, slices.Collect(maps.Values(data)))
	if err != nil {
		return nil, 0, err
	}
	l.remember(key, files)
	return slices.Clone(files), snap.SnapshotID, nil
}

// Commit makes the table hold exactly the wanted files, as one snapshot, and
// returns its id; when the table holds them already, nothing is committed.
// Files without rows are left out. Files of older snapshots may be wanted
// again. Where Partition or Rows are given they must agree with the file.
// When another process commits at the same time, one of the two gets
// ErrConflict.
func (l *Lake) Commit(ctx context.Context, name string, want []File, props map[string]string) (int64, error) {
	t, err := l.load(ctx, name)
	if err != nil {
		return 0, err
	}
	snap := t.CurrentSnapshot()
	have, err := dataFiles(ctx, t, snap)
	if err != nil {
		return 0, err
	}
	fresh, err := l.missing(t, want, have)
	if err != nil {
		return 0, err
	}
	add, err := l.measure(ctx, t, fresh)
	if err != nil {
		return 0, err
	}
	if len(add) == 0 && len(have) == 0 {
		if snap == nil {
			return Empty, nil
		}
		return snap.SnapshotID, nil
	}
	return l.replace(ctx, t, slices.Collect(maps.Values(have)), add, props)
}

// missing returns the wanted files that the table does not hold and leaves in
// have those that it holds but should not.
func (l *Lake) missing(t *table.Table, want []File, have map[string]iceberg.DataFile) ([]located, error) {
	name := t.Identifier()[1]
	seen := map[string]bool{}
	var fresh []located
	for _, f := range want {
		location, err := l.logical(f.Path)
		if err != nil {
			return nil, fmt.Errorf("commit table %s: %w", name, err)
		}
		if seen[location] {
			return nil, fmt.Errorf("commit table %s: data file %s is wanted twice", name, f.Path)
		}
		seen[location] = true
		if _, ok := have[location]; ok {
			delete(have, location)
			continue
		}
		fresh = append(fresh, located{f, location})
	}
	return fresh, nil
}

type located struct {
	File
	location string
}

// measure reads the footers of new files. Files without rows are left out.
func (l *Lake) measure(ctx context.Context, t *table.Table, files []located) ([]iceberg.DataFile, error) {
	fsys, err := t.FS(ctx)
	if err != nil {
		return nil, fmt.Errorf("commit table %s: %w", t.Identifier()[1], err)
	}
	schema, part, props := t.Schema(), t.Spec(), t.Properties()
	required := requiredColumns(t)
	out := make([]iceberg.DataFile, len(files))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for i, f := range files {
		group.Go(func() error {
			df, err := table.FileToDataFile(ctx, fsys, f.location, schema, part, 0, props)
			if err == nil && df.Count() > 0 {
				out[i] = df
				err = check(df, f.File, schema, required)
			}
			if err != nil {
				return fmt.Errorf("commit table %s: data file %s: %w", t.Identifier()[1], f.Path, err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(out, func(df iceberg.DataFile) bool { return df == nil }), nil
}

// check compares a file's footer with what is claimed and asked of it.
func check(df iceberg.DataFile, f File, schema *iceberg.Schema, required map[string]bool) error {
	if f.Rows > 0 && f.Rows != df.Count() {
		return fmt.Errorf("holds %d rows where %d were written", df.Count(), f.Rows)
	}
	if got := partitionName(df); f.Partition != "" && f.Partition != got {
		return fmt.Errorf("belongs to partition %q, not %q", got, f.Partition)
	}
	nulls, values := df.NullValueCounts(), df.ValueCounts()
	for _, field := range schema.Fields() {
		if !required[field.Name] {
			continue
		}
		if _, ok := values[field.ID]; !ok {
			return fmt.Errorf("lacks required column %s", field.Name)
		}
		if n := nulls[field.ID]; n > 0 {
			return fmt.Errorf("column %s is missing in %d of %d rows", field.Name, n, df.Count())
		}
	}
	return nil
}

// clockTolerance is how far a clock may go back between two changes of a table;
// Iceberg allows a minute.
const clockTolerance = 50 * time.Second

// replace commits one snapshot that drops and adds files.
func (l *Lake) replace(ctx context.Context, t *table.Table, drop, add []iceberg.DataFile, props map[string]string) (int64, error) {
	name := t.Identifier()[1]
	if last := time.UnixMilli(t.Metadata().LastUpdatedMillis()); time.Until(last) > clockTolerance {
		return 0, fmt.Errorf("commit table %s, last changed %s: %w", name, last.Format(time.DateTime), ErrClock)
	}
	txn := t.NewTransaction()
	if err := txn.AssertRefSnapshotID(table.MainBranch); err != nil {
		return 0, fmt.Errorf("commit table %s: %w", name, err)
	}
	var err error
	if len(drop) == 0 {
		err = txn.AddDataFiles(ctx, add, props, table.WithoutAutoNameMapping(), table.WithoutDuplicateCheck())
	} else {
		err = txn.ReplaceDataFilesWithDataFiles(ctx, drop, add, props, table.WithoutAutoNameMapping())
	}
	if err != nil {
		return 0, fmt.Errorf("commit table %s: %w", name, err)
	}
	done, err := txn.Commit(ctx)
	if err != nil {
		if l.moved(ctx, t) || errors.Is(err, table.ErrCommitFailed) {
			return 0, fmt.Errorf("commit table %s: %w (%w)", name, ErrConflict, err)
		}
		return 0, fmt.Errorf("commit table %s: %w", name, err)
	}
	return done.CurrentSnapshot().SnapshotID, nil
}

// moved tells whether the table has another head than t knows.
func (l *Lake) moved(ctx context.Context, t *table.Table) bool {
	now, err := l.load(ctx, t.Identifier()[1])
	return err == nil && headOf(now) != headOf(t)
}

func headOf(t *table.Table) int64 {
	if snap := t.CurrentSnapshot(); snap != nil {
		return snap.SnapshotID
	}
	return Empty
}

// dataFiles reads the files of a snapshot, by location.
func dataFiles(ctx context.Context, t *table.Table, snap *table.Snapshot) (map[string]iceberg.DataFile, error) {
	out := map[string]iceberg.DataFile{}
	if snap == nil {
		return out, nil
	}
	name := t.Identifier()[1]
	fsys, err := t.FS(ctx)
	if err != nil {
		return nil, fmt.Errorf("read files of table %s: %w", name, err)
	}
	manifests, err := snap.Manifests(fsys)
	if err != nil {
		return nil, fmt.Errorf("read files of table %s: %w", name, err)
	}
	for _, m := range manifests {
		for entry, err := range m.Entries(fsys, true) {
			if err != nil {
				return nil, fmt.Errorf("read files of table %s: %w", name, err)
			}
			df := entry.DataFile()
			if df.ContentType() != iceberg.EntryContentData {
				return nil, fmt.Errorf("read files of table %s: another engine left delete files; rewrite them first", name)
			}
			out[df.FilePath()] = df
		}
	}
	return out, nil
}

func (l *Lake) describeAll(t *table.Table, data []iceberg.DataFile) ([]File, error) {
	files := make([]File, len(data))
	for i, df := range data {
		path, err := l.physical(df.FilePath())
		if err != nil {
			return nil, fmt.Errorf("read files of table %s: %w", t.Identifier()[1], err)
		}
		files[i] = File{Path: path, Partition: partitionName(df), Rows: df.Count(), Bytes: df.FileSizeBytes()}
	}
	slices.SortFunc(files, func(a, b File) int {
		if c := strings.Compare(a.Partition, b.Partition); c != 0 {
			return c
		}
		return strings.Compare(a.Path, b.Path)
	})
	return files, nil
}

// partitionName spells the file's partition.
func partitionName(df iceberg.DataFile) string {
	for _, value := range df.Partition() {
		switch v := value.(type) {
		case iceberg.Date:
			return time.Unix(int64(v)*86400, 0).UTC().Format(time.DateOnly)
		case int32: // months since 1970
			return time.Date(1970, time.Month(1+v), 1, 0, 0, 0, 0, time.UTC).Format("2006-01")
		case string:
			return v
		}
	}
	return ""
}

func (l *Lake) cached(key cacheKey) ([]File, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	files, ok := l.cache[key]
	return slices.Clone(files), ok
}

func (l *Lake) remember(key cacheKey, files []File) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.cache) >= cacheLimit {
		clear(l.cache)
	}
	l.cache[key] = files
}
