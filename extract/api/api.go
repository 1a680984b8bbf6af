// Package api owns what connectors of platforms' APIs share: streams and the
// windows they are walked in, calls with retries by the platform's own error
// classes, rate limits, tokens, and the bundle in which a window's responses
// land. What a platform's wire contract says is the connector's.
package api

import (
	"context"
	"encoding/json"
	"time"

	"kefu/extract"
)

// Stream is one listing of a platform that is walked window by window, such as
// orders by time of modification.
type Stream struct {
	Name     string   // "orders.modified": part of landing names, never changes
	Datasets []string // canonical datasets that its responses hold
	// MaxSpan is the longest window that the platform takes, Slice the one that
	// is asked for: the unit that lands and is resumed at.
	MaxSpan, Slice time.Duration
	// Reach is how far back the platform answers; 0 = without limit.
	Reach time.Duration
	// Lag keeps the end of a window behind the platform's present, where rows
	// appear late.
	Lag time.Duration
	// Overlap is asked again before the watermark, for rows that appeared late.
	Overlap time.Duration
	// Grain is the step that windows begin and end on; 0 = a second. A platform
	// that takes dates has a day.
	Grain time.Duration
	// First marks a stream that is walked once, over the past, because the
	// others do not reach what it holds.
	First bool
	// After names a First stream that holds the past of this one: its first
	// walk begins where the other's ended.
	After string
	// Snapshot marks a stream without a past: it is asked for once a run, and
	// its window is the present moment.
	Snapshot bool
}

// Window is the time [From, To).
type Window struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
}

// Span is the window's length.
func (w Window) Span() time.Duration { return w.To.Sub(w.From) }

// Response is one answer of a platform as it lands: what was asked, without
// credentials, and the body as received.
type Response struct {
	Call   string            `json:"call"`
	Params map[string]string `json:"params,omitempty"` // of the business, never of the session
	Body   json.RawMessage   `json:"body"`
}

// Connector speaks one platform's wire contract for one shop.
type Connector interface {
	// Streams lists what the shop's account may be asked for.
	Streams() []Stream
	// Pull walks all pages of a window of the stream and hands on each response
	// as received. It returns ErrTooLarge for a window that the platform will
	// not answer whole; a *LimitError, *TokenError or other error ends the
	// stream for this run. What was emitted of a window that failed is not used.
	Pull(ctx context.Context, stream string, w Window, emit func(Response) error) error
	// Read turns the landed responses of one window into canonical rows. It
	// needs no network and no credentials.
	Read(ctx context.Context, stream string, responses []Response, sink extract.Sink) error
	// Check makes one small call to see that the credentials work.
	Check(ctx context.Context) error
}
