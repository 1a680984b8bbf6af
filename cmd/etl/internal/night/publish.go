package night

import (
	"context"
	"fmt"
	"maps"
	"reflect"

	"kefu/extract/lake"
	"kefu/extract/ledger"
	"kefu/transform/compute"
)

// layers of models, as a publication keeps their fingerprints.
const (
	factsLayer  = "facts"
	daysLayer   = "days"
	windowLayer = "windows"
	fullLayer   = "full"
)

// reachKey is where a publication keeps what was said of a shop's reach.
const reachKey = "reach"

// compute works out what the present lake, rules and models change.
func (n *Night) compute(ctx context.Context, current *snapshots) (*compute.Result, error) {
	published, _, err := n.Ledger.Latest(ctx)
	if err != nil {
		return nil, err
	}
	in, err := n.input(ctx, current, published)
	if err != nil {
		return nil, err
	}
	in.Progress = func(model string, _, _ int) { n.Events.Step(model) }
	n.Events.Stage("compute", len(n.Graph.Ordered))
	result, err := compute.New(n.Engine, n.Lake, n.Graph).Run(ctx, in)
	if err != nil {
		return nil, err
	}
	n.summary.computed(result)
	for _, s := range result.Failed {
		n.fail(fmt.Errorf("shop %s: a check failed, so its published numbers stay", s))
	}
	if n.options.Dry {
		for _, t := range result.Tables {
			n.stage(in.Marts[t.Name], t.Files)
		}
	}
	return result, nil
}

// input is what a computation of all shops depends on.
func (n *Night) input(ctx context.Context, current *snapshots, published ledger.Publication) (compute.Input, error) {
	marts, err := n.marts(ctx, published)
	if err != nil {
		return compute.Input{}, err
	}
	shops, err := n.shopsWithReach(ctx)
	return compute.Input{
		Shops: shops, Current: current.files, Snapshots: current.ids, Rules: n.Rules, Forced: n.options.Forced, Values: n.options.Values,
		Marts: marts, Known: known(published), Relations: n.relations(), Locks: locksOf(published),
		FilesAt: func(name string, snapshot int64) ([]lake.File, error) {
			files, _, err := n.Lake.Files(ctx, name, snapshot)
			return files, err
		},
		TimesAt: n.timesAt(ctx),
	}, err
}

// timesAt tells the times in the files of a dataset's snapshot.
func (n *Night) timesAt(ctx context.Context) func(string, int64) (map[string]map[string]lake.TimeRange, error) {
	return func(name string, snapshot int64) (map[string]map[string]lake.TimeRange, error) {
		return n.Lake.TimeRanges(ctx, name, snapshot)
	}
}

// marts are the files of the published tables.
func (n *Night) marts(ctx context.Context, published ledger.Publication) (map[string][]lake.File, error) {
	out := map[string][]lake.File{}
	for _, name := range append([]string{"rule_day"}, n.storedModels()...) {
		snapshot, ok := published.Tables[name]
		if !ok {
			continue
		}
		files, _, err := n.Lake.Files(ctx, name, snapshot)
		if err != nil {
			return nil, fmt.Errorf("read published table %s: %w", name, err)
		}
		out[name] = files
	}
	return out, nil
}

// storedModels are the tables that models and locks make.
func (n *Night) storedModels() []string {
	var out []string
	for _, m := range append(n.Graph.Stored(), compute.LockTables(n.Graph)...) {
		out = append(out, m.Name)
	}
	return out
}

func known(p ledger.Publication) map[compute.ShopKey]compute.Known {
	out := map[compute.ShopKey]compute.Known{}
	for name, in := range p.Inputs {
		out[shopKey(name)] = compute.Known{Inputs: in.Snapshots, Facts: in.Models[factsLayer], Days: in.Models[daysLayer], Window: in.Models[windowLayer], Full: in.Models[fullLayer], Reach: in.Models[reachKey]}
	}
	return out
}

// publish commits what was staged and makes it the latest publication, and
// records the units that this finishes. What is published of shops that the
// result does not speak of stays.
func (n *Night) publish(ctx context.Context, result *compute.Result, current *snapshots, units ...ledger.Unit) error {
	before, ok, err := n.Ledger.Latest(ctx)
	if err != nil {
		return err
	}
	inputs := n.inputs(before, result)
	if ok && len(result.Tables) == 0 && reflect.DeepEqual(known(before), known(ledger.Publication{Inputs: inputs})) {
		n.summary.Publication = before.ID
		if err := n.Ledger.RecordUnits(ctx, units); err != nil {
			return err
		}
		return n.copy(ctx, before) // the run before may have been killed
	}
	next := ledger.Publication{Run: n.run.ID, Tables: maps.Clone(before.Tables), Inputs: inputs, Locks: before.Locks}
	if next.Tables == nil {
		next.Tables = map[string]int64{}
	}
	if err := n.commit(ctx, result, next.Tables); err != nil {
		return err
	}
	maps.Copy(next.Tables, current.ids)
	published, err := n.Ledger.Publish(ctx, next, n.lease, units...)
	if err != nil {
		return err
	}
	n.summary.Publication = published.ID
	return n.copy(ctx, published)
}

// commit commits what was staged and notes the snapshots.
func (n *Night) commit(ctx context.Context, result *compute.Result, tables map[string]int64) error {
	n.Events.Stage("publish", len(result.Tables))
	for _, t := range result.Tables {
		if err := n.lease.Check(ctx); err != nil {
			return err
		}
		id, err := n.Lake.Commit(ctx, t.Name, t.Files, map[string]string{lake.PropRun: n.run.ID})
		if err != nil {
			return fmt.Errorf("commit table %s: %w", t.Name, err)
		}
		tables[t.Name] = id
		n.Events.Step(t.Name)
	}
	return nil
}

// copy keeps the publication beside the lake, should the state be lost.
func (n *Night) copy(ctx context.Context, p ledger.Publication) error {
	text, err := n.Ledger.CopyOf(ctx, p)
	if err != nil {
		return err
	}
	return n.Lake.KeepCopy(p.ID, text)
}

// inputs tells what every configured shop's numbers are computed from.
func (n *Night) inputs(before ledger.Publication, result *compute.Result) map[string]ledger.Inputs {
	out := map[string]ledger.Inputs{}
	for _, s := range n.Shops {
		k, computed := result.Known[s.ShopKey]
		old, known := before.Inputs[s.String()]
		switch {
		case computed:
			out[s.String()] = ledger.Inputs{
				Snapshots: k.Inputs,
				Rules:     n.Rules.Fingerprint(s.Platform, s.Shop),
				Models:    map[string]string{factsLayer: k.Facts, daysLayer: k.Days, windowLayer: k.Window, fullLayer: k.Full, reachKey: k.Reach},
			}
		case known:
			out[s.String()] = old
		}
	}
	return out
}
