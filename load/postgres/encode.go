package postgres

import (
	"encoding/binary"
	"fmt"
	"math"

	server "kefu/extract/postgres"
)

// The binary form of COPY: a signature, rows of fields with their length, and
// an end.
var (
	copyStart = append([]byte("PGCOPY\n\xff\r\n\x00"), 0, 0, 0, 0, 0, 0, 0, 0)
	copyEnd   = []byte{0xff, 0xff}
	copyNull  = []byte{0xff, 0xff, 0xff, 0xff}
)

// PostgreSQL counts from 2000-01-01, Arrow from 1970-01-01.
const (
	epochDays   = 10957
	epochMicros = epochDays * 86_400_000_000
)

// castError says that a column of the files cannot be stored as wanted.
type castError struct{ column, from, to string }

func (e *castError) Error() string {
	return fmt.Sprintf("column %s is %s in the file, which cannot become %s", e.column, e.from, e.to)
}

func appendInt32(to []byte, n int32) []byte {
	to = append(to, 0, 0, 0, 4)
	return binary.BigEndian.AppendUint32(to, uint32(n)) //nolint:gosec // two's complement
}

func appendInt64(to []byte, n int64) []byte {
	to = append(to, 0, 0, 0, 8)
	return binary.BigEndian.AppendUint64(to, uint64(n)) //nolint:gosec // two's complement
}

func appendFloat(to []byte, f float64) []byte { return appendInt64(to, floatBits(f)) }

func floatBits(f float64) int64 { return int64(math.Float64bits(f)) } //nolint:gosec // the same bits

func appendText(to []byte, s string) []byte {
	s = server.Text(s)
	to = binary.BigEndian.AppendUint32(to, uint32(len(s))) //nolint:gosec // a text of the lake
	return append(to, s...)
}
