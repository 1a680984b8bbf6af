package night

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"kefu/extract"
	"kefu/extract/file"
	"kefu/extract/landing"
	"kefu/extract/ledger"
	"kefu/transform/merge"
	"kefu/transform/normalise"
)

// ingest reads what is new in the sources into the lake. A file that cannot be
// used fails alone: nothing of it enters, the others do.
func (n *Night) ingest(ctx context.Context) (*snapshots, error) {
	start := time.Now()
	n.reading = limitMemory()
	defer n.reading.lift()
	defer n.merger.Discard()
	gather := n.gather
	if n.options.Replay != nil {
		gather = n.replay
	}
	n.stock = &normalise.Stock{}
	err := gather(ctx)
	n.stock = nil
	if err != nil {
		return nil, err
	}
	current, err := n.merge(ctx)
	if err != nil {
		return nil, err
	}
	if err := n.record(ctx); err != nil {
		return nil, err
	}
	n.account()
	if err := n.replayed(ctx); err != nil {
		return nil, err
	}
	n.summary.Ingest.Seconds = time.Since(start).Seconds()
	return current, nil
}

// gather reads what is new in the sources.
func (n *Night) gather(ctx context.Context) error {
	if err := n.pullPlatforms(ctx); err != nil {
		return err
	}
	for _, s := range n.Sources {
		arrivals, err := n.pull(ctx, s)
		if err != nil {
			return fmt.Errorf("source %s: %w", s.Name, err)
		}
		n.arrived = append(n.arrived, arrivals...)
	}
	if err := n.rescue(ctx); err != nil {
		return err
	}
	return n.begin(ctx)
}

// pull lands the source's files and reads those whose content is new.
func (n *Night) pull(ctx context.Context, s Source) ([]*arrival, error) {
	if s.Platform != nil {
		return n.readPulled(ctx, s)
	}
	listing, err := s.Files.List(ctx)
	if err != nil {
		return nil, err
	}
	sum := n.listed(s, listing)
	known, err := n.knownFiles(ctx, s)
	if err != nil {
		return nil, err
	}
	l := n.newLander(ctx, known)
	defer l.end()
	held, err := n.find(s, listing.Inputs, l, &sum)
	if err != nil {
		return nil, err
	}
	if err := n.noteSightings(ctx, s, l.seen); err != nil {
		return nil, err
	}
	arrivals := l.found
	arrivals = append(arrivals, n.unfinished(s, known, held)...)
	replaced := n.givingWay(s, known, held)
	arrivals = n.readAgain(s, arrivals, known, replaced)
	n.Events.Stage("read "+s.Name, len(arrivals))
	n.connect(s, arrivals, known)
	for _, a := range arrivals {
		if err := n.read(ctx, a, &sum); err != nil {
			return nil, err
		}
		if a.err != nil {
			held[a.name] = ""
		}
		n.Events.Step(a.name)
	}
	sum.Replaced = n.withdraw(s, replaced, held)
	n.summary.Sources = append(n.summary.Sources, sum)
	return slices.DeleteFunc(arrivals, (*arrival).refused), nil
}

// find looks at the source's files and begins to land those whose content is
// new. It returns what all of them hold.
func (n *Night) find(s Source, inputs []file.Input, l *lander, sum *SourceSummary) (holdings, error) {
	n.Events.Stage("find files of "+s.Name, len(inputs))
	held := holdings{}
	for _, in := range inputs {
		a, id, err := n.arrive(s, in, l)
		n.Events.Step(in.Name)
		held[in.Name] = id
		var broken *extract.FileError
		switch {
		case errors.As(err, &broken):
			sum.Failed++
			n.fail(fmt.Errorf("source %s: %w", s.Name, err))
		case err != nil:
			return nil, err
		case a == nil || slices.ContainsFunc(l.found, func(b *arrival) bool { return b.id == a.id }):
			sum.Known++ // or a copy of one that is new
		default:
			l.found = append(l.found, a)
		}
	}
	return held, nil
}

// listed begins the account of a source with what its listing tells.
func (n *Night) listed(s Source, listing *file.Listing) SourceSummary {
	sum := SourceSummary{Name: s.Name, Shop: s.Shop.String()}
	for _, w := range listing.Warnings {
		sum.Warnings = append(sum.Warnings, warningText("", w))
	}
	for _, err := range listing.Broken {
		sum.Failed++
		n.fail(fmt.Errorf("source %s: %w", s.Name, err))
	}
	return sum
}

func (n *Night) knownFiles(ctx context.Context, s Source) (map[string]ledger.File, error) {
	files, err := n.Ledger.Files(ctx, s.Name)
	if err != nil {
		return nil, err
	}
	known := make(map[string]ledger.File, len(files))
	for _, f := range files {
		known[f.SHA256] = f
	}
	return known, nil
}

func (n *Night) arrival(s Source, name string, landed landing.Landed) *arrival {
	return &arrival{
		source: s, name: name, landed: landed, id: rowsID(s.Name, landed.ID),
		texts: n.textFingerprint(s), counts: map[string]*ledger.Counts{},
	}
}

