package night

import (
	"context"
	"fmt"
	"slices"

	"github.com/apache/arrow-go/v18/arrow"

	"kefu/extract"
	"kefu/extract/dataset"
	"kefu/extract/ledger"
	"kefu/transform/normalise"
)

// sink takes what one file holds: rows go to the merger, rejected rows and
// counts stay with the arrival.
type sink struct {
	ctx        context.Context
	night      *Night
	arrival    *arrival
	sum        *SourceSummary
	normaliser *normalise.Normaliser
	tallies    map[string]*tally
	last       *tally
	joined     bool // other files of the source complete this one
}

// caseColumn is where a message names its session: without one, the file that
// lists the sessions is still to come.
var _, caseColumn = dataset.ByName("chat_messages").Column("case_id")

// maxWarnings bounds what a summary keeps of one source.
const maxWarnings = 100

func newSink(ctx context.Context, n *Night, a *arrival, sum *SourceSummary) *sink {
	return &sink{ctx: ctx, night: n, arrival: a, sum: sum, tallies: map[string]*tally{}, joined: a.source.joined(a.name)}
}

// Batch implements normalise.Output.
func (s *sink) Batch(name string, rows arrow.RecordBatch) error {
	s.night.reading.add(rows.NumRows())
	return s.night.merger.Add(s.ctx, dataset.ByName(name), s.arrival.id, rows)
}

// tally is what became of one dataset's lines so far.
type tally struct {
	*ledger.Counts
	name     string
	accepted int64
	opens    bool // rows may lack the session that another file names
}

func (s *sink) tally(name string) *tally {
	if s.last != nil && s.last.name == name {
		return s.last
	}
	t := s.tallies[name]
	if t == nil {
		t = &tally{Counts: &ledger.Counts{Skipped: map[string]int64{}}, name: name, opens: s.joined && name == "chat_messages"}
		s.tallies[name], s.arrival.counts[name] = t, t.Counts
	}
	s.last = t
	return t
}

// Read implements extract.Sink.
func (s *sink) Read(name string, lines int) { s.tally(name).Read += int64(lines) }

// Accept implements extract.Sink. What normalisation refuses comes back by Reject.
func (s *sink) Accept(r extract.Record) error {
	before := s.accepting(r.Dataset, 1, r.Values)
	err := s.normaliser.Accept(r)
	s.accepted(r.Dataset, before)
	return err
}

// Type implements taker.
func (s *sink) Type(r *extract.Records) (normalise.Typed, error) { return s.normaliser.Type(r) }

// Take implements taker: Accept for many rows.
func (s *sink) Take(r *extract.Records, typed normalise.Typed) error {
	before := s.accepting(r.Dataset, r.Len(), r.Values)
	err := s.normaliser.Take(typed)
	s.accepted(r.Dataset, before)
	return err
}

// accepting counts rows as accepted, whose values stand row after row; it returns
// how many were rejected before them.
func (s *sink) accepting(name string, rows int, values []string) (rejected int64) {
	t := s.tally(name)
	t.accepted += int64(rows)
	if t.opens {
		for at := caseColumn; at < len(values); at += len(values) / rows {
			if values[at] == "" {
				t.Open++
			}
		}
	}
	return t.Rejected
}

// accepted takes back what was rejected meanwhile.
func (s *sink) accepted(name string, rejected int64) {
	t := s.tally(name)
	t.accepted -= t.Rejected - rejected
}

// Merge implements extract.Sink.
func (s *sink) Merge(name string, line int) {
	s.tally(name).Merged++
	if s.arrival.part != nil {
		s.arrival.part.folded[lineOf{name, line}] = true
	}
}

// Skip implements extract.Sink.
func (s *sink) Skip(name, filter string, line int) {
	s.tally(name).Skipped[filter]++
	if s.arrival.part != nil {
		s.arrival.part.skipped[lineOf{name, line}] = filter
	}
	if c := s.arrival.chosen; c != nil && c.rows[lineOf{name, line}] != nil {
		c.skipped[lineOf{name, line}] = filter
	}
}

// Reject implements extract.Sink and normalise.Output.
func (s *sink) Reject(r extract.Reject) error {
	s.tally(r.Dataset).Rejected++
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
	for name, c := range s.tallies {
		sum := c.accepted + c.Merged + c.Rejected
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
