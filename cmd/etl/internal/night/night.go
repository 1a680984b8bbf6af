// Package night owns one night from sources to warehouses: read, land,
// normalise, merge, compute, audit, publish, load. It is the only place that
// knows all stages; what each does is theirs.
package night

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path"
	"slices"
	"time"

	"kefu/extract/file"
	"kefu/extract/lake"
	"kefu/extract/landing"
	"kefu/extract/ledger"
	"kefu/load"
	"kefu/transform/catalogue"
	"kefu/transform/compute"
	"kefu/transform/merge"
	"kefu/transform/model"
	"kefu/transform/normalise"
	"kefu/transform/rule"
)

// Source is a configured source of one shop.
type Source struct {
	Name  string
	Shop  compute.ShopKey
	Files *file.Source
	// Platform is the shop's API where the source is pulled; then Files is nil.
	Platform Platform
	// Preset is the fingerprint of the preset: a file with rejected rows is
	// read anew when it changes.
	Preset string
	// Replace: what a file's older version held and it no longer holds goes.
	Replace bool
	// CompleteUntil is the last business day up to which the source is said to
	// be complete; zero = as far as its rows go.
	CompleteUntil time.Time
}

// Warehouse is a configured warehouse.
type Warehouse struct {
	Name   string
	Tables []string // patterns of the tables that it gets, such as kpi_*_day; nil = all
	load.Warehouse
}

// gets tells whether the warehouse gets a table.
func (w Warehouse) gets(table string) bool {
	return len(w.Tables) == 0 || slices.ContainsFunc(w.Tables, func(pattern string) bool {
		fits, err := path.Match(pattern, table)
		return fits && err == nil
	})
}

// Setup is everything that a night works with.
type Setup struct {
	Pipeline   string
	Ledger     *ledger.Ledger
	Lake       *lake.Lake
	Landing    *landing.Store
	KeepDays   int // received bytes and rejected rows older than this go; 0 = never
	Engine     compute.Engine
	Session    func(context.Context) (session compute.Engine, end func() error, err error) // another one of the engine
	Graph      *model.Graph                                                                // nil where nothing is computed or loaded
	Rules      *rule.Set
	Catalogue  *catalogue.Catalogue
	Privacy    normalise.Privacy
	Shops      []compute.Shop // every shop of the configuration
	Configured []Source       // every source of the configuration
	Sources    []Source       // those to pull
	Compute    bool           // false: ingest only
	Warehouses []Warehouse    // those to load
	Wait       bool           // wait for another run instead of giving up
	Notify     Notify         // tells people how the run ended; nil = nobody
	Events     Events
	Log        *slog.Logger
}

// Events shows a person how far a night is.
type Events interface {
	// Stage begins a stage of so many steps; 0 = not known.
	Stage(name string, steps int)
	// Step ends one step of the stage.
	Step(item string)
}

// Options choose what one run does.
type Options struct {
	Forced []compute.Force // days to compute anew although nothing changed
	Dry    bool            // find out what would be done, and leave no trace
	Values bool            // list the KPI values that change
	Replay *Replay         // read these rejected rows once more, and nothing that is new
}

// LeaseName is the lease of whoever changes the lake or the state.
const LeaseName = "lake"

// Night is one run under way.
type Night struct {
	Setup
	options  Options
	run      ledger.Run
	lease    *ledger.Lease
	merger   *merge.Merger
	stock    *normalise.Stock // of batches, while files are read
	reading  *reading
	pulled   map[string]*pulled
	arrived  []*arrival     // files that this run reads
	replaced []replaced     // files that gave way to a newer version
	renamed  []ledger.File  // files that stand under another name now
	staged   []string       // data files of a dry run
	landed   []func() error // take back what a dry run landed
	summary  *Summary
	errs     []error // what failed without stopping the others
}

// ErrUnits says that a part of the night failed; the rest is done and
// published.
var ErrUnits = errors.New("a part of the run failed")

