package api

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// ErrTooLarge says that a window holds more than the platform will list; a
// part of it may be asked for.
var ErrTooLarge = errors.New("the window holds more than the platform lists")

// Mark is how far a stream has been loaded: everything in [Since, Until). The
// zero value is a stream that was never walked.
type Mark struct {
	Since time.Time `json:"since"`
	Until time.Time `json:"until"`
	// Goal is where the walk of a First stream ends: the platform's present as
	// of its beginning.
	Goal time.Time `json:"goal,omitzero"`
}

// Marks are the marks of a shop's streams by name.
type Marks map[string]Mark

// Plan is what a stream is due to be asked for.
type Plan struct {
	Windows []Window // ascending, gapless, of at most one slice each
	// Unreachable is the time that should be loaded but that the platform does
	// not answer any more: a first pull further back, or a long downtime.
	Unreachable Window
}

// Due plans a stream from its mark to the platform's present. The first walk
// begins at since (zero: as far back as the platform answers).
func (m Marks) Due(s Stream, since, now time.Time) Plan {
	grain := max(s.Grain, time.Second)
	mark, end := m[s.Name], cutTo(now.Add(-s.Lag), grain)
	if s.Snapshot {
		return Plan{Windows: []Window{{From: end.Add(-grain), To: end}}}
	}
	if s.First && !mark.Goal.IsZero() {
		end = mark.Goal
	}
	from, ok := m.begin(s, since)
	if !ok {
		return Plan{}
	}
	var p Plan
	if s.Reach > 0 {
		// One grain inside of the limit, for it moves while the walk lasts.
		oldest := cutTo(now.Add(-s.Reach), grain).Add(grain)
		if from.Before(oldest) {
			if !from.IsZero() {
				p.Unreachable = Window{From: from, To: oldest}
			}
			from = oldest
		}
	} else if from.IsZero() {
		from = now.AddDate(-2, 0, 0)
	}
	p.Windows = s.slices(cutTo(from, grain), end)
	return p
}

// cutTo goes back to a step of the grain, counted from midnight in Beijing: a
// day is the day that the platforms mean.
func cutTo(at time.Time, grain time.Duration) time.Time {
	const ahead = 8 * time.Hour
	return at.Add(ahead).Truncate(grain).Add(-ahead)
}

// begin is where a stream's next walk begins; false while the stream that
// holds its past has not begun.
func (m Marks) begin(s Stream, since time.Time) (time.Time, bool) {
	mark := m[s.Name]
	switch {
	case s.First && !mark.Until.IsZero():
		return mark.Until, true
	case !mark.Until.IsZero():
		return mark.Until.Add(-s.Overlap), true
	case s.After != "":
		past := m[s.After].Goal
		return past.Add(-s.Overlap), !past.IsZero()
	}
	return since, true
}

// Move moves a stream's mark over a window of the plan, once its data are kept.
func (m Marks) Move(s Stream, p Plan, w Window) {
	mark := m[s.Name]
	if mark.Since.IsZero() {
		mark.Since = w.From
	}
	if s.First && mark.Goal.IsZero() && len(p.Windows) > 0 {
		mark.Goal = p.Windows[len(p.Windows)-1].To
	}
	if w.To.After(mark.Until) {
		mark.Until = w.To
	}
	m[s.Name] = mark
}

func (s Stream) slices(from, end time.Time) []Window {
	var out []Window
	for slice := s.slice(); from.Before(end); {
		to := from.Add(slice)
		if to.After(end) {
			to = end
		}
		out = append(out, Window{From: from, To: to})
		from = to
	}
	return out
}

func (s Stream) slice() time.Duration {
	slice := s.Slice
	if slice <= 0 || s.MaxSpan > 0 && slice > s.MaxSpan {
		slice = s.MaxSpan
	}
	if slice <= 0 {
		slice = 24 * time.Hour
	}
	return max(slice, s.Grain, time.Second)
}

// Collect pulls one window and returns its responses in the order in which
// they came. A window that is too large is split in halves until it is not, or
// until it is one grain long.
func Collect(ctx context.Context, c Connector, s Stream, w Window) ([]Response, error) {
	var out []Response
	err := c.Pull(ctx, s.Name, w, func(r Response) error {
		out = append(out, r)
		return ctx.Err()
	})
	if !errors.Is(err, ErrTooLarge) {
		return out, err
	}
	grain := max(s.Grain, time.Second)
	half := cutTo(w.From.Add(w.Span()/2), grain)
	if !half.After(w.From) || !half.Before(w.To) {
		return nil, fmt.Errorf("%s from %s to %s: %w", s.Name, w.From.Format(time.RFC3339), w.To.Format(time.RFC3339), err)
	}
	first, err := Collect(ctx, c, s, Window{From: w.From, To: half})
	if err != nil {
		return nil, err
	}
	second, err := Collect(ctx, c, s, Window{From: half, To: w.To})
	return append(first, second...), err
}
