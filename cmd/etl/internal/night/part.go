package night

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"kefu/extract/dataset"
	"kefu/extract/ledger"
	"kefu/transform/merge"
)

// part is what is wanted of a known file that is read once more: rejected rows
// that may fit now, and rows of keys that lost theirs. What else it holds is
// accounted for already.
type part struct {
	was  ledger.File
	rows map[lineOf][]ledger.Rejected // in quarantine
	// What became of them:
	folded  map[lineOf]bool   // into another row
	skipped map[lineOf]string // by a filter
	lines   map[string]map[int64]merge.RowOutcome
}

// lineOf names a line of a file as a dataset sees it.
type lineOf struct {
	dataset string
	line    int
}

// partOf begins to read a part of a known file; nil when its bytes are no
// longer kept.
func (n *Night) partOf(s Source, f ledger.File, rows []ledger.Rejected) *arrival {
	landed, err := n.Landing.Stat(s.Shop.String(), f.LandedID)
	if err != nil {
		return nil
	}
	a := n.arrival(s, f.Name, landed)
	a.part = &part{was: f, rows: map[lineOf][]ledger.Rejected{}, folded: map[lineOf]bool{}, skipped: map[lineOf]string{}, lines: map[string]map[int64]merge.RowOutcome{}}
	for _, r := range rows {
		at := lineOf{r.Dataset, r.Line}
		a.part.rows[at] = append(a.part.rows[at], r)
	}
	return a
}

// partsOf begins to read the files that the rejected rows are of; those whose
// bytes are no longer kept, or whose source is configured no more, are left out.
func (n *Night) partsOf(ctx context.Context, rows []ledger.Rejected) ([]*arrival, error) {
	type content struct{ source, landed string }
	byFile := map[content][]ledger.Rejected{}
	for _, r := range rows {
		byFile[content{r.Source, r.LandedID}] = append(byFile[content{r.Source, r.LandedID}], r)
	}
	var parts []*arrival
	for _, s := range n.Configured {
		files, err := n.Ledger.Files(ctx, s.Name)
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			list := byFile[content{s.Name, f.LandedID}]
			if list == nil || f.Status != ledger.Loaded || n.isArriving(s, f) {
				continue
			}
			if a := n.partOf(s, f, list); a != nil {
				parts = append(parts, a)
			}
		}
	}
	return parts, nil
}

// readParts reads the files and lets their wanted rows arrive.
func (n *Night) readParts(ctx context.Context, parts []*arrival) error {
	parts = mergeParts(parts)
	if len(parts) == 0 {
		return nil
	}
	n.Events.Stage("read rows of known files", len(parts))
	for _, s := range n.Configured {
		mine := slices.DeleteFunc(slices.Clone(parts), func(a *arrival) bool { return a.source.Name != s.Name })
		if len(mine) == 0 {
			continue
		}
		known, err := n.knownFiles(ctx, s)
		if err != nil {
			return err
		}
		maps.DeleteFunc(known, func(_ string, f ledger.File) bool { return f.Status != ledger.Loaded })
		for _, r := range n.replaced {
			if r.source.Name == s.Name {
				delete(known, r.file.SHA256)
			}
		}
		n.connect(s, mine, known)
		for _, a := range mine {
			if err := n.readPart(ctx, a); err != nil {
				return err
			}
			n.Events.Step(a.name)
		}
	}
	n.arrived = append(n.arrived, parts...)
	return nil
}

func (n *Night) readPart(ctx context.Context, a *arrival) error {
	var sum SourceSummary // its lines were counted when the file came
	if err := n.read(ctx, a, &sum); err != nil || a.err != nil {
		return err
	}
	lines := map[string][]int{}
	for at := range a.part.rows {
		lines[at.dataset] = append(lines[at.dataset], at.line)
	}
	return n.merger.Keep(ctx, a.id, lines)
}

// recordPart moves the rows of a file that was read in part to where they
// belong now, in the accounting of the file and in quarantine, all at once.
func (n *Night) recordPart(ctx context.Context, a *arrival) error {
	if a.err != nil {
		return nil //nolint:nilerr // the file failed, which is told; nothing of it entered
	}
	if err := n.rejectContrary(ctx, a); err != nil {
		return err
	}
	again := map[lineOf][]ledger.Rejected{}
	for _, r := range a.rejects {
		again[lineOf{r.Dataset, r.Line}] = append(again[lineOf{r.Dataset, r.Line}], r)
	}
	f := a.part.was
	f.Counts = maps.Clone(f.Counts)
	var settled, dropped []string
	var rejects []ledger.Rejected
	for at, rows := range a.part.rows {
		for i, r := range rows {
			if still := again[at]; len(still) > 0 {
				now := still[min(i, len(still)-1)]
				now.CreatedAt = r.CreatedAt
				rejects, dropped = append(rejects, now), append(dropped, r.ID)
				continue
			}
			settled = append(settled, r.ID)
			f.Counts[at.dataset] = a.part.settle(f.Counts[at.dataset], at)
		}
	}
	for at, list := range again {
		if a.part.rows[at] != nil || a.part.lines[at.dataset][int64(at.line)] != merge.Contrary {
			continue // it was no other before
		}
		// A row that repeated another until now contradicts the one in its place.
		c := f.Counts[at.dataset]
		c.Duplicates, c.Rejected = c.Duplicates-1, c.Rejected+1
		f.Counts[at.dataset], rejects = c, append(rejects, list[len(list)-1])
	}
	if len(settled)+len(rejects) == 0 {
		return nil
	}
	return n.Ledger.Replay(ctx, f, settled, dropped, rejects)
}

// settle moves a line out of the rejected ones of a dataset to where it is now.
func (p *part) settle(c ledger.Counts, at lineOf) ledger.Counts {
	c.Rejected--
	switch outcome := p.lines[at.dataset][int64(at.line)]; {
	case outcome == merge.Accepted:
		c.Accepted++
	case outcome == merge.Duplicate:
		c.Duplicates++
	case outcome == merge.Merged || p.folded[at]:
		c.Merged++
	case p.skipped[at] != "":
		c.Skipped = maps.Clone(c.Skipped)
		if c.Skipped == nil {
			c.Skipped = map[string]int64{}
		}
		c.Skipped[p.skipped[at]]++
	default:
		c.Read-- // the preset sees no row of the dataset in that line any more
	}
	return c
}

// rejectContrary rejects the rows that contradict what the lake holds.
func (n *Night) rejectContrary(ctx context.Context, a *arrival) error {
	for _, name := range slices.Sorted(maps.Keys(a.part.lines)) {
		lines := map[int]bool{}
		for line, outcome := range a.part.lines[name] {
			if outcome == merge.Contrary {
				lines[int(line)] = true
			}
		}
		if err := n.rejectConflicts(ctx, dataset.ByName(name), a, lines); err != nil {
			return fmt.Errorf("%s: %w", a.name, err)
		}
	}
	return nil
}
