package night

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"kefu/extract"
	"kefu/extract/dataset"
	"kefu/extract/ledger"
	"kefu/transform/normalise"
)

// sink takes what one file holds: rows go to the merger, rejected rows and
// counts stay with the arrival. Reading and inserting work side by side.
type sink struct {
	ctx        context.Context
	night      *Night
	arrival    *arrival
	sum        *SourceSummary
	normaliser *normalise.Normaliser
	accepted   map[string]int64
	batches    chan batch
	done       chan error
	failed     chan struct{}
	closed     bool
	joined     bool // other files of the source complete this one
}

// caseColumn is where a message names its session: without one, the file that
// lists the sessions is still to come.
var _, caseColumn = dataset.ByName("chat_messages").Column("case_id")

type batch struct {
	dataset string
	rows    arrow.RecordBatch
}

// maxWarnings bounds what a summary keeps of one source.
const maxWarnings = 100

func newSink(ctx context.Context, n *Night, a *arrival, sum *SourceSummary) *sink {
	s := &sink{ctx: ctx, night: n, arrival: a, sum: sum, accepted: map[string]int64{},
		joined:  a.source.joined(a.name),
		batches: make(chan batch, 2), done: make(chan error, 1), failed: make(chan struct{})}
	go func() { s.done <- s.insert() }()
	return s
}

// insert moves batches into the engine until there are no more.
func (s *sink) insert() error {
	var failure error
	for b := range s.batches {
		if failure == nil {
			if failure = s.add(b); failure != nil {
				close(s.failed)
			}
		}
		b.rows.Release()
	}
	return failure
}

func (s *sink) add(b batch) error {
	reader, err := array.NewRecordReader(b.rows.Schema(), []arrow.RecordBatch{b.rows})
	if err != nil {
		return fmt.Errorf("hand over %s: %w", b.dataset, err)
	}
	defer reader.Release()
	return s.night.merger.Add(s.ctx, dataset.ByName(b.dataset), reader)
}

// finish waits until every batch is inserted.
func (s *sink) finish() error {
	if s.closed {
		return nil
	}
	s.closed = true
	close(s.batches)
	return <-s.done
}

// Batch implements normalise.Output.
func (s *sink) Batch(name string, rows arrow.RecordBatch) error {
	rows.Retain()
	select {
	case s.batches <- batch{name, rows}:
		return nil
	case <-s.failed:
		rows.Release()
		return errors.New("the rows could not be stored")
	}
}

func (s *sink) counts(name string) *ledger.Counts {
	c := s.arrival.counts[name]
	if c == nil {
		c = &ledger.Counts{Skipped: map[string]int64{}}
		s.arrival.counts[name] = c
	}
	return c
}

// Read implements extract.Sink.
func (s *sink) Read(name string, lines int) { s.counts(name).Read += int64(lines) }

// Accept implements extract.Sink. What normalisation refuses comes back by Reject.
func (s *sink) Accept(r extract.Record) error {
	s.accepted[r.Dataset]++
	if s.joined && r.Dataset == "chat_messages" && r.Values[caseColumn] == "" {
		s.counts(r.Dataset).Open++
	}
	before := s.counts(r.Dataset).Rejected
	err := s.normaliser.Accept(r)
	s.accepted[r.Dataset] -= s.counts(r.Dataset).Rejected - before
	return err
}

// Merge implements extract.Sink.
func (s *sink) Merge(name string, line int) {
	s.counts(name).Merged++
	if s.arrival.part != nil {
		s.arrival.part.folded[lineOf{name, line}] = true
	}
}

// Skip implements extract.Sink.
func (s *sink) Skip(name, filter string, line int) {
	s.counts(name).Skipped[filter]++
	if s.arrival.part != nil {
		s.arrival.part.skipped[lineOf{name, line}] = filter
	}
}

// Reject implements extract.Sink and normalise.Output.
func (s *sink) Reject(r extract.Reject) error {
	s.counts(r.Dataset).Rejected++
	s.arrival.rejects = append(s.arrival.rejects, s.arrival.rejected(r, s.night.run.ID))
	return nil
}

// Warn implements extract.Sink.
func (s *sink) Warn(w extract.Warning) {
	if len(s.sum.Warnings) < maxWarnings {
		s.sum.Warnings = append(s.sum.Warnings, warningText(s.arrival.name, w))
	}
}

// balance checks that every line read is accounted for.
func (s *sink) balance() error {
	for name, c := range s.arrival.counts {
		sum := s.accepted[name] + c.Merged + c.Rejected
		for _, k := range c.Skipped {
			sum += k
		}
		if sum != c.Read {
			return fmt.Errorf("read %s: %d lines of %s were read and %d are accounted for", s.arrival.name, c.Read, name, sum)
		}
	}
	return nil
}

func (a *arrival) rejected(r extract.Reject, run string) ledger.Rejected {
	return ledger.Rejected{
		Source: a.source.Name, Shop: a.source.Shop.String(), File: a.name, LandedID: a.landed.ID, Dataset: r.Dataset,
		Line: r.Line, Column: r.Column, Reason: r.Reason, Hint: r.Hint, Raw: slices.Clone(r.Raw), Run: run,
	}
}

func warningText(name string, w extract.Warning) string {
	text := w.Message
	if w.Column != "" {
		text = fmt.Sprintf("column %q: %s", w.Column, text)
	}
	switch {
	case name == "":
		return text
	case w.Line > 0:
		return fmt.Sprintf("%s:%d: %s", name, w.Line, text)
	default:
		return name + ": " + text
	}
}
