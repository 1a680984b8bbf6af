// Package extract owns the contract between sources and everything after
// them: a source reads files or responses and hands canonical rows, as text,
// to a Sink that accounts for every line.
package extract

import (
	"fmt"
	"strings"
)

// Record is one canonical row as text, before typing.
type Record struct {
	Dataset string
	Line    int      // 1-based line (text, csv), row (xlsx) or index (responses) where the row starts
	Values  []string // aligned with dataset.Schema.Columns; "" = missing; the texts never change
	// Platform and Shop override the source's own where the file names them.
	Platform, Shop string
	// Raw holds the bytes as received (xlsx: the cells as a JSON array). It is
	// valid during the call only.
	Raw []byte
}

// Records are canonical rows of one dataset and shop, as a Record is one: what
// works column by column takes many at once.
type Records struct {
	Dataset        string
	Platform, Shop string
	Lines          []int    // of each row
	Values         []string // row after row
	// Raw holds the bytes of all rows, one after the other, and Starts where those
	// of each row start; Starts is nil where there are none. Both are valid during
	// the call only.
	Raw    []byte
	Starts []int
}

// Len is how many rows there are.
func (r *Records) Len() int { return len(r.Lines) }

// At returns one of the rows.
func (r *Records) At(row int) Record {
	width := len(r.Values) / len(r.Lines)
	return Record{
		Dataset: r.Dataset, Line: r.Lines[row], Values: r.Values[row*width : (row+1)*width : (row+1)*width],
		Platform: r.Platform, Shop: r.Shop, Raw: r.RawOf(row),
	}
}

// RawOf returns the bytes of a row as received, nil where there are none.
func (r *Records) RawOf(row int) []byte {
	if r.Starts == nil {
		return nil
	}
	end := len(r.Raw)
	if row+1 < len(r.Starts) {
		end = r.Starts[row+1]
	}
	return r.Raw[r.Starts[row]:end:end]
}

// Reject is a row that cannot be used, with what is needed to correct it.
type Reject struct {
	Dataset string
	Line    int
	Column  string // name in the file, "" where no single column is at fault
	Reason  string // what is wrong with it, without personal data
	Hint    string // what to do
	Raw     []byte // the row as received
}

// Warning is something odd that loses nothing, such as an unknown column.
type Warning struct {
	Dataset string
	Line    int
	Column  string
	Message string
}

// Sink receives what a file or response holds. For each dataset
// read = accepted + merged + skipped + rejected holds when a file ends;
// duplicates are told from the accepted rows later.
type Sink interface {
	// Read counts lines of a dataset as read.
	Read(dataset string, lines int)
	// Accept takes one canonical row; it does not keep its slices.
	Accept(Record) error
	// Merge counts a line that was folded into another row.
	Merge(dataset string, line int)
	// Skip counts a line that the named filter leaves out.
	Skip(dataset, filter string, line int)
	// Reject takes a row that cannot be used; it does not keep its bytes.
	Reject(Reject) error
	// Warn notes something odd.
	Warn(Warning)
}

// FileError is a problem that makes a whole file unusable; nothing of the file
// is loaded.
type FileError struct {
	File    string
	Line    int // 0 = not tied to a line
	Column  string
	Problem string
	Hint    string
	Err     error
}

// Error says file, line, column, problem and what to do.
func (e *FileError) Error() string {
	var b strings.Builder
	b.WriteString(e.File)
	if e.Line > 0 {
		fmt.Fprintf(&b, ":%d", e.Line)
	}
	if e.Column != "" {
		fmt.Fprintf(&b, ": column %q", e.Column)
	}
	b.WriteString(": " + e.Problem)
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	if e.Hint != "" {
		b.WriteString(" (" + e.Hint + ")")
	}
	return b.String()
}

// Unwrap returns the cause.
func (e *FileError) Unwrap() error { return e.Err }
