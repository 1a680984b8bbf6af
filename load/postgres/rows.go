package postgres

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/parquet"
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
	// fewBytes is how large the dictionary page of a column is at most whose
	// values are encoded once and not row by row.
	fewBytes = 16 << 10
)

// sheet is a piece of COPY's data that is being written.
type sheet struct {
	data   []byte
	places []int // within data, where the next field of each row goes
	// send takes the data, which are its own from then on, and returns an empty
	// piece.
	send func([]byte) ([]byte, error)
}

// rowEnds sends the piece once it is large enough.
func (s *sheet) rowEnds() error {
	if len(s.data) < sendBytes {
		return nil
	}
	return s.flush()
}

func (s *sheet) flush() (err error) {
	s.data, err = s.send(s.data)
	return err
}

// rows writes as many rows of such sizes as the piece shall have, those from
// one on, and returns how many they are.
func (s *sheet) rows(columns []column, sizes []int, from int) int {
	s.places = s.places[:0]
	end := len(s.data)
	for _, size := range sizes {
		if end >= sendBytes {
			break
		}
		s.places = append(s.places, end)
		end += size
	}
	piece := slices.Grow(s.data, end-len(s.data))[:end]
	for i, at := range s.places {
		binary.BigEndian.PutUint16(piece[at:], uint16(len(columns))) //nolint:gosec // at most 1600
		s.places[i] = at + 2
	}
	for _, c := range columns {
		c.write(piece, s.places, from)
	}
	s.data = piece
	return len(s.places)
}

// stream is rows in COPY's binary form, made beside the connection that reads
// them. Close ends it early, and is needed in any case.
type stream struct {
	pieces chan []byte
	spare  chan []byte // pieces that were read to their end
	piece  []byte      // that is being read
	rest   []byte      // of it
	ended  chan struct{}
	stop   context.CancelFunc
	err    error // of making the rows; read it after ended
}

// newStream lets produce write rows.
func newStream(ctx context.Context, produce func(ctx context.Context, out *sheet) error) *stream {
	ctx, stop := context.WithCancel(ctx)
	s := &stream{pieces: make(chan []byte, ahead), spare: make(chan []byte, ahead), ended: make(chan struct{}), stop: stop}
	go func() {
		defer close(s.ended)
		defer close(s.pieces)
		defer func() {
			// The reader of Parquet answers some broken files with a panic.
			if p := recover(); p != nil {
				s.err = fmt.Errorf("read rows: %v", p)
			}
		}()
		out := &sheet{data: copyStart, send: func(piece []byte) ([]byte, error) {
			select {
			case s.pieces <- piece:
				return s.empty(), nil
			case <-ctx.Done():
				return nil, context.Cause(ctx)
			}
		}}
		if s.err = out.flush(); s.err == nil {
			s.err = produce(ctx, out)
		}
		if s.err == nil {
			out.data = append(out.data, copyEnd...)
			s.err = out.flush()
		}
	}()
	return s
}

// empty returns a piece without content.
func (s *stream) empty() []byte {
	select {
	case piece := <-s.spare:
		return piece[:0]
	default:
		return make([]byte, 0, sendBytes+sendBytes/8)
	}
}

// Read implements io.Reader.
func (s *stream) Read(p []byte) (int, error) {
	if len(s.rest) == 0 {
		if cap(s.piece) >= sendBytes {
			select {
			case s.spare <- s.piece:
			default:
			}
		}
		s.piece = nil
		piece, ok := <-s.pieces
		if !ok {
			<-s.ended
			if s.err != nil {
				return 0, s.err
			}
			return 0, io.EOF
		}
		s.piece, s.rest = piece, piece
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
func fromFiles(table load.Table, files []string) func(context.Context, *sheet) error {
	return func(ctx context.Context, out *sheet) error {
		for _, path := range files {
			path = load.LocalPath(path)
			if err := fromFile(ctx, table, path, out); err != nil {
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

func fromFile(ctx context.Context, table load.Table, path string, out *sheet) (err error) {
	memory := &reuse{}
	parquetFile, err := file.OpenParquetFile(path, false, file.WithReadProps(parquet.NewReaderProperties(memory)))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, parquetFile.Close()) }()
	want, places := columnsOf(parquetFile, table)
	if len(want) == 0 && parquetFile.NumRows() > 0 {
		return fmt.Errorf("it has none of the columns of %s", table.Name)
	}
	properties := pqarrow.ArrowReadProperties{BatchSize: readRows, PreAllocBinaryData: true}
	for i, place := range places {
		if place >= 0 && table.Columns[i].Type == "VARCHAR" && repeats(parquetFile, want[place]) {
			properties.SetReadDict(want[place], true)
		}
	}
	reader, err := pqarrow.NewFileReader(parquetFile, properties, memory)
	if err != nil {
		return err
	}
	rows := int64(0)
	for group := range parquetFile.NumRowGroups() { // each has dictionaries of its own
		n, err := fromGroup(ctx, table, reader, group, want, places, out)
		if err != nil {
			return err
		}
		rows += n
	}
	if rows != parquetFile.NumRows() {
		return fmt.Errorf("it ends after %d of %d rows", rows, parquetFile.NumRows())
	}
	return nil
}

// fromGroup makes rows from a group of a file's rows and returns their number.
func fromGroup(ctx context.Context, table load.Table, reader *pqarrow.FileReader, group int, want, places []int, out *sheet) (rows int64, err error) {
	records, err := reader.GetRecordReader(ctx, want, []int{group})
	if err != nil {
		return 0, err
	}
	defer records.Release()
	for records.Next() {
		batch := records.RecordBatch()
		rows += batch.NumRows()
		if err := emitBatch(table, batch, places, out); err != nil {
			return rows, err
		}
	}
	if err := records.Err(); err != nil && !errors.Is(err, io.EOF) {
		return rows, err
	}
	return rows, nil
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

// emitBatch writes the rows of a batch.
func emitBatch(table load.Table, batch arrow.RecordBatch, places []int, out *sheet) error {
	columns := make([]column, len(places))
	for i, place := range places {
		columns[i] = missing{}
		if place < 0 {
			continue
		}
		var err error
		if columns[i], err = columnOf(table.Columns[i].Name, table.Columns[i].Type, batch.Column(place)); err != nil {
			return err
		}
	}
	sizes := make([]int, batch.NumRows())
	for i := range sizes {
		sizes[i] = 2 // the number of fields
	}
	for _, c := range columns {
		c.measure(sizes)
	}
	for from := 0; from < len(sizes); {
		n := out.rows(columns, sizes[from:], from)
		if err := out.rowEnds(); err != nil {
			return err
		}
		from += n
	}
	return nil
}

// fromValues makes a table's rows from Go values.
func fromValues(inline load.Inline) func(context.Context, *sheet) error {
	return func(_ context.Context, out *sheet) error {
		for _, row := range inline.Rows {
			out.data = append(out.data, byte(len(row)>>8), byte(len(row)))
			for i, value := range row {
				var err error
				if out.data, err = appendValue(out.data, inline.Table.Columns[i], value); err != nil {
					return err
				}
			}
			if err := out.rowEnds(); err != nil {
				return err
			}
		}
		return nil
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
