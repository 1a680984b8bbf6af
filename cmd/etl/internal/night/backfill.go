package night

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"kefu/extract/dataset"
	"kefu/extract/lake"
	"kefu/extract/ledger"
	"kefu/transform/compute"
	"kefu/transform/merge"
	"kefu/transform/model"

	"golang.org/x/sync/errgroup"
)

// ErrEmptyLake says that there is nothing to compute from.
var ErrEmptyLake = errors.New("the lake holds no rows yet")

// ErrNothingFailed says that there is nothing to try again.
var ErrNothingFailed = errors.New("no shop failed in the last backfills")

// BackfillOptions choose what a backfill computes anew.
type BackfillOptions struct {
	From, To  time.Time        // days, both included; zero with Failed: as in the backfills that failed
	Shop      *compute.ShopKey // nil = every shop
	Model     string           // this model, those beside it and those that come after it, by what is published of those before; "" = all
	Failed    bool             // only shops that failed when this was last tried
	Parallel  int              // lots computed at the same time, at least 1
	ChunkRows int64            // messages and orders that one chunk reads
	Progress  func(Progress)
}

// ChunkRows is how many messages and orders a chunk reads at most, so that four
// chunks side by side stay within the memory limit: a message takes some 800
// bytes while its facts are computed.
func ChunkRows(memoryLimit int64) int64 { return max(memoryLimit/4/800, 10_000) }

// Backfill computes a range of days of the lake anew, whether or not anything
// changed, in chunks that a later call does not repeat. It reads no source.
func Backfill(ctx context.Context, setup Setup, options BackfillOptions) (*Summary, error) {
	b := &backfill{Night: begin(setup), options: options}
	if err := b.choose(); err != nil {
		return b.summary, err
	}
	release, err := b.take(ctx)
	if err != nil {
		return b.summary, err
	}
	defer release()
	b.summary.Backfill = &BackfillSummary{Parallel: max(options.Parallel, 1), Shops: []ShopOutcome{}, Chunks: []ChunkSummary{}}
	return b.summary, b.as(ctx, "backfill", b.all)
}

// backfill is one under way. The lots share it; mu guards what they tell and
// lets one lot at a time write months, which hold rows of all shops.
type backfill struct {
	*Night
	options  BackfillOptions
	current  *snapshots
	now      map[compute.ShopKey]compute.Known
	calendar compute.Calendar
	root     string      // folder of what chunks gave
	scope    model.Scope // from whose models on; "" = all

	mu    sync.Mutex
	begun int // lots
	pace  pace
}

func (b *backfill) all(ctx context.Context) error {
	var err error
	if b.current, err = b.present(ctx); err != nil {
		return err
	}
	b.root = filepath.Join(b.Lake.Root(), shelfFolder)
	lots, err := b.plan(ctx)
	if err != nil {
		return err
	}
	if err := b.tidy(lots); err != nil {
		return err
	}
	events := b.Events
	b.Events = silent{} // lots side by side tell how far they are by Progress
	err = b.work(ctx, lots)
	b.Events = events
	if err != nil {
		return err
	}
	if published, ok, err := b.Ledger.Latest(ctx); err != nil {
		return err
	} else if ok {
		b.summary.Publication = published.ID
	}
	return b.load(ctx)
}

// choose finds from which models on days are computed anew. Those of shops and
// buyers are computed together, so that is everything.
func (b *backfill) choose() error {
	if b.options.Model == "" {
		return nil
	}
	m := b.Graph.Model(b.options.Model)
	if m == nil {
		return &UnknownModelError{b.options.Model}
	}
	if m.Scope != model.Shop && m.Scope != model.Buyer {
		b.scope = m.Scope
	}
	return nil
}

// UnknownModelError says that there is no model of a name that was asked for.
type UnknownModelError struct{ Name string }

// Error implements error.
func (e *UnknownModelError) Error() string { return "there is no model " + e.Name }

// silent shows nothing.
type silent struct{}

// Stage implements Events.
func (silent) Stage(string, int) {}

// Step implements Events.
func (silent) Step(string) {}

