package main

import (
	"context"
	"fmt"
	"io/fs"
	"slices"

	"kefu/cmd/etl/internal/config"
	"kefu/cmd/etl/internal/night"
	"kefu/extract/dataset"
	"kefu/extract/lake"
	"kefu/extract/ledger"
	"kefu/transform/duckdb"
)

// published is the latest publication, open for reading: every dataset and
// every table of the models under its own name.
type published struct {
	state       *ledger.Ledger
	release     func() // lets maintenance have the snapshots
	engine      *duckdb.Engine
	macros      string
	lake        *lake.Lake
	datasets    []publishedDataset
	bound       map[string]bool // tables that stand in the engine
	publication ledger.Publication
}

// publishedSchema is where the tables stand in the engine; sessions have
// temporary ones of the same names.
const publishedSchema = "memory.main"

type publishedDataset struct {
	name  string
	dated bool
}

// firstNight is what to do where nothing is published yet.
const firstNight = "`etl run` does the first night"

// openLatest opens the latest publication as openPublished does; without one
// it fails and says what to do.
func openLatest(ctx context.Context, cfg *config.Config, keep func(string) bool) (*published, error) {
	state, err := openLedger(ctx, cfg, false)
	if err != nil {
		return nil, err
	}
	defer state.Close()
	p, ok, err := state.Latest(ctx)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, &environmentError{night.ErrNotPublished, firstNight}
	}
	return openPublished(ctx, cfg, p, keep)
}

// openPublished binds the tables of a publication; only those that keep says,
// or all of them.
func openPublished(ctx context.Context, cfg *config.Config, p ledger.Publication, keep func(string) bool) (*published, error) {
	view := &published{publication: p, bound: map[string]bool{}}
	err := func() error {
		var err error
		if view.state, err = openLedger(ctx, cfg, false); err != nil {
			return err
		}
		held, err := view.state.HoldPublication(ctx, p.ID)
		if err != nil {
			return err
		}
		view.release = func() { _ = held.Release(context.WithoutCancel(ctx)) } // else it ends with the process
		if view.lake, err = openLake(ctx, cfg); err != nil {
			return err
		}
		if view.engine, view.macros, err = openEngine(ctx, cfg); err != nil {
			return err
		}
		for name, snapshot := range p.Tables {
			if keep != nil && !keep(name) {
				continue
			}
			if err := view.bind(ctx, name, snapshot); err != nil {
				return err
			}
		}
		return nil
	}()
	if err != nil {
		view.close()
		return nil, err
	}
	for _, s := range dataset.All() {
		if _, ok := p.Tables[s.Name]; ok {
			view.datasets = append(view.datasets, publishedDataset{s.Name, s.EventTime != ""})
		}
	}
	return view, nil
}

func (v *published) bind(ctx context.Context, name string, snapshot int64) error {
	spec, err := v.lake.Describe(ctx, name)
	if err != nil {
		return fmt.Errorf("describe %s: %w", name, err)
	}
	files, _, err := v.lake.Files(ctx, name, snapshot)
	if err != nil {
		return fmt.Errorf("find the files of %s: %w", name, err)
	}
	v.bound[name] = true
	return v.engine.Exec(ctx, fmt.Sprintf(`create view "%s" as select * from %s`, name, spec.Relation(files)))
}

// addViews binds the published views whose tables are there.
func (v *published) addViews(ctx context.Context, files fs.FS) error {
	graph, err := openGraph(ctx, v.engine, files, v.macros)
	if err != nil {
		return err
	}
	for _, m := range graph.PublishedViews() {
		if slices.ContainsFunc(graph.Tables(m), func(table string) bool { return v.publication.Tables[table] == 0 }) {
			continue
		}
		if err := v.engine.Exec(ctx, fmt.Sprintf(`create view "%s" as %s`, m.Name, graph.Standalone(m))); err != nil {
			return fmt.Errorf("make view %s: %w", m.Name, err)
		}
	}
	return nil
}

func (v *published) close() {
	if v.engine != nil {
		_ = v.engine.Close() // it only read
	}
	if v.lake != nil {
		_ = v.lake.Close() // it only read
	}
	if v.release != nil {
		v.release()
	}
	if v.state != nil {
		_ = v.state.Close() // it only read
	}
}