// rowsID is how the rows of a content name it.
func rowsID(source, landed string) string { return source + "/" + landed[:16] }

// connect gives the arrivals their bytes, and those of known files that they
// are read together with.
func (n *Night) connect(s Source, arrivals []*arrival, known map[string]ledger.File) {
	files := make([]file.File, 0, len(arrivals))
	listed := map[string]bool{}
	for _, a := range arrivals {
		a.file = n.bytesOf(s, a.name, a.landed.ID)
		a.file.UTF8 = a.utf8
		files = append(files, a.file)
		listed[a.landed.ID] = true
	}
	for _, f := range known {
		if f.Status != ledger.Loaded || listed[f.LandedID] || !s.joined(f.Name) {
			continue
		}
		if _, err := n.Landing.Stat(s.Shop.String(), f.LandedID); err == nil { // else it was dropped since
			files = append(files, n.bytesOf(s, f.Name, f.LandedID))
		}
	}
	var reading Reading = s.Platform
	if s.Platform == nil {
		reading = s.Files.Reading(files)
	}
	for _, a := range arrivals {
		a.reading = reading
	}
}

func (n *Night) bytesOf(s Source, name, id string) file.File {
	return file.File{Name: name, Open: func() (io.ReadCloser, error) { return n.Landing.Open(s.Shop.String(), id) }}
}

// read normalises one file into the merger.
func (n *Night) read(ctx context.Context, a *arrival, sum *SourceSummary) error {
	warned := len(sum.Warnings)
	err := n.readFrom(ctx, a, sum)
	var broken *extract.FileError
	if a.origin != nil && (err == nil || errors.Is(err, errStale) || errors.As(err, &broken)) {
		err = n.confirm(ctx, a, sum, warned, err)
	}
	if err == nil && a.refused() {
		return nil
	}
	a.origin = nil // what is asked about it later is asked of what landed
	if errors.As(err, &broken) {
		a.err = err
		sum.Failed++
		n.fail(fmt.Errorf("source %s: %w", a.source.Name, err))
		return n.merger.Drop(ctx, a.id)
	}
	if err != nil {
		return err
	}
	sum.Files++
	n.merger.Arrived(merge.File{ID: a.id, AsOf: a.asOf, Refresh: a.refresh, Replace: a.again, Part: a.part != nil})
	return nil
}

// confirm ends the reading of a file where it came from: it waits until the
// file has landed, for what counts is what landed. Where that is something else
// than what was read, it is read anew.
func (n *Night) confirm(ctx context.Context, a *arrival, sum *SourceSummary, warned int, read error) error {
	landed, refused := a.wait()
	if refused == nil && a.origin.same && landed.ID == a.landed.ID {
		a.landed = landed
		return read
	}
	if err := n.merger.Drop(ctx, a.id); err != nil {
		return err
	}
	a.counts, a.rejects, sum.Warnings = map[string]*ledger.Counts{}, nil, sum.Warnings[:warned]
	if refused != nil {
		return refused
	}
	if n.readdress(a, landed) {
		sum.Known++
		return nil
	}
	return n.readFrom(ctx, a, sum)
}

// readFrom reads a file from its original while it has one, else from landing.
func (n *Night) readFrom(ctx context.Context, a *arrival, sum *SourceSummary) error {
	zone, ok := n.location(a.source.Shop.Platform, a.source.Shop.Shop)
	if !ok {
		return fmt.Errorf("shop %s is not declared", a.source.Shop)
	}
	sink := newSink(ctx, n, a, sum)
	normaliser, err := normalise.New(normalise.Options{
		Platform: a.source.Shop.Platform, Shop: a.source.Shop.Shop, Location: zone, SourceFile: a.id,
		Privacy: n.Privacy, TextRules: textRules{n.Rules},
		BusinessDate: n.Rules.BusinessDate, ShopLocation: n.location, Stock: n.stock,
	}, sink)
	if err != nil {
		return fmt.Errorf("start normalising: %w", err)
	}
	sink.normaliser = normaliser
	bytes := a.file
	if a.origin != nil {
		bytes.Open = a.origin.Open
	}
	relay := newRelay(sink)
	if err := relay.end(a.reading.Read(ctx, bytes, relay)); err != nil {
		return err
	}
	result, err := normaliser.Finish()
	if err != nil {
		return err
	}
	a.asOf = result.AsOf
	return sink.balance()
}

// begin notes the new files that are about to enter the lake: where the run is
// killed half-way, the next one goes on with them, though they may be gone from
// their folder by then.
func (n *Night) begin(ctx context.Context) error {
	for _, a := range n.arrived {
		if n.options.Dry || a.err != nil || a.refresh || a.again || a.part != nil {
			continue
		}
		f := a.record(n.run.ID)
		f.Status = ledger.Loading
		if err := n.Ledger.RecordFile(ctx, f); err != nil {
			return err
		}
	}
	return nil
}
