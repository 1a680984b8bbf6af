package api

import (
	"fmt"
	"strings"

	"kefu/extract"
	"kefu/extract/dataset"
)

// Rows hands a connector's rows to a sink and accounts for them.
type Rows struct {
	sink extract.Sink
	line int
}

// NewRows returns the rows of one window.
func NewRows(sink extract.Sink) *Rows { return &Rows{sink: sink} }

// Next begins the next item of the responses; its rows carry its number as
// their line.
func (r *Rows) Next() { r.line++ }

// Add counts one row of the dataset as read and accepts it. The values go by
// column name; a name that the dataset does not have is a defect of the
// connector and an error.
func (r *Rows) Add(name string, raw []byte, values map[string]string) error {
	schema := dataset.ByName(name)
	if schema == nil {
		return fmt.Errorf("no dataset is called %s", name)
	}
	row := make([]string, len(schema.Columns))
	for column, value := range values {
		_, i := schema.Column(column)
		if i < 0 {
			return fmt.Errorf("dataset %s has no column %s", name, column)
		}
		row[i] = value
	}
	r.sink.Read(name, 1)
	return r.sink.Accept(extract.Record{Dataset: name, Line: r.line, Values: row, Raw: raw})
}

// Skip counts one item of the dataset as read and left out by the filter.
func (r *Rows) Skip(name, filter string) {
	r.sink.Read(name, 1)
	r.sink.Skip(name, filter, r.line)
}

// Merge counts one item of the dataset as read and folded into another row.
func (r *Rows) Merge(name string) {
	r.sink.Read(name, 1)
	r.sink.Merge(name, r.line)
}

// Reject counts one item of the dataset as read and puts it into quarantine.
func (r *Rows) Reject(name string, raw []byte, column, reason, hint string) error {
	r.sink.Read(name, 1)
	return r.sink.Reject(extract.Reject{Dataset: name, Line: r.line, Column: column, Reason: reason, Hint: hint, Raw: raw})
}

// Derived is an id for a row that the platform gives none, made of what tells
// it from others. Normalisation stores it as a keyed hash, for its parts may be
// personal.
func Derived(parts ...string) string { return "derive:\x1f" + strings.Join(parts, "\x1f") }
