// Package load owns the contract of warehouses: which published tables go into
// one, and that they appear there all at once or not at all.
//
// A publication of the lake names one snapshot per table. A warehouse brings
// itself to that publication by replacing the partitions that changed since
// the snapshot it holds, or whole tables where that is not known. It never
// appends, so loading the same publication again changes nothing.
package load

import (
	"context"
	"fmt"
	"time"
)

// Warehouse is a place that BI tools read the published tables from.
// load/loadtest has the tests that every implementation must pass.
type Warehouse interface {
	// Load brings the warehouse to the publication: every table of it, nothing
	// else, in one step that readers see whole or not at all. On an error (and
	// after a kill) the warehouse holds what it held before. Loading what it
	// already holds does nothing. Load blocks while another load of the same
	// warehouse runs, until ctx ends.
	Load(ctx context.Context, publication Publication) (Result, error)
	// Held returns what the warehouse holds: the zero Held when it is empty or
	// was never loaded.
	Held(ctx context.Context) (Held, error)
	// Close releases what the warehouse keeps open.
	Close() error
}

// Publication is what a warehouse shall hold after a load.
type Publication struct {
	ID     string   // of the publication, never empty
	Tables []Change // all published tables, changed or not
	Views  []View   // selects over them
	Inline []Inline // small tables that come as rows: runs, quality, definitions
}

// Held is what a warehouse holds.
type Held struct {
	Publication string           // "" = nothing was loaded yet
	Snapshots   map[string]int64 // table → snapshot of the lake
	LoadedAt    time.Time
}

// Change is a table's published snapshot, and what is different in it since an
// earlier one. Changed and Removed only save work: a warehouse whose snapshot
// of the table is not Base reads all Files.
type Change struct {
	Table    Table
	Snapshot int64       // of the published state; 0 = unknown, always read
	Files    []string    // all Parquet files of the snapshot: paths or file:// URIs
	Base     int64       // snapshot that Changed and Removed are relative to; 0 = none
	Changed  []Partition // partitions to replace, with all their files of the snapshot
	Removed  []string    // values of partitions that have no rows any more
}

// Partition is one month of a partitioned table.
type Partition struct {
	Value string // "2026-01"; "" holds the rows without a date
	Files []string
}

// Table describes a table as warehouses show it. Columns of the files that it
// does not list stay behind (hidden columns); columns that the files lack are
// NULL.
type Table struct {
	Name    string
	Comment string
	Columns []Column
	Key     []string // columns that name a row; a warehouse may hold rows to it
	// PartitionColumn is the DATE column by whose month the files are
	// partitioned; "" = unpartitioned. Where it is hidden, the table is always
	// replaced whole.
	PartitionColumn string
}

// Column of a Table. Type is a type name that DuckDB and PostgreSQL both know:
// VARCHAR, BOOLEAN, INTEGER, BIGINT, DOUBLE, DECIMAL(p,s), DATE, TIMESTAMP.
type Column struct {
	Name, Type, Comment string
}

// Inline is a small table that is given as rows and replaced whole. A nil value
// is NULL.
type Inline struct {
	Table Table
	Rows  [][]any
	// Log marks a table that is different at every run (the record of runs):
	// a difference in it alone is no reason to load.
	Log bool
}

// Result says what a load did.
type Result struct {
	Tables   int   // tables that were written
	Rows     int64 // rows that were written
	Rebuilt  bool  // everything was written anew
	Duration time.Duration
}

// MonthBounds returns the first day of the partition and that of the next one.
func MonthBounds(value string) (from, to time.Time, err error) {
	from, err = time.Parse("2006-01", value)
	if err != nil {
		return from, to, fmt.Errorf("partition %q is not a month such as 2026-01", value)
	}
	return from, from.AddDate(0, 1, 0), nil
}
