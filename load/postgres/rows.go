package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"kefu/load"
)

const (
	// readRows is how many rows are read from Parquet at a time.
	readRows = 16_384
	// sendBytes is about how much is handed to the connection at a time.
	sendBytes = 256 << 10
	// ahead is how many such pieces are made before they are taken.
	ahead = 8
)

// stream is rows in COPY's binary form, made beside the connection that reads
// them. Close ends it early, and is needed in any case.
type stream struct {
	pieces chan []byte
	rest   []byte
	ended  chan struct{}
	stop   context.CancelFunc
	err    error // of making the rows; read it after ended
}

// newStream lets produce make rows, which it gives to emit.
func newStream(ctx context.Context, produce func(ctx context.Context, emit func([]byte) error) error) *stream {
	ctx, stop := context.WithCancel(ctx)
	s := &stream{pieces: make(chan []byte, ahead), ended: make(chan struct{}), stop: stop}
	go func() {
		defer close(s.ended)
		defer close(s.pieces)
		defer func() {
			// The reader of Parquet answers some broken files with a panic.
			if p := recover(); p != nil {
				s.err = fmt.Errorf("read rows: %v", p)
			}
		}()
		emit := func(piece []byte) error {
			select {
			case s.pieces <- piece:
				return nil
			case <-ctx.Done():
				return context.Cause(ctx)
			}
		}
		s.err = emit(copyStart)
		if s.err == nil {
			s.err = produce(ctx, emit)
		}
		if s.err == nil {
			s.err = emit(copyEnd)
		}
	}()
	return s
}

// Read implements io.Reader.
func (s *stream) Read(p []byte) (int, error) {
	if len(s.rest) == 0 {
		piece, ok := <-s.pieces
		if !ok {
			<-s.ended
			if s.err != nil {
				return 0, s.err
			}
			return 0, io.EOF
		}
		s.rest = piece
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

// Close ends the making of rows and returns why it failed, if it did before.
func (s *stream) Close() error {
	select {
	case <-s.ended:
		return s.err
	default:
	}
	s.stop()
	<-s.ended
	return nil
}

// fromFiles makes a table's rows from Parquet files; a column that a file lacks
// is NULL.
func fromFiles(table load.Table, files []string) func(context.Context, func([]byte) error) error {
	return func(ctx context.Context, emit func([]byte) error) error {
		for _, path := range files {
			path = load.LocalPath(path)
			if err := fromFile(ctx, table, path, emit); err != nil {
				return fileError(path, err)
			}
		}
		return nil
	}
}

// fileError tells which file could not be read. A file that ends too early must
// not look like a connection that does.
func fileError(path string, err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = errors.New(err.Error())
	}
	return fmt.Errorf("read %s: %w", path, err)
}

func fromFile(ctx context.Context, table load.Table, path string, emit func([]byte) error) (err error) {
	parquetFile, err := file.OpenParquetFile(path, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, parquetFile.Close()) }()
	reader, err := pqarrow.NewFileReader(parquetFile, pqarrow.ArrowReadProperties{BatchSize: readRows}, memory.DefaultAllocator)
	if err != nil {
		return err
	}
	want, places := columnsOf(parquetFile, table)
	if len(want) == 0 && parquetFile.NumRows() > 0 {
		return fmt.Errorf("it has none of the columns of %s", table.Name)
	}
	if parquetFile.NumRows() == 0 {
		return nil
	}
	records, err := reader.GetRecordReader(ctx, want, nil)
	if err != nil {
		return err
	}
	defer records.Release()
	rows := int64(0)
	for records.Next() {
		batch := records.RecordBatch()
		rows += batch.NumRows()
		if err := emitBatch(table, batch, places, emit); err != nil {
			return err
		}
	}
	if err := records.Err(); err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if rows != parquetFile.NumRows() {
		return fmt.Errorf("it ends after %d of %d rows", rows, parquetFile.NumRows())
	}
	return nil
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

// emitBatch writes the rows of a batch, row by row.
func emitBatch(table load.Table, batch arrow.RecordBatch, places []int, emit func([]byte) error) error {
	fields := make([]field, len(places))
	for i, place := range places {
		var column arrow.Array = array.NewNull(int(batch.NumRows()))
		if place >= 0 {
			column = batch.Column(place)
		}
		var err error
		if fields[i], err = encoder(table.Columns[i].Name, table.Columns[i].Type, column); err != nil {
			return err
		}
	}
	piece := make([]byte, 0, sendBytes+sendBytes/8)
	var err error
	for row := range int(batch.NumRows()) {
		piece = append(piece, byte(len(fields)>>8), byte(len(fields)))
		for _, value := range fields {
			if piece, err = value(piece, row); err != nil {
				return err
			}
		}
		if len(piece) >= sendBytes {
			if err := emit(piece); err != nil {
				return err
			}
			piece = make([]byte, 0, sendBytes+sendBytes/8)
		}
	}
	if len(piece) == 0 {
		return nil
	}
	return emit(piece)
}

// fromValues makes a table's rows from Go values.
func fromValues(inline load.Inline) func(context.Context, func([]byte) error) error {
	return func(_ context.Context, emit func([]byte) error) error {
		var piece []byte
		for _, row := range inline.Rows {
			piece = append(piece, byte(len(row)>>8), byte(len(row)))
			for i, value := range row {
				var err error
				if piece, err = appendValue(piece, inline.Table.Columns[i], value); err != nil {
					return err
				}
			}
			if len(piece) >= sendBytes {
				if err := emit(piece); err != nil {
					return err
				}
				piece = nil
			}
		}
		if len(piece) == 0 {
			return nil
		}
		return emit(piece)
	}
}

func appendValue(to []byte, column load.Column, value any) ([]byte, error) {
	cast := &castError{column.Name, fmt.Sprintf("%T", value), column.Type}
	switch v := value.(type) {
	case nil:
		return append(to, copyNull...), nil
	case string:
		if column.Type == "VARCHAR" {
			return appendText(to, v), nil
		}
		if column.Type == "DATE" {
			day, err := time.Parse(time.DateOnly, v)
			if err != nil {
				return nil, cast
			}
			return appendInt32(to, int32(day.Unix()/86400)-epochDays), nil //nolint:gosec // four digits of years
		}
	case bool:
		if column.Type == "BOOLEAN" {
			bit := byte(0)
			if v {
				bit = 1
			}
			return append(to, 0, 0, 0, 1, bit), nil
		}
	case time.Time:
		if column.Type == "TIMESTAMP" {
			return appendInt64(to, v.UnixMicro()-epochMicros), nil
		}
		if column.Type == "DATE" {
			return appendInt32(to, int32(v.Unix()/86400)-epochDays), nil //nolint:gosec // days of this era
		}
	case float64:
		if column.Type == "DOUBLE" {
			return appendFloat(to, v), nil
		}
	case int:
		return appendWhole(to, column, int64(v), cast)
	case int32:
		return appendWhole(to, column, int64(v), cast)
	case int64:
		return appendWhole(to, column, v, cast)
	}
	return nil, cast
}

func appendWhole(to []byte, column load.Column, n int64, cast error) ([]byte, error) {
	switch {
	case column.Type == "BIGINT":
		return appendInt64(to, n), nil
	case column.Type == "INTEGER" && n == int64(int32(n)): //nolint:gosec // that is the question
		return appendInt32(to, int32(n)), nil //nolint:gosec // it fits
	case column.Type == "DOUBLE":
		return appendFloat(to, float64(n)), nil
	}
	return nil, cast
}
