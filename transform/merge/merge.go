// Package merge owns how arriving rows enter the lake: which version of a key
// wins, what is a repetition and what a contradiction. The outcome depends on
// the rows alone, never on the order in which mutable ones arrive. It writes
// data files aside; the caller commits them.
//
// Rows are sorted and written once, as they arrive, in files that the lake
// takes over as they are where a partition is new. Only rows whose key is known
// or repeated are judged, and only partitions that hold rows of both kinds are
// written again.
package merge

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"kefu/extract/dataset"
	"kefu/extract/lake"
	"kefu/transform/compute"
)

// File is an arriving file.
type File struct {
	ID      string    // as in source_file of its rows
	AsOf    time.Time // when its content was true, for rows without a time of their own
	Refresh bool      // read anew under changed text rules: derived columns are replaced
	Replace bool      // read anew under another preset or with what completes it: what it says now stands, messages that it gives no more go
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

// Merger gathers arriving rows and merges them, dataset by dataset. It is used
// by one goroutine at a time.
type Merger struct {
	engine  compute.Engine
	store   compute.Store
	files   []File
	ended   bool     // a file has arrived, and what waits was not looked at since
	gone    []string // source_file of what was withdrawn
	piles   map[string]*pile
	cutting *cutting
	desk    *desk // of the cut under way
	budget  int64
}

// pileBytes is how many bytes of rows that a day places wait in memory, and twice
// as many of others; as many again are on their way to disk.
const pileBytes = 96 << 20

// cutting is a cut under way: a goroutine that, until it is done, alone touches the
// desk and the runs and prints of the pile, whose batches and rows go on to grow.
type cutting struct {
	pile *pile
	kept []arrow.RecordBatch
	done chan error
}

// New returns a merger. Discard it at the end.
func New(engine compute.Engine, store compute.Store) *Merger {
	return &Merger{engine: engine, store: store, piles: map[string]*pile{}, budget: pileBytes}
}

// Columns that the merge adds to the dataset's own.
const (
	versionColumn = "version_at" // what a row's own time, its file's or the moment of reading says of how recent it is
	bucketColumn  = "bucket"     // the partition of a row that no date places
)

// Spec is the lake table of a dataset.
func Spec(s *dataset.Schema) lake.Spec {
	spec := lake.Spec{Name: s.Name, Doc: "Dataset " + s.Name + ", normalised"}
	for _, c := range s.Stored() {
		spec.Columns = append(spec.Columns, lake.Column{Name: c.Name, Type: c.Type.SQL(), Required: c.Name == "platform" || c.Name == "shop_id" || c.Name == "event_date"})
	}
	spec.Columns = append(spec.Columns, lake.Column{Name: versionColumn, Type: "TIMESTAMP"})
	switch {
	case s.EventTime != "":
		spec.Partition, spec.PartitionBy = "event_date", lake.ByDay
	case s.Bucket != "":
		spec.Columns = append(spec.Columns, lake.Column{Name: bucketColumn, Type: "VARCHAR", Required: true})
		spec.Partition, spec.PartitionBy = bucketColumn, lake.ByValue
	}
	return spec
}

// Add takes rows of a dataset from one file. It may return an error of rows
// that were added before.
func (m *Merger) Add(ctx context.Context, s *dataset.Schema, file string, rows arrow.RecordBatch) error {
	p, err := m.expect(ctx, s)
	if err != nil {
		return err
	}
	p.add(file, rows)
	if p := m.largest((*pile).dated, m.budget); p != nil {
		return m.startCut(p)
	}
	// A run of rows that no day places has some of every partition, and another
	// one makes all of them be written twice: these rows wait longer, but for
	// many of files that have ended, for the next may bring none. They do not hold
	// reading up for that.
	limit := 2 * m.budget
	if m.ended && !m.isCutting() {
		m.ended, limit = false, m.budget/2
	}
	if p := m.largest((*pile).scattered, limit); p != nil {
		return m.startCut(p)
	}
	return nil
}

// largest returns the largest pile of a kind once all of them together hold so
// many bytes, else nil.
func (m *Merger) largest(kind func(*pile) bool, budget int64) *pile {
	total, largest := int64(0), (*pile)(nil)
	for _, p := range m.piles {
		if kind(p) {
			total += p.bytes
			if largest == nil || p.bytes > largest.bytes {
				largest = p
			}
		}
	}
	if total < budget {
		return nil
	}
	return largest
}

// expect makes room for rows of a dataset.
func (m *Merger) expect(ctx context.Context, s *dataset.Schema) (*pile, error) {
	if p := m.piles[s.Name]; p != nil {
		return p, nil
	}
	spec, err := m.store.Ensure(ctx, Spec(s))
	if err != nil {
		return nil, fmt.Errorf("make room for %s: %w", s.Name, err)
	}
	if m.desk == nil {
		m.desk = newDesk()
	}
	m.piles[s.Name] = newPile(s, spec)
	return m.piles[s.Name], nil
}

// startCut writes a pile's rows while others arrive.
func (m *Merger) startCut(p *pile) error {
	if err := m.awaitCut(); err != nil {
		return err
	}
	c := &cutting{pile: p, done: make(chan error, 1)}
	m.date(p)
	batches := p.take()
	m.cutting = c
	go func() {
		var err error
		c.kept, err = p.cut(m.store, m.desk, batches, true)
		c.done <- err
	}()
	return nil
}

// isCutting tells whether a cut is under way that is not done yet.
func (m *Merger) isCutting() bool { return m.cutting != nil && len(m.cutting.done) == 0 }

// awaitCut ends the cut under way; what it kept goes back to its pile.
func (m *Merger) awaitCut() error {
	c := m.cutting
	if c == nil {
		return nil
	}
	m.cutting = nil
	err := <-c.done
	c.pile.batches = append(c.kept, c.pile.batches...)
	for _, b := range c.kept {
		c.pile.bytes += sizeOf(b)
	}
	return err
}

// Arrived notes a file whose rows have all been added, in the order in which
// files are read.
func (m *Merger) Arrived(f File) {
	m.files = append(m.files, f)
	m.ended = true
}

// Drop forgets the rows that were added from a file so far: it turned out to be
// unusable, or is read once more.
func (m *Merger) Drop(ctx context.Context, id string) error {
	for _, name := range m.Datasets() {
		p := m.piles[name]
		if p.rows[id] == 0 {
			continue
		}
		err := m.settlePile(ctx, p)
		if err == nil {
			err = m.refuse(ctx, p, "a.source_file = ?", id)
		}
		if err != nil {
			return fmt.Errorf("forget rows of %s: %w", name, err)
		}
	}
	return nil
}

// Datasets names the datasets for which rows arrived or were withdrawn.
func (m *Merger) Datasets() []string {
	var out []string
	for d := range m.piles {
		out = append(out, d)
	}
	slices.Sort(out)
	return out
}

// Discard removes what the merger wrote and no outcome names.
func (m *Merger) Discard() {
	_ = m.awaitCut() // its rows go
	for _, p := range m.piles {
		p.discard(nil)
	}
}

// Merge works out what the table of a dataset is to hold.
func (m *Merger) Merge(ctx context.Context, s *dataset.Schema, current []lake.File) (*Outcome, error) {
	p, err := m.expect(ctx, s)
	if err != nil {
		return nil, err
	}
	out, err := m.merge(ctx, p, current)
	if err != nil {
		return nil, fmt.Errorf("merge %s: %w", s.Name, err)
	}
	adopted := map[string]bool{}
	for _, f := range out.Files {
		adopted[f.Path] = true
	}
	p.discard(adopted)
	return out, nil
}

func (m *Merger) merge(ctx context.Context, p *pile, current []lake.File) (*Outcome, error) {
	if err := m.settleAll(); err != nil {
		return nil, err
	}
	if err := m.settlePile(ctx, p); err != nil {
		return nil, err
	}
	j := &judgement{Merger: m, statements: m.statements(p, current), pile: p}
	return j.settle(ctx)
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

// statements spells what is asked about a pile and the files of its table.
func (m *Merger) statements(p *pile, current []lake.File) *statements {
	s := newStatements(p.schema, p.spec)
	s.known, s.unwanted = current, p.unwanted
	for _, r := range p.runs {
		s.runs = append(s.runs, r.File)
	}
	s.withdraws, s.completes = len(m.gone) > 0, slices.ContainsFunc(m.files, func(f File) bool { return f.Replace })
	s.parts = slices.ContainsFunc(m.files, func(f File) bool { return f.Part })
	return s
}

func name(c string) string { return `"` + c + `"` }

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
