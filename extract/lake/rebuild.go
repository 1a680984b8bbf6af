package lake

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
)

// Rebuild enters into the catalog the tables that the lake's directory holds
// but the catalog does not, at their newest metadata, and returns their names:
// what to do when the state was lost. Publications are found in Copies.
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
		meta, path, err := newestMetadata(filepath.Join(l.root, d.Name(), "metadata"))
		if err != nil {
			return nil, fmt.Errorf("rebuild catalog: table %s: %w", d.Name(), err)
		}
		if path == "" {
			continue
		}
		if err := l.adopt(ctx, d.Name(), meta, len(known)+len(found) == 0); err != nil {
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
func (l *Lake) adopt(ctx context.Context, name string, meta table.Metadata, first bool) error {
	base, ok := strings.CutSuffix(meta.Location(), "/"+name)
	switch {
	case !ok:
		return fmt.Errorf("its metadata are those of %s", meta.Location())
	case base == l.base:
		return nil
	case !first:
		return fmt.Errorf("it was made in the lake %s, not in %s", base, l.base)
	}
	_, err := l.cat.UpdateNamespaceProperties(ctx, table.Identifier{Namespace}, nil, iceberg.Properties{"location": base})
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
