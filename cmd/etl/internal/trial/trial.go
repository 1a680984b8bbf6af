// Package trial owns reading a file through a preset to look at the outcome:
// every row is mapped and typed as a run would do it, and nothing is stored.
package trial

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/apache/arrow-go/v18/arrow"

	"kefu/extract"
	"kefu/extract/dataset"
	"kefu/extract/file"
	"kefu/transform/normalise"
)

// Options say whose file it is and how much of it is kept for show.
type Options struct {
	Platform, Shop string
	Location       *time.Location // of the shop's clock
	Rows           int            // accepted rows to keep for each dataset
	Rejects        int            // rejected rows to keep for each file
	ShowIDs        bool           // buyers' ids and texts as they stand
}

// Result is what became of one file.
type Result struct {
	File     string
	Layout   string // of the preset
	Datasets []*Dataset
	Rejected []extract.Reject // without the rows' bytes
	Warnings []extract.Warning
	Unfilled []string // dataset.column that the preset maps and this file has no column for
	Err      error    // why nothing of the file can be used; an *extract.FileError
}

// Dataset is what a file holds for one dataset. Lines read = accepted + merged
// + skipped + rejected; duplicates are told by a run, from what it knows.
type Dataset struct {
	Name                             string
	Read, Accepted, Merged, Rejected int
	Skipped                          map[string]int // by filter
	Columns                          []string       // that a kept row fills
	Rows                             []Row
}

// Row is an accepted row.
type Row struct {
	Line   int
	Values []string // as mapped, aligned with Columns
}

// Read reads one file of the reading.
func Read(ctx context.Context, reading *file.Reading, f file.File, opts Options) (*Result, error) {
	secret := make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		return nil, fmt.Errorf("make a key for the trial: %w", err)
	}
	s := &sink{opts: opts, result: &Result{File: f.Name}, datasets: map[string]*Dataset{}, kept: map[string][]extract.Record{}}
	var err error
	s.normaliser, err = normalise.New(normalise.Options{
		Platform: opts.Platform, Shop: opts.Shop, Location: opts.Location, SourceFile: "trial", Privacy: normalise.Privacy{Secret: secret},
	}, s)
	if err != nil {
		return nil, fmt.Errorf("start normalising: %w", err)
	}
	if layout, err := reading.Layout(f); err == nil {
		s.result.Layout, s.result.Unfilled = layout.Name, layout.Unfilled
	}
	err = reading.Read(ctx, f, s)
	if err == nil {
		_, err = s.normaliser.Finish()
	}
	if broken := (*extract.FileError)(nil); err != nil && !errors.As(err, &broken) {
		return nil, err
	}
	s.result.Err = err
	s.gather()
	return s.result, nil
}

// sink keeps what is shown and counts the rest.
type sink struct {
	opts       Options
	result     *Result
	normaliser *normalise.Normaliser
	datasets   map[string]*Dataset
	kept       map[string][]extract.Record
}

func (s *sink) of(name string) *Dataset {
	d := s.datasets[name]
	if d == nil {
		d = &Dataset{Name: name, Skipped: map[string]int{}}
		s.datasets[name] = d
	}
	return d
}

// Read implements extract.Sink.
func (s *sink) Read(name string, lines int) { s.of(name).Read += lines }

// Accept implements extract.Sink. What normalisation refuses comes back by Reject.
func (s *sink) Accept(r extract.Record) error {
	d := s.of(r.Dataset)
	before := d.Rejected
	if err := s.normaliser.Accept(r); err != nil {
		return err
	}
	if d.Rejected > before {
		return nil
	}
	d.Accepted++
	if len(s.kept[r.Dataset]) < s.opts.Rows {
		r.Values, r.Raw = slices.Clone(r.Values), nil
		s.kept[r.Dataset] = append(s.kept[r.Dataset], r)
	}
	return nil
}

// Merge implements extract.Sink.
func (s *sink) Merge(name string, _ int) { s.of(name).Merged++ }

// Skip implements extract.Sink.
func (s *sink) Skip(name, filter string, _ int) { s.of(name).Skipped[filter]++ }

// Reject implements extract.Sink and normalise.Output.
func (s *sink) Reject(r extract.Reject) error {
	s.of(r.Dataset).Rejected++
	if len(s.result.Rejected) < s.opts.Rejects {
		r.Raw = nil
		s.result.Rejected = append(s.result.Rejected, r)
	}
	return nil
}

// Warn implements extract.Sink.
func (s *sink) Warn(w extract.Warning) { s.result.Warnings = append(s.result.Warnings, w) }

// Batch implements normalise.Output.
func (s *sink) Batch(string, arrow.RecordBatch) error { return nil }

// gather makes tables of the kept rows, of the columns that they fill.
func (s *sink) gather() {
	for _, name := range slices.Sorted(maps.Keys(s.datasets)) {
		d, schema := s.datasets[name], dataset.ByName(name)
		rows := s.kept[name]
		for _, r := range rows {
			d.Rows = append(d.Rows, Row{Line: r.Line})
		}
		d.fill("platform", rows, func(r extract.Record) string { return r.Platform })
		d.fill("shop_id", rows, func(r extract.Record) string { return r.Shop })
		for i, c := range schema.Columns {
			d.fill(c.Name, rows, func(r extract.Record) string { return s.shown(c, r.Values[i]) })
		}
		s.result.Datasets = append(s.result.Datasets, d)
	}
}

// fill adds a column, unless no row has a value in it.
func (d *Dataset) fill(column string, rows []extract.Record, value func(extract.Record) string) {
	if !slices.ContainsFunc(rows, func(r extract.Record) bool { return value(r) != "" }) {
		return
	}
	d.Columns = append(d.Columns, column)
	for k, r := range rows {
		d.Rows[k].Values = append(d.Rows[k].Values, value(r))
	}
}
