package night

import (
	"context"
	"fmt"
	"os"
	"slices"

	"kefu/extract"
	"kefu/extract/dataset"
	"kefu/extract/lake"
	"kefu/extract/ledger"
	"kefu/transform/merge"
)

// settleArrivals tells each file what became of its accepted rows, and fetches
// the bytes of those that contradict what the lake holds.
func (n *Night) settleArrivals(ctx context.Context, s *dataset.Schema, outcome *merge.Outcome) error {
	conflicts := map[string]map[int]bool{}
	for _, c := range outcome.Conflicts {
		if conflicts[c.File] == nil {
			conflicts[c.File] = map[int]bool{}
		}
		conflicts[c.File][int(c.Line)] = true
	}
	for _, a := range n.arrived {
		if a.err != nil || a.counts[s.Name] == nil {
			continue
		}
		if a.part != nil {
			a.part.lines[s.Name] = outcome.Lines[a.id]
			continue
		}
		c := a.counts[s.Name]
		merged := outcome.Counts[a.id]
		c.Accepted += merged.Accepted
		c.Merged += merged.Merged
		c.Duplicates += merged.Duplicates
		if err := n.rejectConflicts(ctx, s, a, conflicts[a.id]); err != nil {
			return err
		}
	}
	return nil
}

func (n *Night) rejectConflicts(ctx context.Context, s *dataset.Schema, a *arrival, lines map[int]bool) error {
	if len(lines) == 0 {
		return nil
	}
	reject := func(line int, raw []byte) {
		a.counts[s.Name].Rejected++
		a.rejects = append(a.rejects, a.rejected(contradiction(s, line, raw), n.run.ID))
	}
	found := map[int]bool{}
	err := a.reading.RawLines(ctx, a.file, lines, func(line int, raw []byte) error {
		found[line] = true
		reject(line, raw)
		return nil
	})
	if err != nil {
		return fmt.Errorf("fetch contradicting rows: %w", err)
	}
	for line := range lines {
		if !found[line] {
			reject(line, nil)
		}
	}
	return nil
}

// contradiction is the rejection of a row of an immutable dataset that repeats
// the key of another with other content.
func contradiction(s *dataset.Schema, line int, raw []byte) extract.Reject {
	return extract.Reject{
		Dataset: s.Name, Line: line, Column: s.Key[0], Raw: raw,
		Reason: "repeats the " + s.Key[0] + " of another row with other content; such rows never change",
		Hint:   "find out which of the two is right; the row that came first stays",
	}
}

// record keeps what became of every file, its rejected rows first: a file that
// is marked as loaded has lost nothing. Files that gave way come last: until
// then the next run withdraws them once more.
func (n *Night) record(ctx context.Context) error {
	if n.options.Dry {
		return nil
	}
	for _, a := range n.arrived {
		if a.part != nil {
			if err := n.recordPart(ctx, a); err != nil {
				return err
			}
			continue
		}
		f := a.record(n.run.ID)
		f.Status, f.Counts = ledger.Loaded, a.finalCounts()
		if a.err != nil {
			f.Status, f.Error, f.Counts = ledger.Failed, a.err.Error(), nil
		} else if err := n.quarantine(ctx, a); err != nil {
			return err
		}
		if err := n.Ledger.RecordFile(ctx, f); err != nil {
			return err
		}
	}
	return n.recordReplaced(ctx)
}

// record is what the ledger keeps of the file, but for how it ended.
func (a *arrival) record(run string) ledger.File {
	return ledger.File{
		Source: a.source.Name, SHA256: a.landed.ID, Shop: a.source.Shop.String(), Name: a.name, Bytes: a.landed.Bytes,
		LandedID: a.landed.ID, AsOf: a.asOf, TextRules: a.texts, Preset: a.source.Preset, LoadedRun: run, Sighting: a.sighting,
	}
}

func (n *Night) quarantine(ctx context.Context, a *arrival) error {
	for rejects := range slices.Chunk(a.rejects, 1000) {
		if err := n.Ledger.Quarantine(ctx, rejects); err != nil {
			return err
		}
	}
	return n.Ledger.SettleQuarantine(ctx, a.source.Name, a.name, a.landed.ID, n.run.ID)
}

func (a *arrival) finalCounts() map[string]ledger.Counts {
	out := make(map[string]ledger.Counts, len(a.counts))
	for name, c := range a.counts {
		out[name] = *c
	}
	return out
}

// account adds the files to the summary of their source.
func (n *Night) account() {
	for i := range n.summary.Sources {
		s := &n.summary.Sources[i]
		for _, a := range n.arrived {
			if a.source.Name != s.Name || a.part != nil {
				continue
			}
			detail := FileSummary{Name: a.name, Why: a.why()}
			if a.err != nil {
				detail.Error = a.err.Error()
			} else {
				detail.Datasets = a.finalCounts()
				s.add(detail.Datasets)
			}
			s.Details = append(s.Details, detail)
		}
		n.summary.Ingest.Rows += s.Read
	}
}

// stage remembers the files that a dry run wrote.
func (n *Night) stage(before, after []lake.File) {
	for _, f := range after {
		if !slices.ContainsFunc(before, func(b lake.File) bool { return b.Path == f.Path }) {
			n.staged = append(n.staged, f.Path)
		}
	}
}

// discard removes what a dry run wrote: data files and received bytes.
func (n *Night) discard() {
	for _, path := range n.staged {
		if err := os.Remove(path); err != nil {
			n.Log.Warn("remove a file of a dry run", "error", err)
		}
	}
	for _, back := range n.landed {
		if err := back(); err != nil {
			n.Log.Warn("take back what a dry run landed", "error", err)
		}
	}
}
