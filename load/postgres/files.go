package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"kefu/load"
)

const (
	// readRows is how many rows are read from Parquet at a time.
	readRows = 16_384
	// fewBytes is how large the dictionary page of a column is at most whose
	// values are encoded once and not row by row.
	fewBytes = 16 << 10
)

// fromFiles makes a table's rows from Parquet files; a column that a file lacks
// is NULL. Files whose rows are not apart in the order of the key are merged.
func fromFiles(table load.Table, files []string) producer {
	return func(ctx context.Context, columns []load.Column, out *sheet) error {
		table := table
		table.Columns = columns
		order := keyOrder(table)
		if len(files) > 1 && len(order) > 0 && order[0] != table.PartitionColumn {
			return fromMerged(ctx, table, files, order, out)
		}
		for _, path := range files {
			if err := fromFile(ctx, table, path, out); err != nil {
				return err
			}
		}
		return nil
	}
}

func fromFile(ctx context.Context, table load.Table, path string, out *sheet) (err error) {
	s, err := openSource(table, path, &reuse{})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.close()) }()
	for {
		more, err := s.next(ctx)
		if err != nil || !more {
			return err
		}
		if err := s.emit(len(s.sizes), out); err != nil {
			return err
		}
	}
}

// source is a Parquet file whose rows are read batch by batch.
type source struct {
	table  load.Table
	path   string
	file   *file.Reader
	reader *pqarrow.FileReader
	want   []int // columns of the file to read
	places []int // of the table's columns among them, -1 where the file lacks one
	groups int   // of rows that were begun
	rows   int64 // that were read
	// The batch.
	records pqarrow.RecordReader // of the group
	batch   arrow.RecordBatch
	columns []column
	sizes   []int // of the rows
	at      int   // the first row that was not emitted
}

// openSource opens a file, whose rows are read into memory from that allocator.
func openSource(table load.Table, path string, memory *reuse) (s *source, err error) {
	s = &source{table: table, path: load.LocalPath(path)}
	defer func() {
		if err != nil {
			err = errors.Join(s.explain(err), s.close())
		}
	}()
	s.file, err = file.OpenParquetFile(s.path, false, file.WithReadProps(parquet.NewReaderProperties(memory)))
	if err != nil {
		return s, err
	}
	s.want, s.places = columnsOf(s.file, table)
	if len(s.want) == 0 && s.file.NumRows() > 0 {
		return s, fmt.Errorf("it has none of the columns of %s", table.Name)
	}
	properties := pqarrow.ArrowReadProperties{BatchSize: readRows, PreAllocBinaryData: true}
	for i, place := range s.places {
		if place >= 0 && table.Columns[i].Type == "VARCHAR" && repeats(s.file, s.want[place]) {
			properties.SetReadDict(s.want[place], true)
		}
	}
	s.reader, err = pqarrow.NewFileReader(s.file, properties, memory)
	return s, err
}

func (s *source) close() error {
	if s.records != nil {
		s.records.Release()
		s.records = nil
	}
	if s.file == nil {
		return nil
	}
	return s.file.Close()
}

func (s *source) explain(err error) error { return fileError(s.path, err) }

// fileError tells which file could not be read. A file that ends too early must
// not look like a connection that does.
func fileError(path string, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New(err.Error())
	}
	return fmt.Errorf("read %s: %w", path, err)
}

// next reads a batch; there is none behind the last one.
func (s *source) next(ctx context.Context) (bool, error) {
	for {
		if s.records != nil && s.records.Next() {
			s.batch = s.records.RecordBatch()
			s.rows += s.batch.NumRows()
			if err := s.encode(); err != nil {
				return false, s.explain(err)
			}
			return true, nil
		}
		if err := s.group(ctx); errors.Is(err, errEnd) {
			return false, nil
		} else if err != nil {
			return false, s.explain(err)
		}
	}
}

// errEnd says that all groups of rows were read.
var errEnd = errors.New("no more rows")

// group ends a group of rows and begins the next; each has dictionaries of its
// own.
func (s *source) group(ctx context.Context) (err error) {
	if s.records != nil {
		err := s.records.Err()
		s.records.Release()
		s.records = nil
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
	}
	if s.groups == s.file.NumRowGroups() {
		if s.rows != s.file.NumRows() {
			return fmt.Errorf("it ends after %d of %d rows", s.rows, s.file.NumRows())
		}
		return errEnd
	}
	s.groups++
	s.records, err = s.reader.GetRecordReader(ctx, s.want, []int{s.groups - 1})
	return err
}

// encode makes fields of the batch's columns.
func (s *source) encode() error {
	s.columns = make([]column, len(s.places))
	for i, place := range s.places {
		s.columns[i] = missing{}
		if place < 0 {
			continue
		}
		var err error
		if s.columns[i], err = columnOf(s.table.Columns[i].Name, s.table.Columns[i].Type, s.batch.Column(place)); err != nil {
			return err
		}
	}
	s.at, s.sizes = 0, make([]int, s.batch.NumRows())
	for i := range s.sizes {
		s.sizes[i] = 2 // the number of fields
	}
	for _, c := range s.columns {
		c.measure(s.sizes)
	}
	return nil
}

// emit writes the batch's rows that stand before one and were not written yet.
func (s *source) emit(before int, out *sheet) error {
	for s.at < before {
		s.at += out.rows(s.columns, s.sizes[s.at:before], s.at)
		if err := out.rowEnds(); err != nil {
			return err
		}
	}
	return nil
}

// repeats tells whether the values of a column are codes of few texts in all of
// the file.
func repeats(f *file.Reader, leaf int) bool {
	if f.MetaData().Schema.Column(leaf).PhysicalType() != parquet.Types.ByteArray {
		return false
	}
	for i := range f.NumRowGroups() {
		chunk, err := f.MetaData().RowGroup(i).ColumnChunk(leaf)
		if err != nil || !chunk.HasDictionaryPage() {
			return false
		}
		if size := chunk.DataPageOffset() - chunk.DictionaryPageOffset(); size <= 0 || size > fewBytes {
			return false
		}
	}
	return true
}

// columnsOf returns which columns of the file to read, in its order, and for
// each column of the table its place among those, -1 where the file lacks it.
func columnsOf(f *file.Reader, table load.Table) (want, places []int) {
	places = make([]int, len(table.Columns))
	for i := range places {
		places[i] = -1
	}
	schema := f.MetaData().Schema
	for leaf := range schema.NumColumns() {
		for i, column := range table.Columns {
			if schema.Column(leaf).Path() == column.Name {
				places[i] = len(want)
				want = append(want, leaf)
			}
		}
	}
	return want, places
}