// Run does one night and returns what it did, also when it fails.
func Run(ctx context.Context, setup Setup, options Options) (*Summary, error) {
	n := begin(setup)
	n.options = options
	release, err := n.take(ctx)
	if err != nil {
		return n.summary, err
	}
	defer release()
	if options.Dry {
		return n.summary, n.examine(ctx, n.dry(ctx))
	}
	command := "run"
	if options.Replay != nil {
		command = ReplayCommand
	}
	return n.summary, n.as(ctx, command, n.all)
}

func begin(setup Setup) *Night {
	n := &Night{Setup: setup, summary: newSummary()}
	n.merger = merge.New(setup.Engine, setup.Lake)
	return n
}

// take takes the lake for this process.
func (n *Night) take(ctx context.Context) (release func(), err error) {
	if err := n.Ledger.CheckSecret(ctx, n.Privacy.Secret); err != nil {
		return nil, err
	}
	if n.lease, err = n.Ledger.Acquire(ctx, LeaseName, n.Wait); err != nil {
		return nil, fmt.Errorf("take the lake: %w", err)
	}
	return func() {
		if err := n.lease.Release(context.WithoutCancel(ctx)); err != nil {
			n.Log.Warn("release the lake", "error", err)
		}
	}, nil
}

// as does the work as a run of that command.
func (n *Night) as(ctx context.Context, command string, work func(context.Context) error) error {
	var err error
	if n.run, err = n.Ledger.BeginRun(ctx, n.Pipeline, command, n.lease); err != nil {
		return err
	}
	n.summary.RunID, n.summary.startedAt = n.run.ID, n.run.StartedAt
	return n.end(ctx, n.examine(ctx, work(ctx)))
}

// examine names the table and the file where a damaged or missing data file is
// behind an error.
func (n *Night) examine(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil {
		return err
	}
	published, _, failed := n.Ledger.Latest(ctx)
	if failed != nil {
		return err // the state is the greater trouble
	}
	return n.Lake.Examine(ctx, err, published.Tables)
}

func (n *Night) dry(ctx context.Context) error {
	defer n.discard()
	current, err := n.ingest(ctx)
	if err != nil {
		return err
	}
	n.summary.Status = "planned"
	if n.isHalfway() {
		return nil
	}
	_, err = n.compute(ctx, current)
	return err
}

func (n *Night) all(ctx context.Context) error {
	current, err := n.ingest(ctx)
	if err != nil {
		return err
	}
	if n.Compute && !n.isHalfway() {
		result, err := n.compute(ctx, current)
		if err != nil {
			return err
		}
		if err := n.publish(ctx, result, current); err != nil {
			return err
		}
	}
	if err := n.load(ctx); err != nil {
		return err
	}
	return n.forget(ctx)
}

// end records how the run ended.
func (n *Night) end(ctx context.Context, err error) error {
	status := ledger.Done
	switch {
	case errors.Is(err, context.Canceled):
		status = ledger.Interrupted
	case err != nil:
		status = ledger.Failed
	case len(n.errs) > 0:
		status = ledger.Partial
		err = errors.Join(append([]error{ErrUnits}, n.errs...)...)
	}
	n.summary.Status = string(status)
	n.summary.Seconds = time.Since(n.run.StartedAt).Seconds()
	if n.Notify != nil && status != ledger.Interrupted {
		n.reach(ctx)
		n.summary.Alerts = n.Notify(ctx, n.summary, err)
	}
	return errors.Join(err, n.Ledger.EndRun(context.WithoutCancel(ctx), n.run.ID, status, n.summary, err))
}

// fail notes what failed without stopping the others.
func (n *Night) fail(err error) {
	n.errs = append(n.errs, err)
	n.summary.Errors = append(n.summary.Errors, err.Error())
}

// location is the time zone of a shop.
func (n *Night) location(platform, shop string) (*time.Location, bool) {
	for _, s := range n.Shops {
		if s.Platform == platform && s.Shop == shop {
			zone, err := time.LoadLocation(s.Timezone)
			return zone, err == nil
		}
	}
	return nil, false
}