// present is the lake as it stands.
func (n *Night) present(ctx context.Context) (*snapshots, error) {
	current, rows := &snapshots{files: map[string][]lake.File{}, ids: map[string]int64{}}, int64(0)
	for _, s := range slices.Concat(dataset.All(), dataset.Internals()) {
		if _, err := n.Lake.Ensure(ctx, merge.Spec(s)); err != nil {
			return nil, fmt.Errorf("prepare table %s: %w", s.Name, err)
		}
		files, id, err := n.Lake.Files(ctx, s.Name, 0)
		if err != nil {
			return nil, fmt.Errorf("read table %s: %w", s.Name, err)
		}
		current.files[s.Name], current.ids[s.Name] = files, id
		for _, f := range files {
			rows += f.Rows
		}
	}
	if rows == 0 {
		return nil, ErrEmptyLake
	}
	return current, nil
}

// work computes the lots, as many at the same time as asked for. A lot that
// fails does not stop the others.
func (b *backfill) work(ctx context.Context, lots []*lot) error {
	group, ctx := errgroup.WithContext(ctx)
	for range min(max(b.options.Parallel, 1), len(lots)) {
		group.Go(func() error {
			engine, end, err := b.Session(ctx)
			if err != nil {
				return err
			}
			computer := compute.New(engine, b.Lake, b.Graph)
			for l := b.next(lots); l != nil && err == nil; l = b.next(lots) {
				err = b.settleLot(ctx, l, b.compute(ctx, computer, l))
			}
			return errors.Join(err, end())
		})
	}
	return group.Wait()
}

func (b *backfill) next(lots []*lot) *lot {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.begun == len(lots) {
		return nil
	}
	b.begun++
	return lots[b.begun-1]
}

// compute computes and publishes a lot.
func (b *backfill) compute(ctx context.Context, computer *compute.Computer, l *lot) error {
	published, _, err := b.Ledger.Latest(ctx)
	if err != nil {
		return err
	}
	in, err := b.input(ctx, b.current, published)
	if err != nil {
		return err
	}
	shops := in.Shops
	in.Shops = nil
	for _, s := range shops {
		if l.holds(s.ShopKey) {
			in.Shops = append(in.Shops, s)
		} else {
			in.Others = append(in.Others, s)
		}
	}
	in.Forced, in.ChunkRows, in.Copied = l.forced(), b.options.ChunkRows, l.rows <= b.options.ChunkRows
	in.Calendar, in.Shelf = &b.calendar, &shelf{backfill: b, lot: l}
	computed, err := computer.Compute(ctx, in)
	if err != nil {
		return err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if published, _, err = b.Ledger.Latest(ctx); err != nil {
		return err
	}
	marts, err := b.marts(ctx, published)
	if err != nil {
		return err
	}
	result, err := computed.Stage(ctx, marts)
	if err != nil {
		return err
	}
	var units []ledger.Unit
	for _, s := range l.shops {
		u := b.shopUnit(l, s, ledger.Done, nil)
		if slices.Contains(result.Failed, s.ShopKey) {
			u = b.shopUnit(l, s, ledger.Failed, errChecks)
		}
		units = append(units, u)
	}
	if err := b.publish(ctx, result, b.current, units...); err != nil {
		return err
	}
	b.summary.computed(result)
	b.told(l, units, errChecks)
	return nil
}

var errChecks = errors.New("a check failed, so its published numbers stay")

// told notes how the shops of a lot ended, and why those failed that did.
func (b *backfill) told(l *lot, units []ledger.Unit, cause error) {
	for _, u := range units {
		b.summary.Backfill.Shops = append(b.summary.Backfill.Shops, ShopOutcome{Shop: u.Shop, Range: u.Range, Status: string(u.Status), Error: u.Error})
		if u.Status == ledger.Failed {
			b.fail(fmt.Errorf("shop %s: %w", u.Shop, cause))
		}
	}
	b.pace.end(l)
}

// settleLot gives a lot's folder back, or notes that its shops failed. It
// returns what ends the whole backfill.
func (b *backfill) settleLot(ctx context.Context, l *lot, err error) error {
	switch {
	case err == nil:
		return b.clear(l)
	case ctx.Err() != nil, errors.Is(err, ledger.ErrLeaseLost):
		return err
	}
	err = b.examine(ctx, err)
	b.mu.Lock()
	defer b.mu.Unlock()
	units := make([]ledger.Unit, len(l.shops))
	for i, s := range l.shops {
		units[i] = b.shopUnit(l, s, ledger.Failed, err)
	}
	if recording := b.Ledger.RecordUnits(ctx, units); recording != nil {
		return errors.Join(err, recording)
	}
	b.told(l, units, err)
	return nil
}
