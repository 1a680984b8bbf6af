package preset

import "kefu/extract"

// Row is one raw row of a file, as a reader of extract/file delivers it. It and
// its slices are valid until the next row is read; the texts of its cells, and of
// records made of them, stay as they are.
type Row struct {
	Line   int      // where it starts
	Cells  []string // aligned with the header
	Kinds  []Kind   // aligned with Cells; nil = all texts
	Raw    []byte   // as received
	Merged []int    // further lines of the file that are part of it
	Skip   string   // name of the filter that leaves it out, such as banner or layout
	Fault  *Fault   // why it cannot be used
}

// Kind tells how a cell stood in the file.
type Kind byte

// The kinds of cells.
const (
	Text    Kind = iota
	Numeric      // of a spreadsheet, in plain digits
	Lossy        // a spreadsheet's number with more digits than it keeps
)

// Fault is why a row cannot be used.
type Fault struct {
	Column string // name in the file
	Reason string
	Hint   string
}

// FileInfo is what mapping needs to know of the file itself.
type FileInfo struct {
	Name     string // base name of the innermost file, without its last extension
	AsOf     string // local wall clock, "" = unknown
	Date1904 bool   // days of the workbook count from 1904
}

func (t *boundTarget) reject(row *Row, f Fault, sink extract.Sink) error {
	return sink.Reject(extract.Reject{
		Dataset: t.schema.Name, Line: row.Line, Column: f.Column, Reason: f.Reason, Hint: f.Hint, Raw: row.Raw,
	})
}

func (row *Row) cell(i int) (string, Kind) {
	if i >= len(row.Cells) {
		return "", Text
	}
	if row.Kinds == nil || i >= len(row.Kinds) {
		return row.Cells[i], Text
	}
	return row.Cells[i], row.Kinds[i]
}
