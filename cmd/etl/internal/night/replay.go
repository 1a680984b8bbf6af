package night

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"

	"kefu/extract/ledger"
)

// Replay chooses rejected rows that are to be read once more. Empty fields
// choose all.
type Replay struct {
	Shop, Source, Dataset string // as quarantine names them
	File                  string // the name of a file, its last part, or a pattern of either
	Reason                string // a part of the reason, in any case
}

// ReplayCommand is the command of runs that read rejected rows once more.
const ReplayCommand = "quarantine replay"

// Chooses tells whether the row waits in quarantine and is one of them.
func (r Replay) Chooses(row ledger.Rejected) bool {
	if row.Status != ledger.Waiting || r.Shop != "" && r.Shop != row.Shop || r.Source != "" && r.Source != row.Source || r.Dataset != "" && r.Dataset != row.Dataset {
		return false
	}
	if r.File != "" && r.File != row.File && r.File != path.Base(row.File) {
		whole, _ := path.Match(r.File, row.File) // a pattern that is none matches nothing
		last, _ := path.Match(r.File, path.Base(row.File))
		if !whole && !last {
			return false
		}
	}
	return strings.Contains(strings.ToLower(row.Reason), strings.ToLower(r.Reason))
}

// What became of a row that was to be read once more.
const (
	ReplayAccepted   = "accepted"   // it is a row of its dataset now, part of one, or repeats one
	ReplaySkipped    = "skipped"    // a filter of the preset leaves it out now
	ReplayRejected   = "rejected"   // again
	ReplayUnreadable = "unreadable" // the reason says why
)

// ReplaySummary is what came of rows that were read once more.
type ReplaySummary struct {
	Rows       int64           `json:"rows"` // chosen
	Files      int             `json:"files"`
	Accepted   int64           `json:"accepted"`
	Skipped    int64           `json:"skipped"`
	Rejected   int64           `json:"rejected"`
	Unreadable int64           `json:"unreadable"`
	Outcomes   []ReplayOutcome `json:"outcomes"`
	// Unfinished is a file that another run left half-way. The rows are in the
	// lake, and the next run computes with them.
	Unfinished string `json:"unfinished,omitempty"`
}

// ReplayOutcome counts the rows of a source and dataset that ended alike.
type ReplayOutcome struct {
	Source  string `json:"source"`
	Dataset string `json:"dataset"`
	Outcome string `json:"outcome"`
	Reason  string `json:"reason,omitempty"` // why it is rejected now, or cannot be read; the filter that skips it
	Hint    string `json:"hint,omitempty"`
	Rows    int64  `json:"rows"`
	Example string `json:"example"` // file:line of the first
}

// chosen are the rejected rows of a file for whose sake it is read once more.
type chosen struct {
	was     ledger.File // what was known of it
	rows    map[lineOf][]ledger.Rejected
	skipped map[lineOf]string // by a filter
}

// replay reads the files of the chosen rejected rows once more, each as a whole:
// a corrected row may complete others, and its file's account stays one.
func (n *Night) replay(ctx context.Context) error {
	sum, choice := &ReplaySummary{Outcomes: []ReplayOutcome{}}, *n.options.Replay
	n.summary.Replay = sum
	rows, err := n.Ledger.Quarantined(ctx, ledger.QuarantineFilter{Status: ledger.Waiting, Source: choice.Source, Shop: choice.Shop, Dataset: choice.Dataset})
	if err != nil {
		return err
	}
	type content struct{ source, landed string }
	byFile := map[content][]ledger.Rejected{}
	for _, r := range rows {
		if of := (content{r.Source, r.LandedID}); choice.Chooses(r) {
			byFile[of] = append(byFile[of], r)
			sum.Rows++
		}
	}
	for _, s := range n.Configured {
		known, err := n.knownFiles(ctx, s)
		if err != nil {
			return err
		}
		var arrivals []*arrival
		for _, f := range known {
			of := content{s.Name, f.LandedID}
			if byFile[of] == nil {
				continue
			}
			a, reason := n.readOnceMore(s, f, byFile[of])
			if a != nil {
				arrivals = append(arrivals, a)
			} else {
				sum.unreadable(byFile[of], reason)
			}
			delete(byFile, of)
		}
		if err := n.readChosen(ctx, s, n.completed(s, arrivals, known), known); err != nil {
			return err
		}
	}
	for of, rows := range byFile {
		sum.unreadable(rows, "source "+of.source+" is configured no more, or its file is known no more")
	}
	return n.beginReplay(ctx)
}

// readOnceMore begins to read a file, for the sake of some of its rows if any, or
// says why it cannot be read.
func (n *Night) readOnceMore(s Source, f ledger.File, rows []ledger.Rejected) (*arrival, string) {
	if f.Status != ledger.Loaded {
		return nil, "the file is " + string(f.Status) + ": the next run decides"
	}
	landed, err := n.Landing.Stat(s.Shop.String(), f.LandedID)
	if err != nil {
		return nil, "the bytes of the file were dropped (landing.keep_days): only a new export brings such rows"
	}
	a := n.arrival(s, f.Name, landed)
	_, talks := f.Counts["chat_messages"]
	a.refresh, a.again = talks && f.TextRules != a.texts, true
	a.chosen = &chosen{was: f, rows: map[lineOf][]ledger.Rejected{}, skipped: map[lineOf]string{}}
	for _, r := range rows {
		at := lineOf{r.Dataset, r.Line}
		a.chosen.rows[at] = append(a.chosen.rows[at], r)
	}
	return a, ""
}

