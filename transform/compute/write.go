package compute

import (
	"context"
	"fmt"
	"os"

	"kefu/extract/lake"
	"kefu/extract/sqltext"
)

// WriteFile writes the rows of a query, whose columns are those of the table,
// to a new data file of a partition and makes it durable. A query without rows
// leaves no file: the result then has no rows.
func WriteFile(ctx context.Context, e Engine, store Store, spec lake.Spec, partition, query string) (lake.File, error) {
	file, err := writeUnsealed(ctx, e, store, spec, partition, query)
	if err != nil || file.Rows == 0 {
		return file, err
	}
	if err := Seal(store, &file); err != nil {
		_ = os.Remove(file.Path) // the error that stopped the write is the one to tell
		return lake.File{}, err
	}
	return file, nil
}

// writeUnsealed is WriteFile whose file is not durable yet.
func writeUnsealed(ctx context.Context, e Engine, store Store, spec lake.Spec, partition, query string) (lake.File, error) {
	path := store.NewFilePath(spec.Name, partition)
	file, err := writeFile(ctx, e, spec, path, query)
	if err == nil && file.Rows > 0 {
		file.Partition = partition
		if err = measureFile(&file); err == nil {
			return file, nil
		}
	}
	_ = os.Remove(path) // the error that stopped the write is the one to tell
	return lake.File{}, err
}

// CopyStatement writes the rows of a query, whose columns are those of the
// table, to a data file. It returns their number.
func CopyStatement(spec lake.Spec, path, query string) string {
	return fmt.Sprintf("copy (%s) to %s (format parquet, compression zstd, compression_level 1, row_group_size 122880, field_ids %s)", query, sqltext.Literal(path), spec.FieldIDs())
}

// OrderBy sorts the rows of a query by columns; by none, it leaves them as they
// come.
func OrderBy(query string, columns []string) string {
	if len(columns) == 0 {
		return query
	}
	return query + " order by " + quoteNames(columns)
}

// Seal makes written data files durable and measures them.
func Seal(store Store, files ...*lake.File) error {
	paths := make([]string, len(files))
	for i, f := range files {
		paths[i] = f.Path
	}
	if err := store.Seal(paths...); err != nil {
		return fmt.Errorf("make data file durable: %w", err)
	}
	for _, f := range files {
		if err := measureFile(f); err != nil {
			return err
		}
	}
	return nil
}

func measureFile(file *lake.File) error {
	info, err := os.Stat(file.Path)
	if err != nil {
		return fmt.Errorf("measure data file: %w", err)
	}
	file.Bytes = info.Size()
	return nil
}

func writeFile(ctx context.Context, e Engine, spec lake.Spec, path, query string) (lake.File, error) {
	rows, err := e.Query(ctx, CopyStatement(spec, path, query))
	if err != nil {
		return lake.File{}, fmt.Errorf("write data file: %w", err)
	}
	defer rows.Close()
	file := lake.File{Path: path}
	for rows.Next() {
		if err := rows.Scan(&file.Rows); err != nil {
			return lake.File{}, fmt.Errorf("write data file: %w", err)
		}
	}
	return file, rows.Err()
}
