// Package merge owns how arriving rows enter the lake: which version of a key
// wins, what is a repetition and what a contradiction. The outcome depends on
// the rows alone, never on the order in which mutable ones arrive. It writes
// data files aside; the caller commits them.
package merge

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/apache/arrow-go/v18/arrow/array"

	"kefu/extract/dataset"
	"kefu/extract/lake"
	"kefu/transform/compute"
)

// Engine is what merge asks of an SQL engine.
type Engine interface {
	compute.Engine
	// Insert appends batches to a table whose columns have the same order.
	Insert(ctx context.Context, table string, batches array.RecordReader) error
}

// File is an arriving file.
type File struct {
	ID      string    // as in source_file of its rows
	AsOf    time.Time // when its content was true, for rows without a time of their own
	Refresh bool      // read anew under changed text rules: derived columns are replaced
	Replace bool      // read anew with what completes it: messages that it gave before and gives no more go
	Part    bool      // only some of its rows arrive: see Keep
}

// Counts accounts for the rows of one file and dataset.
type Counts struct{ Accepted, Merged, Duplicates int64 }

// Conflict is a row that repeats the key of an immutable dataset with other
// content.
type Conflict struct {
	File string
	Line int64
}

// Outcome is what merging a dataset gives.
type Outcome struct {
	Files     []lake.File // the files that the table is to hold
	Changed   []string    // partitions written anew or gone
	Counts    map[string]Counts
	Conflicts []Conflict
	Rows      int64            // rows that entered or changed
	Gone      map[string]int64 // by withdrawn file: its rows that are in the table no more
	// Lines tells, of files of which only a part arrived, what became of the row
	// of each line.
	Lines map[string]map[int64]RowOutcome
}

// RowOutcome is what became of one arriving row.
type RowOutcome string

// The outcomes of rows. A row that the lake holds from that very line is
// accepted however often it arrives.
const (
	Accepted  RowOutcome = "accepted"
	Merged    RowOutcome = "merged" // another version of its key won
	Duplicate RowOutcome = "duplicate"
	Contrary  RowOutcome = "conflict" // repeats a key of an immutable dataset with other content
)

// Merger gathers arriving rows and merges them, dataset by dataset.
type Merger struct {
	engine Engine
	store  compute.Store
	files  []File
	gone   []string // source_file of what was withdrawn
	have   map[string]bool
	orphan map[string]bool // datasets whose orphans are known
}

// New returns a merger.
func New(engine Engine, store compute.Store) *Merger {
	return &Merger{engine: engine, store: store, have: map[string]bool{}, orphan: map[string]bool{}}
}

// Spec is the lake table of a dataset.
func Spec(s *dataset.Schema) lake.Spec {
	spec := lake.Spec{Name: s.Name, Doc: "Dataset " + s.Name + ", normalised"}
	for _, c := range s.Stored() {
		spec.Columns = append(spec.Columns, lake.Column{Name: c.Name, Type: c.Type.SQL(), Required: c.Name == "platform" || c.Name == "shop_id" || c.Name == "event_date"})
	}
	// What a row's own time, its file's or the moment of reading says of how recent it is.
	spec.Columns = append(spec.Columns, lake.Column{Name: "version_at", Type: "TIMESTAMP"})
	switch {
	case s.EventTime != "":
		spec.Partition, spec.PartitionBy = "event_date", lake.ByDay
	case s.Bucket != "":
		spec.Columns = append(spec.Columns, lake.Column{Name: bucketColumn, Type: "VARCHAR", Required: true})
		spec.Partition, spec.PartitionBy = bucketColumn, lake.ByValue
	}
	return spec
}

// bucketColumn tells the partition of a row that no date places.
const bucketColumn = "bucket"

func name(c string) string { return `"` + c + `"` }

// Add takes the rows of a dataset from one file.
func (m *Merger) Add(ctx context.Context, s *dataset.Schema, batches array.RecordReader) error {
	if err := m.expect(ctx, s); err != nil {
		return err
	}
	return m.engine.Insert(ctx, "arriving_"+s.Name, batches)
}

// expect makes room for rows of a dataset.
func (m *Merger) expect(ctx context.Context, s *dataset.Schema) error {
	if m.have[s.Name] {
		return nil
	}
	defs := make([]string, 0, len(s.Stored()))
	for _, c := range s.Stored() {
		defs = append(defs, name(c.Name)+" "+c.Type.SQL())
	}
	if err := m.engine.Exec(ctx, fmt.Sprintf("create or replace temp table arriving_%s (%s)", s.Name, strings.Join(defs, ", "))); err != nil {
		return fmt.Errorf("make room for %s: %w", s.Name, err)
	}
	m.have[s.Name] = true
	return nil
}

// Arrived notes a file whose rows have all been added, in the order in which
// files are read.
func (m *Merger) Arrived(f File) { m.files = append(m.files, f) }

// Drop forgets the rows of a file that turned out to be unusable.
func (m *Merger) Drop(ctx context.Context, id string) error {
	for d := range m.have {
		if err := m.engine.Exec(ctx, "delete from arriving_"+d+" where source_file = ?", id); err != nil {
			return fmt.Errorf("drop rows of an unusable file: %w", err)
		}
	}
	return nil
}

