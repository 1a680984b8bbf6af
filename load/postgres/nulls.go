package postgres

import (
	"errors"
	"slices"

	"github.com/apache/arrow-go/v18/parquet/file"

	"kefu/load"
)

// mayBeNull returns the key's columns that may hold a NULL in the files, by
// their statistics.
func mayBeNull(table load.Table, files []string) ([]string, error) {
	var out []string
	for _, path := range files {
		path = load.LocalPath(path)
		found, err := nullsOf(table.Key, path)
		if err != nil {
			return nil, fileError(path, err)
		}
		out = append(out, found...)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

func nullsOf(key []string, path string) (out []string, err error) {
	f, err := file.OpenParquetFile(path, false)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	for _, name := range key {
		leaf := f.MetaData().Schema.ColumnIndexByName(name)
		nulls, err := hasNulls(f, leaf)
		if err != nil {
			return nil, err
		}
		if nulls {
			out = append(out, name)
		}
	}
	return out, nil
}

// hasNulls takes a column without statistics for one with NULLs.
func hasNulls(f *file.Reader, leaf int) (bool, error) {
	if f.NumRows() == 0 {
		return false, nil
	}
	if leaf < 0 {
		return true, nil
	}
	if f.MetaData().Schema.Column(leaf).MaxDefinitionLevel() == 0 {
		return false, nil
	}
	for i := range f.NumRowGroups() {
		chunk, err := f.MetaData().RowGroup(i).ColumnChunk(leaf)
		if err != nil {
			return false, err
		}
		statistics, err := chunk.Statistics()
		if err != nil {
			return false, err
		}
		if statistics == nil || !statistics.HasNullCount() || statistics.NullCount() > 0 {
			return true, nil
		}
	}
	return false, nil
}

// nilColumns returns the columns that are nil in some row.
func nilColumns(inline load.Inline) []string {
	var out []string
	for _, row := range inline.Rows {
		for i, value := range row {
			if value == nil {
				out = append(out, inline.Table.Columns[i].Name)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
