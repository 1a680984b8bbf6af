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
	Since time.Time
	Until time.Time
}

// Plan is what a stream is due to be asked for.
type Plan struct {
	Windows []Window // ascending, gapless, of at most one slice each
	// Unreachable is the time that should be loaded but that the platform does
	// not answer any more: a first pull further back, or a long downtime.
	Unreachable Window
}

// Due plans a stream from its mark to the platform's present. The first walk
// begins at since (zero: as far back as the platform answers).
func Due(s Stream, mark Mark, since, now time.Time) Plan {
	grain := max(s.Grain, time.Second)
	end := now.Add(-s.Lag).Truncate(grain)
	from := mark.Until.Add(-s.Overlap)
	if mark.Until.IsZero() {
		from = since
	}
	if s.First && !mark.Until.IsZero() {
		return Plan{}
	}
	var p Plan
	if s.Reach > 0 {
		// One grain inside of the limit, for it moves while the walk lasts.
		oldest := now.Add(-s.Reach).Truncate(grain).Add(grain)
		if from.Before(oldest) {
			if !from.IsZero() {
				p.Unreachable = Window{From: from, To: oldest}
			}
			from = oldest
		}
	} else if from.IsZero() {
		from = now.AddDate(-2, 0, 0)
	}
	from = from.Truncate(grain)
	for slice := s.slice(); from.Before(end); {
		to := from.Add(slice)
		if to.After(end) {
			to = end
		}
		p.Windows = append(p.Windows, Window{From: from, To: to})
		from = to
	}
	return p
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
	half := w.From.Add(w.Span() / 2).Truncate(grain)
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