// Datasets names the datasets for which rows arrived or were withdrawn.
func (m *Merger) Datasets() []string {
	var out []string
	for d := range m.have {
		out = append(out, d)
	}
	slices.Sort(out)
	return out
}

// Merge works out what the table of a dataset is to hold.
func (m *Merger) Merge(ctx context.Context, s *dataset.Schema, current []lake.File) (*Outcome, error) {
	spec, err := m.store.Ensure(ctx, Spec(s))
	if err != nil {
		return nil, fmt.Errorf("merge %s: %w", s.Name, err)
	}
	if err := m.expect(ctx, s); err != nil {
		return nil, err
	}
	if err := m.loadFiles(ctx); err != nil {
		return nil, fmt.Errorf("merge %s: %w", s.Name, err)
	}
	sqls := newStatements(s, spec, current)
	sqls.withdraws, sqls.completes = len(m.gone) > 0, slices.ContainsFunc(m.files, func(f File) bool { return f.Replace })
	for _, step := range sqls.prepare() {
		if err := m.engine.Exec(ctx, step); err != nil {
			return nil, fmt.Errorf("merge %s: %w", s.Name, err)
		}
	}
	out := &Outcome{Counts: map[string]Counts{}, Gone: map[string]int64{}, Lines: map[string]map[int64]RowOutcome{}}
	if err := m.account(ctx, s, out); err != nil {
		return nil, fmt.Errorf("account for %s: %w", s.Name, err)
	}
	if err := m.countGone(ctx, sqls, out); err != nil {
		return nil, fmt.Errorf("account for %s: %w", s.Name, err)
	}
	if err := m.write(ctx, sqls, current, out); err != nil {
		return nil, fmt.Errorf("write %s: %w", s.Name, err)
	}
	for _, t := range []string{"ranked_rows", "withdrawn_rows", "new_winners", "replaced_keys", "touched_partitions"} {
		if err := m.engine.Exec(ctx, "drop table if exists "+t); err != nil {
			return nil, fmt.Errorf("merge %s: %w", s.Name, err)
		}
	}
	return out, nil
}

func (m *Merger) loadFiles(ctx context.Context) error {
	if err := m.engine.Exec(ctx, `create or replace temp table arriving_files (source_file varchar, file_order bigint, as_of timestamp, refresh boolean, replace boolean, part boolean);
		create or replace temp table withdrawn_files (source_file varchar)`); err != nil {
		return err
	}
	gone := make([][]any, len(m.gone))
	for i, id := range m.gone {
		gone[i] = []any{id}
	}
	if err := m.engine.Append(ctx, "withdrawn_files", gone); err != nil {
		return err
	}
	rows := make([][]any, len(m.files))
	for i, f := range m.files {
		var asOf any
		if !f.AsOf.IsZero() {
			asOf = f.AsOf.UTC()
		}
		rows[i] = []any{f.ID, int64(i), asOf, f.Refresh, f.Replace, f.Part}
	}
	return m.engine.Append(ctx, "arriving_files", rows)
}

func (m *Merger) account(ctx context.Context, s *dataset.Schema, out *Outcome) error {
	rows, err := m.engine.Query(ctx, "select source_file, outcome, count(*) from ranked_rows where not is_old group by 1, 2")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var file, outcome string
		var n int64
		if err := rows.Scan(&file, &outcome, &n); err != nil {
			return err
		}
		c := out.Counts[file]
		switch outcome {
		case "accepted":
			c.Accepted = n
		case "merged":
			c.Merged = n
		case "duplicate":
			c.Duplicates = n
		}
		out.Counts[file] = c
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if err := m.lines(ctx, out); err != nil || s.Mutable {
		return err
	}
	return m.conflicts(ctx, out)
}

func (m *Merger) conflicts(ctx context.Context, out *Outcome) error {
	rows, err := m.engine.Query(ctx, "select source_file, source_line from ranked_rows where outcome = 'conflict' order by 1, 2")
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var c Conflict
		if err := rows.Scan(&c.File, &c.Line); err != nil {
			return err
		}
		out.Conflicts = append(out.Conflicts, c)
	}
	return rows.Err()
}

func (m *Merger) write(ctx context.Context, st *statements, current []lake.File, out *Outcome) error {
	partitions, err := strs(m.engine.Query(ctx, "select distinct cast(part as varchar) from touched_partitions order by 1"))
	if err != nil {
		return err
	}
	out.Changed = partitions
	out.Files = slices.DeleteFunc(slices.Clone(current), func(f lake.File) bool {
		return slices.Contains(partitions, f.Partition) || st.undivided(f)
	})
	for _, p := range partitions {
		file, err := compute.WriteFile(ctx, m.engine, m.store, st.spec, p, st.partition(p))
		if err != nil {
			return fmt.Errorf("partition %s: %w", p, err)
		}
		if file.Rows > 0 {
			out.Files = append(out.Files, file)
		}
	}
	counts, err := strs(m.engine.Query(ctx, "select cast(count(*) as varchar) from new_winners"))
	if err != nil {
		return err
	}
	_, err = fmt.Sscan(counts[0], &out.Rows)
	return err
}

func strs(rows *sql.Rows, err error) ([]string, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, rows.Err()
}
