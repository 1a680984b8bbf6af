package compute

import (
	"context"
	"fmt"
	"os"

	"kefu/extract/lake"
)

// WriteFile writes the rows of a query, whose columns are those of the table,
// to a new data file of a partition and makes it durable. A query without rows
// leaves no file: the result then has no rows.
func WriteFile(ctx context.Context, e Engine, store Store, spec lake.Spec, partition, query string) (lake.File, error) {
	path := store.NewFilePath(spec.Name, partition)
	file, err := writeFile(ctx, e, spec, path, query)
	if err == nil && file.Rows > 0 {
		if err = store.Seal(path); err == nil {
			file.Partition = partition
			return file, nil
		}
		err = fmt.Errorf("make data file durable: %w", err)
	}
	_ = os.Remove(path) // the error that stopped the write is the one to tell
	return lake.File{}, err
}

func writeFile(ctx context.Context, e Engine, spec lake.Spec, path, query string) (lake.File, error) {
	rows, err := e.Query(ctx, fmt.Sprintf("copy (%s) to %s (format parquet, compression zstd, row_group_size 122880, field_ids %s)", query, quoteText(path), spec.FieldIDs()))
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
	if err := rows.Err(); err != nil || file.Rows == 0 {
		return lake.File{}, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return lake.File{}, fmt.Errorf("measure data file: %w", err)
	}
	file.Bytes = info.Size()
	return file, nil
}
