package postgres

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"time"

	"kefu/load"
)

const (
	// sendBytes is about how much is handed to the connection at a time.
	sendBytes = 256 << 10
	// ahead is how many such pieces are made before they are taken.
	ahead = 8
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

// fromValues makes a table's rows from Go values: those of all its columns.
func fromValues(inline load.Inline) producer {
	return func(_ context.Context, _ []load.Column, out *sheet) error {
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
