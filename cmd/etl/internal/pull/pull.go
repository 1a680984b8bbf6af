// Package pull owns the way from a platform's API into landing: which windows
// of which streams are due by what has been loaded, their responses as landed
// files, and the reading of those files later, without the platform.
package pull

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"kefu/extract"
	"kefu/extract/api"
	"kefu/extract/file"
)

// Source is a shop's API as a source.
type Source struct {
	connector api.Connector
	since     time.Time // where the first pull begins; zero = as far back as the platform answers
	now       func() time.Time
}

// New returns the source of a connector.
func New(c api.Connector, since time.Time, now func() time.Time) *Source {
	if now == nil {
		now = time.Now
	}
	return &Source{connector: c, since: since, now: now}
}

// Check makes one small call to see that the credentials work.
func (s *Source) Check(ctx context.Context) error { return s.connector.Check(ctx) }

// Datasets lists what the shop's account may be asked for.
func (s *Source) Datasets() []string {
	var out []string
	for _, stream := range s.connector.Streams() {
		for _, d := range stream.Datasets {
			if !slices.Contains(out, d) {
				out = append(out, d)
			}
		}
	}
	return out
}

// Land keeps the bytes of one window under its name; it has landed when Land
// returns.
type Land func(ctx context.Context, name string, body []byte) error

// Report is what a pull did.
type Report struct {
	Windows     int
	Responses   int
	Unreachable []string // times that the platform does not answer any more
	Errors      []error  // what ended a stream early; the others go on
}

// Windows names what has landed of a source before.
type Windows struct {
	// Loaded are those whose rows are in the lake: how far each stream has come.
	Loaded []string
	// Pending are those that a killed run pulled and did not load: they are not
	// asked for again.
	Pending []string
}

// Pull asks for every window that is due and hands each to land as soon as it
// is whole. What fails ends its stream for this run; a used up quota or an ended
// session ends them all.
func (s *Source) Pull(ctx context.Context, before Windows, land Land, step func(window string)) (Report, error) {
	streams := s.connector.Streams()
	p := &pulling{Source: s, marks: marksOf(streams, before.Loaded), land: land, step: step}
	pending, goals := windowsOf(before.Pending)
	for _, stream := range streams {
		if goal := goals[stream.Name]; !goal.IsZero() && p.marks[stream.Name].Goal.IsZero() {
			mark := p.marks[stream.Name]
			mark.Goal = goal
			p.marks[stream.Name] = mark
		}
		p.pending = merged(pending[stream.Name])
		plan := p.marks.Due(stream, s.since, s.now())
		if plan.Unreachable.Span() > 0 {
			p.report.Unreachable = append(p.report.Unreachable, fmt.Sprintf("%s from %s to %s", stream.Name,
				plan.Unreachable.From.Format(time.DateOnly), plan.Unreachable.To.Format(time.DateOnly)))
		}
		err := p.walk(ctx, stream, plan)
		if ctx.Err() != nil {
			return p.report, ctx.Err()
		}
		if err == nil {
			continue
		}
		var failed *landError
		if errors.As(err, &failed) {
			return p.report, failed.err
		}
		p.report.Errors = append(p.report.Errors, fmt.Errorf("pull %s: %w", stream.Name, err))
		var limit *api.LimitError
		var ended *api.TokenError
		if errors.As(err, &limit) || errors.As(err, &ended) {
			return p.report, nil
		}
	}
	return p.report, nil
}

// pulling is one pull under way.
type pulling struct {
	*Source
	marks   api.Marks
	pending []api.Window // of the stream, gapless runs, earliest first
	land    Land
	step    func(string)
	report  Report
}

// landError tells an error of ours from one of the platform.
type landError struct{ err error }

func (e *landError) Error() string { return e.err.Error() }

func (p *pulling) walk(ctx context.Context, stream api.Stream, plan api.Plan) error {
	for _, w := range plan.Windows {
		if !stream.Snapshot && covered(p.pending, w) {
			p.marks.Move(stream, plan, w)
			continue
		}
		responses, err := api.Collect(ctx, p.connector, stream, w)
		if err != nil {
			return err
		}
		name := nameOf(stream, plan, w)
		var body bytes.Buffer
		if err := api.WriteBundle(&body, name, responses); err != nil {
			return err
		}
		if err := p.land(ctx, name, body.Bytes()); err != nil {
			return &landError{fmt.Errorf("land %s: %w", name, err)}
		}
		p.marks.Move(stream, plan, w)
		p.report.Windows++
		p.report.Responses += len(responses)
		p.step(name)
	}
	return nil
}