// completed adds known files that the ones to read may complete.
func (n *Night) completed(s Source, arrivals []*arrival, known map[string]ledger.File) []*arrival {
	if !slices.ContainsFunc(arrivals, func(a *arrival) bool { return s.joined(a.name) }) {
		return arrivals
	}
	for _, f := range known {
		rejected, open := unsettled(f)
		if rejected+open == 0 || !s.joined(f.Name) || slices.ContainsFunc(arrivals, func(a *arrival) bool { return a.landed.ID == f.LandedID }) {
			continue
		}
		if a, _ := n.readOnceMore(s, f, nil); a != nil {
			arrivals = append(arrivals, a)
		}
	}
	return arrivals
}

// readChosen reads the files of one source.
func (n *Night) readChosen(ctx context.Context, s Source, arrivals []*arrival, known map[string]ledger.File) error {
	if len(arrivals) == 0 {
		return nil
	}
	slices.SortFunc(arrivals, func(a, b *arrival) int {
		return cmp.Or(a.chosen.was.UpdatedAt.Compare(b.chosen.was.UpdatedAt), cmp.Compare(a.id, b.id))
	})
	sum := SourceSummary{Name: s.Name, Shop: s.Shop.String()}
	n.Events.Stage("read "+s.Name+" once more", len(arrivals))
	n.connect(s, arrivals, known)
	for _, a := range arrivals {
		if err := n.read(ctx, a, &sum); err != nil {
			return err
		}
		n.Events.Step(a.name)
	}
	n.summary.Sources = append(n.summary.Sources, sum)
	n.summary.Replay.Files += sum.Files
	n.arrived = append(n.arrived, arrivals...)
	return nil
}

// replayBegun stands for the preset of a file that is read once more, until its
// rows are in the lake: after a kill the next run reads it as if its preset had
// changed.
const replayBegun = "read once more"

func (n *Night) beginReplay(ctx context.Context) error {
	for _, a := range n.arrived {
		if n.options.Dry || a.err != nil {
			continue
		}
		f := a.chosen.was
		f.Preset = replayBegun
		if err := n.Ledger.RecordFile(ctx, f); err != nil {
			return err
		}
	}
	return nil
}

// replayed notes what became of the chosen rows, once they met the lake.
func (n *Night) replayed(ctx context.Context) (err error) {
	sum := n.summary.Replay
	if sum == nil {
		return nil
	}
	for _, a := range n.arrived {
		if a.err != nil { // which is told
			for _, rows := range a.chosen.rows {
				sum.unreadable(rows, "the file cannot be read any more")
			}
			continue
		}
		again := map[lineOf][]ledger.Rejected{}
		for _, r := range a.rejects {
			at := lineOf{r.Dataset, r.Line}
			again[at] = append(again[at], r)
		}
		for at, rows := range a.chosen.rows {
			for i, r := range rows {
				switch still := again[at]; {
				case len(still) > 0:
					now := still[min(i, len(still)-1)]
					sum.count(r, ReplayRejected, now.Reason, now.Hint)
				case a.chosen.skipped[at] != "":
					sum.count(r, ReplaySkipped, a.chosen.skipped[at], "")
				default:
					sum.count(r, ReplayAccepted, "", "")
				}
			}
		}
	}
	slices.SortFunc(sum.Outcomes, func(a, b ReplayOutcome) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Dataset, b.Dataset), cmp.Compare(a.Outcome, b.Outcome), cmp.Compare(a.Reason, b.Reason))
	})
	sum.Unfinished, err = n.halfway(ctx)
	return err
}

func (s *ReplaySummary) unreadable(rows []ledger.Rejected, reason string) {
	for _, r := range rows {
		s.count(r, ReplayUnreadable, reason, "")
	}
}

// count adds a row to those that ended alike.
func (s *ReplaySummary) count(r ledger.Rejected, outcome, reason, hint string) {
	total := map[string]*int64{ReplayAccepted: &s.Accepted, ReplaySkipped: &s.Skipped, ReplayRejected: &s.Rejected, ReplayUnreadable: &s.Unreadable}
	*total[outcome]++
	example := fmt.Sprintf("%s:%d", r.File, r.Line)
	for i := range s.Outcomes {
		if o := &s.Outcomes[i]; o.Source == r.Source && o.Dataset == r.Dataset && o.Outcome == outcome && o.Reason == reason {
			o.Rows++
			o.Example = min(o.Example, example)
			return
		}
	}
	s.Outcomes = append(s.Outcomes, ReplayOutcome{Source: r.Source, Dataset: r.Dataset, Outcome: outcome, Reason: reason, Hint: hint, Rows: 1, Example: example})
}

// isHalfway tells whether a file was found that another run left half-way.
func (n *Night) isHalfway() bool { return n.summary.Replay != nil && n.summary.Replay.Unfinished != "" }

// halfway finds a file that another run left half-way: what the lake holds then
// is not to be published.
func (n *Night) halfway(ctx context.Context) (string, error) {
	for _, s := range n.Configured {
		files, err := n.Ledger.Files(ctx, s.Name)
		if err != nil {
			return "", err
		}
		for _, f := range files {
			if f.Status == ledger.Loading || f.Preset == replayBegun {
				return s.Name + ": " + f.Name, nil
			}
		}
	}
	return "", nil
}

// NothingChosen is the summary of a replay for which no row waits.
func NothingChosen() *Summary {
	s := newSummary()
	s.Status, s.Replay = string(ledger.Done), &ReplaySummary{Outcomes: []ReplayOutcome{}}
	return s
}
