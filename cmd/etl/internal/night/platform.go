package night

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"sync"

	"kefu/cmd/etl/internal/pull"
	"kefu/extract"
	"kefu/extract/file"
	"kefu/extract/landing"
	"kefu/extract/ledger"

	"golang.org/x/sync/errgroup"
)

// Reading reads what has landed.
type Reading interface {
	Read(ctx context.Context, f file.File, sink extract.Sink) error
	RawLines(ctx context.Context, f file.File, lines map[int]bool, each func(line int, raw []byte) error) error
}

// Platform is a shop's API: pulled into landing, read from there.
type Platform interface {
	Reading
	// Datasets lists what the shop's account may be asked for.
	Datasets() []string
	// Due tells what a pull would ask for.
	Due(before pull.Windows) []pull.Due
	// Pull lands every window that is due.
	Pull(ctx context.Context, before pull.Windows, land pull.Land, step func(window string)) (pull.Report, error)
}

// joined says whether a file of the source is read together with others.
func (s Source) joined(name string) bool { return s.Files != nil && s.Files.Joined(name) }

// datasets lists what the source may deliver.
func (s Source) datasets() []string {
	if s.Platform != nil {
		return s.Platform.Datasets()
	}
	return s.Files.Datasets()
}

// pulled is what came of pulling one source.
type pulled struct {
	report pull.Report
	landed []*arrival
}

// shopsAtOnce is how many shops are pulled at the same time: they wait for
// their platforms, not for this machine.
const shopsAtOnce = 16

// pullPlatforms pulls all shops that have an API, side by side. What a platform
// refuses is that shop's alone. A dry run asks nobody.
func (n *Night) pullPlatforms(ctx context.Context) error {
	n.pulled = map[string]*pulled{}
	if n.options.Dry {
		return nil
	}
	count := 0
	for _, s := range n.Sources {
		if s.Platform != nil {
			n.pulled[s.Name] = &pulled{}
			count++
		}
	}
	if count == 0 {
		return nil
	}
	n.Events.Stage("pull", 0)
	var guard sync.Mutex // of Events, which one may use at a time
	step := func(window string) {
		guard.Lock()
		defer guard.Unlock()
		n.Events.Step(window)
	}
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(shopsAtOnce)
	for _, s := range n.Sources {
		if s.Platform == nil {
			continue
		}
		group.Go(func() error { return n.pullShop(ctx, s, n.pulled[s.Name], step) })
	}
	return group.Wait()
}

func (n *Night) pullShop(ctx context.Context, s Source, p *pulled, step func(string)) error {
	known, err := n.knownFiles(ctx, s)
	if err != nil {
		return err
	}
	before := windowsOf(known)
	if before.Quota, err = QuotaOf(ctx, n.Ledger, s.Name); err != nil {
		return err
	}
	p.report, err = s.Platform.Pull(ctx, before, func(ctx context.Context, name string, body []byte) error {
		landed, err := n.Landing.Land(ctx, s.Shop.String(), landing.Origin{Name: name, Source: s.Name}, bytes.NewReader(body))
		if err != nil {
			return err
		}
		if f, ok := known[landed.ID]; ok && f.Status == ledger.Loaded {
			return nil // the window answers as it did
		}
		a := n.arrival(s, name, landed)
		p.landed = append(p.landed, a)
		// From here on a killed run goes on with it and does not ask again.
		f := a.record(n.run.ID)
		f.Status = ledger.Loading
		return n.Ledger.RecordFile(ctx, f)
	}, step)
	if err != nil {
		return fmt.Errorf("source %s: %w", s.Name, err)
	}
	return n.recordPull(ctx, s, p.report)
}

// windowsOf names what landed of a platform before.
func windowsOf(known map[string]ledger.File) pull.Windows {
	var out pull.Windows
	for _, f := range known {
		switch f.Status {
		case ledger.Loaded:
			out.Loaded = append(out.Loaded, f.Name)
		case ledger.Loading:
			out.Pending = append(out.Pending, f.Name)
		default:
		}
	}
	return out
}

// readPulled reads what was pulled, and what a killed run had pulled.
func (n *Night) readPulled(ctx context.Context, s Source) ([]*arrival, error) {
	sum := SourceSummary{Name: s.Name, Shop: s.Shop.String()}
	known, err := n.knownFiles(ctx, s)
	if err != nil {
		return nil, err
	}
	p := n.pulled[s.Name]
	if p == nil { // a dry run
		p = &pulled{}
		sum.Due = s.Platform.Due(windowsOf(known))
	}
	if s.Platform != nil && !n.options.Dry {
		sum.Pull = pullOf(p.report)
	}
	for _, err := range p.report.Errors {
		sum.Failed++
		n.fail(fmt.Errorf("source %s: %w", s.Name, err))
	}
	for _, span := range p.report.Unreachable {
		sum.Warnings = append(sum.Warnings, "the platform no longer answers for "+span+"; import an export of that time")
	}
	held := holdings{}
	for _, a := range p.landed {
		held[a.name] = a.landed.ID
	}
	arrivals := slices.Concat(p.landed, n.unfinished(s, known, held))
	arrivals = n.readAgain(s, arrivals, known, nil)
	n.Events.Stage("read "+s.Name, len(arrivals))
	n.connect(s, arrivals, known)
	for _, a := range arrivals {
		if err := n.read(ctx, a, &sum); err != nil {
			return nil, err
		}
		n.Events.Step(a.name)
	}
	n.summary.Sources = append(n.summary.Sources, sum)
	return arrivals, nil
}
