// Package harness runs the models over tables of plain Go values, on a real
// engine and by the same computation as a night, without platform exports and
// without an Iceberg catalog.
package harness

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"kefu/extract/lake"
	"kefu/sql"
	"kefu/transform/catalogue"
	"kefu/transform/compute"
	"kefu/transform/duckdb"
	"kefu/transform/model"
	"kefu/transform/rule"
)

// Harness is a small installation: files of datasets, published marts, and
// what each shop was computed from.
type Harness struct {
	engine    *duckdb.Engine
	macros    string
	computer  *compute.Computer
	graph     *model.Graph
	dir       string
	serial    int
	rules     *rule.Set
	catalogue *catalogue.Catalogue
	shops     []compute.Shop
	current   map[string][]lake.File
	snapshots map[string]int64
	history   map[string]map[int64][]lake.File
	marts     map[string][]lake.File
	known     map[compute.ShopKey]compute.Known
	locks     compute.Locks
	specs     map[string]lake.Spec
	durable   sync.Map // paths of files that were sealed
}

// Relations names the small relations that models read, beside the datasets.
func Relations() []string {
	out := []string{"metrics"}
	for _, r := range rule.Relations() {
		out = append(out, r.Name)
	}
	return out
}

// New starts a harness whose files stand in dir.
func New(ctx context.Context, dir string, shops []compute.Shop, rules *rule.Set) (*Harness, error) {
	macros, err := sql.FS.ReadFile("macros/duckdb.sql")
	if err != nil {
		return nil, fmt.Errorf("read macros: %w", err)
	}
	metrics, err := catalogue.Load(sql.FS, "metrics.yaml")
	if err != nil {
		return nil, err
	}
	h := &Harness{
		macros: string(macros), dir: dir, shops: shops, rules: rules, catalogue: metrics,
		current: map[string][]lake.File{}, snapshots: map[string]int64{}, history: map[string]map[int64][]lake.File{},
		specs: map[string]lake.Spec{},
	}
	if err := h.SetModels(ctx, sql.FS); err != nil {
		return nil, err
	}
	return h, nil
}

// SetModels makes the models be those of fsys, a folder like sql/, on an engine
// that knows nothing of what was computed by others.
func (h *Harness) SetModels(ctx context.Context, fsys fs.FS) error {
	if h.engine != nil {
		if err := h.engine.Close(); err != nil {
			return fmt.Errorf("close engine: %w", err)
		}
	}
	engine, err := duckdb.Open(ctx, duckdb.Options{MemoryLimit: "4GB", Threads: 2, TempDir: filepath.Join(h.dir, "spill"), Directories: []string{h.dir}, Macros: h.macros})
	if err != nil {
		return err
	}
	h.engine = engine
	models, err := model.Parse(fsys)
	if err != nil {
		return err
	}
	graph, err := model.Build(models, compute.Inputs(Relations()...), h.macros, func(q string) ([]string, error) { return engine.References(ctx, q) })
	if err != nil {
		return err
	}
	h.graph, h.computer = graph, compute.New(engine, h, graph)
	h.Forget()
	return nil
}

// relations are the small relations as the catalogue and the rules stand.
func (h *Harness) relations() []compute.Relation {
	metrics := compute.Relation{Name: "metrics", Rows: h.catalogue.Rows()}
	for _, c := range catalogue.Columns() {
		metrics.Columns = append(metrics.Columns, compute.RelationColumn{Name: c.Name, Type: c.Type})
	}
	out := []compute.Relation{metrics}
	for _, r := range h.rules.Relations(h.rules.Shops()) {
		table := compute.Relation{Name: r.Name, Rows: r.Rows}
		for _, c := range r.Columns {
			table.Columns = append(table.Columns, compute.RelationColumn{Name: c.Name, Type: c.SQL})
		}
		out = append(out, table)
	}
	return out
}

// Close stops the engine.
func (h *Harness) Close() error { return h.engine.Close() }

// Graph returns the models.
func (h *Harness) Graph() *model.Graph { return h.graph }

// SetShops replaces the shops.
func (h *Harness) SetShops(shops []compute.Shop) { h.shops = shops }

// SetRules replaces the rules.
func (h *Harness) SetRules(rules *rule.Set) { h.rules = rules }

func (h *Harness) strings(ctx context.Context, query string) ([]string, error) {
	rows, err := h.engine.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, rows.Err()
}