// covered says whether one of the runs holds the window.
func covered(runs []api.Window, w api.Window) bool {
	return slices.ContainsFunc(runs, func(r api.Window) bool { return !r.From.After(w.From) && !r.To.Before(w.To) })
}

// merged joins windows that touch or overlap into gapless runs.
func merged(windows []api.Window) []api.Window {
	slices.SortFunc(windows, func(a, b api.Window) int { return cmp.Or(a.From.Compare(b.From), a.To.Compare(b.To)) })
	var out []api.Window
	for _, w := range windows {
		if n := len(out); n > 0 && !w.From.After(out[n-1].To) {
			if w.To.After(out[n-1].To) {
				out[n-1].To = w.To
			}
			continue
		}
		out = append(out, w)
	}
	return out
}

// nameOf names a window's file. The last window of a first walk says so: it is
// the walk's goal that tells where the next stream begins.
func nameOf(stream api.Stream, plan api.Plan, w api.Window) string {
	name := stream.Name
	if stream.First && len(plan.Windows) > 0 {
		name += "~" + plan.Windows[len(plan.Windows)-1].To.UTC().Format(goalTime)
	}
	return api.BundleName(name, w)
}

const goalTime = "20060102T150405Z"

// windowsOf reads names of windows: the windows of each stream, and the goals
// of first walks.
func windowsOf(names []string) (windows map[string][]api.Window, goals map[string]time.Time) {
	windows, goals = map[string][]api.Window{}, map[string]time.Time{}
	for _, name := range names {
		stream, w, err := api.ParseBundleName(name)
		if err != nil {
			continue // a file of another kind
		}
		bare, goal, first := cut(stream)
		windows[bare] = append(windows[bare], w)
		if first && goal.After(goals[bare]) {
			goals[bare] = goal
		}
	}
	return windows, goals
}

// marksOf finds how far each stream has come: the gapless run of its windows
// from the earliest on.
func marksOf(streams []api.Stream, names []string) api.Marks {
	windows, goals := windowsOf(names)
	marks := api.Marks{}
	for _, s := range streams {
		if runs := merged(windows[s.Name]); len(runs) > 0 && !s.Snapshot {
			marks[s.Name] = api.Mark{Since: runs[0].From, Until: runs[0].To, Goal: goals[s.Name]}
		}
	}
	return marks
}

// cut splits a window's stream from the goal of its first walk.
func cut(stream string) (name string, goal time.Time, first bool) {
	for i := range len(stream) {
		if stream[i] == '~' {
			at, err := time.Parse(goalTime, stream[i+1:])
			return stream[:i], at, err == nil
		}
	}
	return stream, time.Time{}, false
}

// Read turns a landed window into rows.
func (s *Source) Read(ctx context.Context, f file.File, sink extract.Sink) error {
	in, err := f.Open()
	if err != nil {
		return fmt.Errorf("open %s: %w", f.Name, err)
	}
	defer in.Close()
	responses, err := api.ReadBundle(in)
	if err != nil {
		return &extract.FileError{File: f.Name, Problem: "these are no responses of a platform", Err: err}
	}
	stream, _, err := api.ParseBundleName(f.Name)
	if err != nil {
		return &extract.FileError{File: f.Name, Problem: "the name says no stream", Err: err}
	}
	stream, _, _ = cut(stream)
	if err := s.connector.Read(ctx, stream, responses, sink); err != nil {
		return fmt.Errorf("read %s: %w", f.Name, err)
	}
	return nil
}

// RawLines hands on the bytes of the given items, as received.
func (s *Source) RawLines(ctx context.Context, f file.File, lines map[int]bool, each func(line int, raw []byte) error) error {
	return s.Read(ctx, f, &raws{wanted: lines, each: each})
}

// raws is a sink that only looks for items.
type raws struct {
	wanted map[int]bool
	each   func(line int, raw []byte) error
}

// Read implements extract.Sink.
func (*raws) Read(string, int) {}

// Merge implements extract.Sink.
func (*raws) Merge(string, int) {}

// Skip implements extract.Sink.
func (*raws) Skip(string, string, int) {}

// Warn implements extract.Sink.
func (*raws) Warn(extract.Warning) {}

// Reject implements extract.Sink.
func (*raws) Reject(extract.Reject) error { return nil }

// Accept implements extract.Sink.
func (r *raws) Accept(rec extract.Record) error {
	if !r.wanted[rec.Line] {
		return nil
	}
	return r.each(rec.Line, rec.Raw)
}
