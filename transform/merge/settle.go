package merge

import (
	"cmp"
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
)

// settlePile writes all rows of a pile as runs and notes the files, so that
// both can be asked about.
func (m *Merger) settlePile(ctx context.Context, p *pile) error {
	if err := m.awaitCut(); err != nil {
		return err
	}
	m.date(p)
	if batches := p.take(); len(batches) > 0 {
		if _, err := p.cut(m.store, m.desk, batches, false); err != nil {
			return err
		}
	}
	return m.loadFiles(ctx)
}

// date tells a pile how recent the files are that have arrived.
func (m *Merger) date(p *pile) {
	p.asOf = map[string]time.Time{}
	for _, f := range m.files {
		p.asOf[f.ID] = f.AsOf
	}
}

// cutters is how many piles are written at once when no more rows arrive.
const cutters = 2

// settleAll writes the rows of all piles as runs, those of a cut under way as
// well, and looks for keys that repeat.
func (m *Merger) settleAll() error {
	var full []*pile
	for _, p := range m.piles {
		if len(p.batches) > 0 && (m.cutting == nil || m.cutting.pile != p) {
			full = append(full, p)
		}
	}
	slices.SortFunc(full, func(a, b *pile) int { return cmp.Compare(b.bytes, a.bytes) })
	desks := make(chan *desk, cutters)
	var work errgroup.Group
	work.SetLimit(cutters)
	if c := m.cutting; c != nil {
		work.Go(func() error {
			if err := m.awaitCut(); err != nil {
				return err
			}
			desks <- m.desk
			return m.settleAt(c.pile, desks)
		})
	} else {
		desks <- m.desk
	}
	for range cutters - 1 {
		desks <- newDesk()
	}
	for _, p := range full {
		work.Go(func() error { return m.settleAt(p, desks) })
	}
	return work.Wait()
}

// settleAt writes the rows of a pile as runs at one of the desks.
func (m *Merger) settleAt(p *pile, desks chan *desk) error {
	m.date(p)
	if batches := p.take(); len(batches) > 0 {
		at := <-desks
		_, err := p.cut(m.store, at, batches, false)
		desks <- at
		if err != nil {
			return err
		}
	}
	p.prints.repeat()
	return nil
}
