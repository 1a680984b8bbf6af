package postgres

import (
	"errors"
	"slices"

	"github.com/apache/arrow-go/v18/parquet/file"

	"kefu/load"
)

// outline is what is known of rows before they are read.
type outline struct {
	rows  int64
	nulls []string // columns of the key that may be NULL in some row
	alike alike
}

// work is about how long a new table takes to fill, as a multiple of one field:
// in the key a row costs as much as a few fields do in the table.
func (o outline) work(table load.Table) int64 {
	return o.rows * int64(len(o.alike.others(table))+6)
}

// outlineOf reads the footers of a table's files.
func outlineOf(table load.Table, files []string) (outline, error) {
	var all outline
	for _, path := range files {
		path = load.LocalPath(path)
		if err := all.add(table, path); err != nil {
			return outline{}, fileError(path, err)
		}
	}
	if all.rows < alikeRows {
		all.alike = nil
	}
	slices.Sort(all.nulls)
	all.nulls = slices.Compact(all.nulls)
	return all, nil
}

func (o *outline) add(table load.Table, path string) (err error) {
	f, err := file.OpenParquetFile(path, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if o.alike == nil {
		o.alike = alike{}
		for _, column := range table.Columns {
			o.alike[column.Name] = unknown
		}
	}
	if err := o.alike.add(table, f); err != nil {
		return err
	}
	o.rows += f.NumRows()
	for _, name := range table.Key {
		leaf := f.MetaData().Schema.ColumnIndexByName(name)
		nulls, err := hasNulls(f, leaf)
		if err != nil {
			return err
		}
		if nulls {
			o.nulls = append(o.nulls, name)
		}
	}
	return nil
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
