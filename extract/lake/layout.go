package lake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/apache/iceberg-go/table"
)

// Layout is the layout of lakes that this program makes: a folder of Iceberg
// files per table, and copies of publications. In layout 1 the digests of rows
// that never change and the keys of masks were others: a message that came again
// would pass for another one, and a mask would fit nobody.
const Layout = 2

var (
	// ErrNewerLayout says that a newer program made the lake.
	ErrNewerLayout = errors.New("the lake is of a newer program")
	// ErrOlderLayout says that an older program made the lake, in a layout that
	// this one cannot go on with.
	ErrOlderLayout = errors.New("the lake is of an older program")
	// ErrStateLost says that the lake holds tables while the catalog is empty.
	ErrStateLost = errors.New("the lake holds tables that the state does not know")
)

const (
	layoutFile = "lake.json"
	copiesDir  = "_publications"
)

// checkLayout refuses a lake of another layout and marks one that has no mark.
func (l *Lake) checkLayout() error {
	path := filepath.Join(l.root, layoutFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return writeAside(path, fmt.Appendf(nil, "{\"layout\": %d}\n", Layout))
	}
	if err != nil {
		return fmt.Errorf("read layout of the lake: %w", err)
	}
	var mark struct {
		Layout int `json:"layout"`
	}
	if err := json.Unmarshal(text, &mark); err != nil {
		return fmt.Errorf("read layout of the lake %s: %w", path, err)
	}
	if mark.Layout > Layout {
		return fmt.Errorf("%w: %s has layout %d, this program knows layouts up to %d", ErrNewerLayout, l.root, mark.Layout, Layout)
	}
	if mark.Layout < Layout {
		return fmt.Errorf("%w: %s has layout %d, this program needs %d: start with a new lake and state and read the files again", ErrOlderLayout, l.root, mark.Layout, Layout)
	}
	return nil
}

// checkState refuses to go on with an empty catalog where the directory holds
// tables with rows: making them anew would hide these.
func (l *Lake) checkState(ctx context.Context) error {
	known, err := l.Tables(ctx)
	if err != nil || len(known) > 0 {
		return err
	}
	found, err := filepath.Glob(filepath.Join(l.root, "*", "metadata"))
	if err != nil {
		return fmt.Errorf("list folders of the lake: %w", err)
	}
	for _, dir := range found {
		meta, _, err := newestMetadata(dir)
		if err != nil {
			return err
		}
		// A killed first run leaves tables without a snapshot.
		if meta != nil && meta.CurrentSnapshot() != nil {
			return fmt.Errorf("%w: %s", ErrStateLost, l.root)
		}
	}
	return nil
}

// newestMetadata returns the metadata in the folder that were written last, and
// their file; nil where there are none. The version in a file's name would not
// do: it goes on from an old one when an old backup of the state is used.
func newestMetadata(dir string) (table.Metadata, string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, "", nil
	}
	if err != nil {
		return nil, "", fmt.Errorf("list metadata: %w", err)
	}
	var best table.Metadata
	name := ""
	for _, e := range entries { // by name, so that the higher version stands later
		if !strings.HasSuffix(e.Name(), ".metadata.json") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, "", fmt.Errorf("read metadata: %w", err)
		}
		meta, err := table.ParseMetadataBytes(text)
		if err != nil {
			continue // half written by a killed run: never committed
		}
		if best == nil || meta.LastUpdatedMillis() >= best.LastUpdatedMillis() {
			best, name = meta, filepath.Join(dir, e.Name())
		}
	}
	return best, name, nil
}

// KeepCopy keeps a small text beside the tables under a name, whole or not at
// all: the copy of a publication.
func (l *Lake) KeepCopy(name string, text []byte) error {
	path := filepath.Join(l.root, copiesDir, name+".json")
	if _, err := os.Stat(path); err == nil {
		return nil // publications never change
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("keep copy of publication: %w", err)
	}
	return writeAside(path, text)
}

// Copies returns the names of the copies, the latest first.
func (l *Lake) Copies() ([]string, error) {
	found, err := filepath.Glob(filepath.Join(l.root, copiesDir, "*.json"))
	if err != nil {
		return nil, fmt.Errorf("list copies of publications: %w", err)
	}
	for i, path := range found {
		found[i] = strings.TrimSuffix(filepath.Base(path), ".json")
	}
	slices.Sort(found)
	slices.Reverse(found)
	return found, nil
}

// ReadCopy returns the copy of that name.
func (l *Lake) ReadCopy(name string) ([]byte, error) {
	text, err := os.ReadFile(filepath.Join(l.root, copiesDir, name+".json"))
	if err != nil {
		return nil, fmt.Errorf("read copy of publication: %w", err)
	}
	return text, nil
}

// DropCopy forgets the copy of that name; forgetting twice is no error.
func (l *Lake) DropCopy(name string) error {
	if err := os.Remove(filepath.Join(l.root, copiesDir, name+".json")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("drop copy of publication: %w", err)
	}
	return nil
}

// writeAside writes a file under another name, syncs and renames it.
func writeAside(path string, text []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".part-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	_, err = f.Write(text)
	if err := errors.Join(err, fsync(f), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), errors.Join(err, os.Remove(f.Name())))
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return fmt.Errorf("write %s: %w", filepath.Base(path), err)
	}
	return syncDir(filepath.Dir(path))
}