// NewFilePath implements compute.Store.
func (h *Harness) NewFilePath(table, partition string) string {
	h.serial++
	return filepath.Join(h.dir, fmt.Sprintf("%s-%s-%d.parquet", table, partition, h.serial))
}

// Ensure implements compute.Store.
func (h *Harness) Ensure(_ context.Context, spec lake.Spec) (lake.Spec, error) {
	spec.Columns = slices.Clone(spec.Columns)
	for i := range spec.Columns {
		spec.Columns[i].ID = i + 1
	}
	h.specs[spec.Name] = spec
	return spec, nil
}

// Seal implements compute.Store; like a disk, it takes its time.
func (h *Harness) Seal(paths ...string) error {
	time.Sleep(time.Millisecond)
	for _, p := range paths {
		h.durable.Store(p, true)
	}
	return nil
}

// publish takes over what is staged; all of it must be durable by then.
func (h *Harness) publish(result *compute.Result) error {
	for _, t := range result.Tables {
		for _, f := range t.Files {
			if _, ok := h.durable.Load(f.Path); !ok {
				return fmt.Errorf("%s is staged with %s, which is not durable", t.Name, f.Path)
			}
		}
		h.marts[t.Name] = t.Files
	}
	return nil
}

// Forget drops what was computed, so that the next run computes everything.
func (h *Harness) Forget() {
	h.marts, h.known = map[string][]lake.File{}, map[compute.ShopKey]compute.Known{}
}

// ForgetKnown drops what the shops were computed from, not what is published:
// the next run computes everything and compares it with that.
func (h *Harness) ForgetKnown() { h.known = map[compute.ShopKey]compute.Known{} }

// Run computes what changed and publishes it.
func (h *Harness) Run(ctx context.Context, force ...compute.Force) (*compute.Result, error) {
	return h.RunInChunks(ctx, 0, force...)
}

// RunInChunks is Run with chunks of about so many messages.
func (h *Harness) RunInChunks(ctx context.Context, rows int64, force ...compute.Force) (*compute.Result, error) {
	return h.RunWith(ctx, compute.Input{ChunkRows: rows, Forced: force})
}

// RunWith computes with what of the input is given, of the shops that it names
// or of all, and publishes it.
func (h *Harness) RunWith(ctx context.Context, in compute.Input) (*compute.Result, error) {
	result, err := h.compute(ctx, in)
	if err != nil {
		return nil, err
	}
	if err := h.publish(result); err != nil {
		return nil, err
	}
	maps.Copy(h.known, result.Known)
	return result, nil
}

// Shops returns all shops.
func (h *Harness) Shops() []compute.Shop { return h.shops }

// Plan computes what changed, with the KPI values, and publishes nothing.
func (h *Harness) Plan(ctx context.Context) (*compute.Result, error) {
	return h.compute(ctx, compute.Input{Values: true})
}

// Try computes the day KPIs of one shop that change, as a trial of other rules
// does, and publishes nothing.
func (h *Harness) Try(ctx context.Context, shop compute.Shop) (*compute.Result, error) {
	others := slices.DeleteFunc(slices.Clone(h.shops), func(o compute.Shop) bool { return o == shop })
	done, err := h.computer.Compute(ctx, h.input(compute.Input{Shops: []compute.Shop{shop}, Others: others, Values: true, DaysOnly: true}))
	if err != nil {
		return nil, err
	}
	return done.Result(), nil
}

func (h *Harness) compute(ctx context.Context, in compute.Input) (*compute.Result, error) {
	return h.computer.Run(ctx, h.input(in))
}

// input fills in what there is.
func (h *Harness) input(in compute.Input) compute.Input {
	in.Current, in.Snapshots = h.current, maps.Clone(h.snapshots)
	if in.Shops == nil {
		in.Shops = h.shops
	}
	in.Marts, in.Known, in.Rules, in.Relations, in.Locks = h.marts, h.known, h.rules, h.relations(), h.locks
	in.FilesAt = func(d string, snapshot int64) ([]lake.File, error) { return h.history[d][snapshot], nil }
	return in
}

// Lock replaces the locks and publishes what that changes.
func (h *Harness) Lock(ctx context.Context, locks compute.Locks) error {
	result, err := h.computer.Relock(ctx, compute.Relocking{Now: h.locks, Then: locks, Marts: h.marts,
		Columns: func(_ context.Context, table string) ([]lake.Column, error) { return h.specs[table].Columns, nil }})
	if err != nil {
		return err
	}
	if err := h.publish(result); err != nil {
		return err
	}
	h.locks = locks
	return nil
}
