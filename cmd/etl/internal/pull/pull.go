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
	Streams     []StreamReport // every stream of the shop, in the order of asking
	Unreachable []string       // times that the platform does not answer any more
	Errors      []error        // what ended a stream early; the others go on
	Quota       time.Time      // until when the platform answers nothing any more; zero = it answers
}

// State is what became of pulling a stream.
type State string

// The states of a stream.
const (
	Done      State = "done"
	Failed    State = "failed"
	Postponed State = "postponed" // it was not asked for: the quota is used up, or the session has ended
)

// StreamReport is what became of one stream.
type StreamReport struct {
	Stream    string
	Datasets  []string
	State     State
	Asked     api.Window // what was asked for and has landed; zero = nothing was due, or it failed at once
	First     bool       // nothing of the stream had been pulled before
	Cut       bool       // the platform answers for nothing before the first pull's beginning
	Windows   int
	Responses int
	Error     string
}

// Windows names what has landed of a source before.
type Windows struct {
	// Loaded are those whose rows are in the lake: how far each stream has come.
	Loaded []string
	// Pending are those that a killed run pulled and did not load: they are not
	// asked for again.
	Pending []string
	// Quota is until when the platform said that it answers nothing; zero = it
	// did not.
	Quota time.Time
}

// Pull asks for every window that is due and hands each to land as soon as it
// is whole. What fails ends its stream for this run; a used up quota or an ended
// session ends them all.
func (s *Source) Pull(ctx context.Context, before Windows, land Land, step func(window string)) (Report, error) {
	streams := s.connector.Streams()
	p := &pulling{Source: s, marks: marksOf(streams, before.Loaded), land: land, step: step}
	if s.now().Before(before.Quota) {
		p.report.Quota = before.Quota
		p.report.Errors = append(p.report.Errors, &api.LimitError{Until: before.Quota, Err: errors.New("the last run was told so; nothing was asked for")})
		p.postpone(streams)
		return p.report, nil
	}
	pending, goals := windowsOf(before.Pending)
	for i, stream := range streams {
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
		if stream.After != "" && p.marks[stream.Name].Until.IsZero() && p.marks[stream.After].Goal.IsZero() {
			p.postpone([]api.Stream{stream}) // until its past has begun
			continue
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
		if errors.As(err, &limit) {
			p.report.Quota = limit.Until
		}
		if limit != nil || errors.As(err, &ended) {
			p.postpone(streams[i+1:])
			return p.report, nil //nolint:nilerr // it stands in the report
		}
	}
	return p.report, nil
}

// postpone notes the streams that are left to another run.
func (p *pulling) postpone(streams []api.Stream) {
	for _, s := range streams {
		p.report.Streams = append(p.report.Streams, StreamReport{Stream: s.Name, Datasets: s.Datasets, State: Postponed})
	}
}

// Due is what a stream would be asked for: what the platform changed from one
// time to another.
type Due struct {
	Stream  string    `json:"stream"`
	From    time.Time `json:"from"`
	To      time.Time `json:"to"`
	Windows int       `json:"windows"` // each at least one call
}

// Due tells what a pull would ask for now, by what landed before; it asks
// nobody. A stream that begins where another ends is due only after that one.
func (s *Source) Due(before Windows) []Due {
	streams := s.connector.Streams()
	marks := marksOf(streams, slices.Concat(before.Loaded, before.Pending))
	var out []Due
	for _, stream := range streams {
		if plan := marks.Due(stream, s.since, s.now()); len(plan.Windows) > 0 {
			out = append(out, Due{stream.Name, plan.Windows[0].From, plan.Windows[len(plan.Windows)-1].To, len(plan.Windows)})
		}
	}
	return out
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

// walk pulls the windows of a stream and reports what became of them.
func (p *pulling) walk(ctx context.Context, stream api.Stream, plan api.Plan) error {
	r := StreamReport{Stream: stream.Name, Datasets: stream.Datasets, State: Done}
	if !stream.Snapshot && p.marks[stream.Name].Until.IsZero() && len(plan.Windows) > 0 {
		r.First = true
		r.Cut = stream.Reach > 0 && stream.After == "" && (p.since.IsZero() || plan.Unreachable.Span() > 0)
	}
	err := p.windows(ctx, stream, plan, &r)
	if err != nil {
		r.State, r.Error = Failed, err.Error()
	}
	p.report.Streams = append(p.report.Streams, r)
	return err
}

func (p *pulling) windows(ctx context.Context, stream api.Stream, plan api.Plan, r *StreamReport) error {
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
		if r.Asked.From.IsZero() {
			r.Asked.From = w.From
		}
		r.Asked.To = w.To
		r.Windows++
		r.Responses += len(responses)
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

// Reach is how far a stream has been loaded: everything in [Since, Until) is in
// the lake. Zero times are a stream of which nothing is, or that has no past.
type Reach struct {
	Stream       string
	Datasets     []string
	Since, Until time.Time
	Once         bool // it is walked once, over the past: its end is another's beginning
}

// Reaches tells how far the streams of a shop's API have been loaded, by the
// names of its loaded windows. It makes no call and needs no secret.
func Reaches(a Access, loaded []string) ([]Reach, error) {
	a.Fixed = "none is needed"
	c, err := Connect(a)
	if err != nil {
		return nil, err
	}
	streams := c.Streams()
	marks := marksOf(streams, loaded)
	out := make([]Reach, len(streams))
	for i, s := range streams {
		out[i] = Reach{Stream: s.Name, Datasets: s.Datasets, Since: marks[s.Name].Since, Until: marks[s.Name].Until, Once: s.First}
	}
	return out, nil
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
