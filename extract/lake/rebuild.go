package lake

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
)

// Rebuild enters into the catalog the tables that the lake's directory holds
// but the catalog does not, at their newest metadata, and returns their names:
// what to do when the state was lost. Publications are not in the lake, so the
// heads of the tables are what is left.
func (l *Lake) Rebuild(ctx context.Context) ([]string, error) {
	known, err := l.Tables(ctx)
	if err != nil {
		return nil, err
	}
	dirs, err := os.ReadDir(l.root)
	if err != nil {
		return nil, fmt.Errorf("rebuild catalog: %w", err)
	}
	found := map[string]string{}
	for _, d := range dirs {
		if !d.IsDir() || slices.Contains(known, d.Name()) {
			continue
		}
		path, err := newestMetadata(filepath.Join(l.root, d.Name(), "metadata"))
		if err != nil {
			return nil, fmt.Errorf("rebuild catalog: table %s: %w", d.Name(), err)
		}
		if path == "" {
			continue
		}
		if err := l.adopt(ctx, d.Name(), path, len(known)+len(found) == 0); err != nil {
			return nil, fmt.Errorf("rebuild catalog: table %s: %w", d.Name(), err)
		}
		found[d.Name()] = path
	}
	var names []string
	for name, path := range found {
		if err := l.register(ctx, name, path); err != nil {
			return nil, fmt.Errorf("rebuild catalog: table %s: %w", name, err)
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return names, nil
}

// adopt takes over the location that the metadata of the first table name, and
// refuses tables of another lake.
func (l *Lake) adopt(ctx context.Context, name, path string, first bool) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("read metadata: %w", err)
	}
	meta, err := table.ParseMetadataBytes(b)
	if err != nil {
		return fmt.Errorf("read metadata %s: %w", path, err)
	}
	base, ok := strings.CutSuffix(meta.Location(), "/"+name)
	switch {
	case !ok:
		return fmt.Errorf("its metadata are those of %s", meta.Location())
	case base == l.base:
		return nil
	case !first:
		return fmt.Errorf("it was made in the lake %s, not in %s", base, l.base)
	}
	_, err = l.cat.UpdateNamespaceProperties(ctx, table.Identifier{Namespace}, nil, iceberg.Properties{"location": base})
	if err != nil {
		return fmt.Errorf("keep the lake's location: %w", err)
	}
	l.relocate(base)
	return nil
}

func (l *Lake) register(ctx context.Context, name, path string) error {
	location, err := l.logical(path)
	if err != nil {
		return err
	}
	insert := "insert into iceberg_tables (catalog_name, table_namespace, table_name, iceberg_type, metadata_location) values (?, ?, ?, 'TABLE', ?)"
	if !l.sqlite {
		insert = strings.NewReplacer("(?, ?, ?,", "($1, $2, $3,", " ?)", " $4)").Replace(insert)
	}
	if _, err := l.db.ExecContext(ctx, insert, CatalogName, Namespace, name, location); err != nil {
		return fmt.Errorf("enter it into the catalog: %w", err)
	}
	return nil
}

// newestMetadata returns the metadata file of the highest version in the
// folder; among equals, of which at most one was committed, the youngest.
func newestMetadata(dir string) (string, error) {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("list metadata: %w", err)
	}
	best, bestVersion, bestAt := "", -1, time.Time{}
	for _, e := range entries {
		prefix, _, ok := strings.Cut(e.Name(), "-")
		version, err := strconv.Atoi(prefix)
		if !ok || err != nil || !strings.HasSuffix(e.Name(), ".metadata.json") {
			continue
		}
		info, err := e.Info()
		if err != nil {
			return "", fmt.Errorf("list metadata: %w", err)
		}
		if version > bestVersion || version == bestVersion && info.ModTime().After(bestAt) {
			best, bestVersion, bestAt = filepath.Join(dir, e.Name()), version, info.ModTime()
		}
	}
	return best, nil
}
