package night

import (
	"context"
	"fmt"
	"time"

	"kefu/cmd/etl/internal/pull"
	"kefu/extract/ledger"
)

// PullSummary says what became of pulling one shop from its platform.
type PullSummary struct {
	// State is done, partial (some streams) or failed (none, or those that
	// were asked for).
	State string `json:"state"`
	// Quota is until when the platform answers nothing any more.
	Quota   *time.Time      `json:"quota_used_up_until,omitempty"`
	Streams []StreamSummary `json:"streams"`
}

// StreamSummary says what became of pulling one listing of a platform.
type StreamSummary struct {
	Stream   string   `json:"stream"`
	Datasets []string `json:"datasets"`
	State    string   `json:"state"` // done, failed, postponed
	// From and To are the time that was asked for and has landed.
	From      *time.Time `json:"from,omitempty"`
	To        *time.Time `json:"to,omitempty"`
	First     bool       `json:"first,omitempty"`               // nothing of it had been pulled before
	Cut       bool       `json:"nothing_before_from,omitempty"` // the platform answers for no earlier time
	Windows   int        `json:"windows"`
	Responses int        `json:"responses"`
	Error     string     `json:"error,omitempty"`
}

// The stage of the ledger's units that are streams: name is the source, range
// the stream.
const pullStage = "pull"

// quotaKey is where the ledger keeps until when a source's platform answers
// nothing.
func quotaKey(source string) string { return "quota." + source }

// QuotaOf is until when the platform of a source said that it answers nothing;
// zero = it did not.
func QuotaOf(ctx context.Context, state *ledger.Ledger, source string) (time.Time, error) {
	text, ok, err := state.Meta(ctx, quotaKey(source))
	if err != nil || !ok || text == "" {
		return time.Time{}, err
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("read the quota of source %s: %w", source, err)
	}
	return at, nil
}

// LastPulls lists how each stream of a source ended when it was last due; no
// entry where a stream never was.
func LastPulls(ctx context.Context, state *ledger.Ledger, source string) (map[string]ledger.Unit, error) {
	units, err := state.LastUnits(ctx, pullStage, source)
	if err != nil {
		return nil, err
	}
	out := make(map[string]ledger.Unit, len(units))
	for _, u := range units {
		out[u.Range] = u
	}
	return out, nil
}

// recordPull keeps what became of every stream, and the end of a used up quota.
func (n *Night) recordPull(ctx context.Context, s Source, report pull.Report) error {
	for _, r := range report.Streams {
		if err := n.Ledger.RecordUnit(ctx, ledger.Unit{
			Run: n.run.ID, Stage: pullStage, Name: s.Name, Shop: s.Shop.String(), Range: r.Stream, Status: ledger.Status(r.State), Rows: int64(r.Responses), Error: r.Error,
		}); err != nil {
			return err
		}
	}
	known, _, err := n.Ledger.Meta(ctx, quotaKey(s.Name))
	if err != nil {
		return err
	}
	until := ""
	if !report.Quota.IsZero() {
		until = report.Quota.UTC().Format(time.RFC3339)
	}
	if until == known {
		return nil
	}
	return n.Ledger.SetMeta(ctx, quotaKey(s.Name), until)
}

func pullOf(report pull.Report) *PullSummary {
	out := &PullSummary{Streams: make([]StreamSummary, len(report.Streams))}
	states := make([]string, len(report.Streams))
	for i, r := range report.Streams {
		out.Streams[i] = StreamSummary{
			Stream: r.Stream, Datasets: r.Datasets, State: string(r.State), From: instant(r.Asked.From), To: instant(r.Asked.To),
			First: r.First, Cut: r.Cut, Windows: r.Windows, Responses: r.Responses, Error: r.Error,
		}
		states[i] = string(r.State)
	}
	out.State, out.Quota = StateOf(states), instant(report.Quota)
	return out
}

// StateOf is the state of a shop whose streams have these: done where all are,
// failed where none is, else partial.
func StateOf(streams []string) string {
	done := 0
	for _, s := range streams {
		if s == string(pull.Done) {
			done++
		}
	}
	switch done {
	case len(streams):
		return string(ledger.Done)
	case 0:
		return string(ledger.Failed)
	default:
		return string(ledger.Partial)
	}
}

// instant is a time that may be missing.
func instant(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}
