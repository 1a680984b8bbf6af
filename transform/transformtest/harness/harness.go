// Package harness runs the models over tables of plain Go values, on a real
// engine and by the same computation as a night, without platform exports and
// without an Iceberg catalog.
package harness

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"kefu/extract/dataset"
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
	engine, err := duckdb.Open(ctx, duckdb.Options{MemoryLimit: "4GB", Threads: 2, TempDir: filepath.Join(dir, "spill"), Directories: []string{dir}, Macros: string(macros)})
	if err != nil {
		return nil, err
	}
	models, err := model.Parse(sql.FS)
	if err != nil {
		return nil, err
	}
	graph, err := model.Build(models, compute.Inputs(Relations()...), string(macros), func(q string) ([]string, error) { return engine.References(ctx, q) })
	if err != nil {
		return nil, err
	}
	metrics, err := catalogue.Load(sql.FS, "metrics.yaml")
	if err != nil {
		return nil, err
	}
	h := &Harness{
		engine: engine, graph: graph, dir: dir, shops: shops, rules: rules, catalogue: metrics,
		current: map[string][]lake.File{}, snapshots: map[string]int64{}, history: map[string]map[int64][]lake.File{},
		marts: map[string][]lake.File{}, known: map[compute.ShopKey]compute.Known{}, specs: map[string]lake.Spec{},
	}
	h.computer = compute.New(engine, h, graph)
	return h, nil
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

// Load makes the datasets hold exactly the rows given (dataset → rows aligned
// with dataset.Schema.Stored()). Partitions whose rows did not change keep
// their file.
func (h *Harness) Load(ctx context.Context, tables map[string][][]any) error {
	for _, s := range append(dataset.All(), dataset.Internals()...) {
		if err := h.loadDataset(ctx, s, tables[s.Name]); err != nil {
			return fmt.Errorf("load %s: %w", s.Name, err)
		}
	}
	return nil
}

func (h *Harness) loadDataset(ctx context.Context, s *dataset.Schema, rows [][]any) error {
	columns := s.Stored()
	spec := lake.Spec{Name: s.Name}
	defs := make([]string, len(columns))
	for i, c := range columns {
		spec.Columns = append(spec.Columns, lake.Column{Name: c.Name, Type: c.Type.SQL(), ID: i + 1})
		defs[i] = `"` + c.Name + `" ` + c.Type.SQL()
	}
	if err := h.engine.Exec(ctx, "create or replace temp table loading ("+strings.Join(defs, ", ")+")"); err != nil {
		return err
	}
	if err := h.engine.Append(ctx, "loading", textValues(columns, rows)); err != nil {
		return err
	}
	part := "''"
	if s.EventTime != "" {
		part = "substr(cast(event_date as varchar), 1, 7)"
	}
	var next []lake.File
	parts, err := h.strings(ctx, "select distinct "+part+" from loading order by 1")
	if err != nil {
		return err
	}
	for _, p := range parts {
		query := "select * from loading where " + part + " = '" + p + "'"
		if kept, ok := h.unchanged(ctx, s.Name, p, query); ok {
			next = append(next, kept)
			continue
		}
		f, err := compute.WriteFile(ctx, h.engine, h, spec, p, query)
		if err != nil {
			return err
		}
		next = append(next, f)
	}
	if slices.Equal(next, h.current[s.Name]) {
		return nil
	}
	h.serial++
	h.current[s.Name], h.snapshots[s.Name] = next, int64(h.serial)
	if h.history[s.Name] == nil {
		h.history[s.Name] = map[int64][]lake.File{}
	}
	h.history[s.Name][int64(h.serial)] = next
	return nil
}

func (h *Harness) unchanged(ctx context.Context, table, part, query string) (lake.File, bool) {
	for _, f := range h.current[table] {
		if f.Partition != part {
			continue
		}
		old := "select * from read_parquet('" + f.Path + "')"
		n, err := h.strings(ctx, fmt.Sprintf("select cast(count(*) as varchar) from ((%[1]s except all %[2]s) union all (%[2]s except all %[1]s))", "("+query+")", "("+old+")"))
		return f, err == nil && n[0] == "0"
	}
	return lake.File{}, false
}

// textValues turns Go values into what the appender takes: decimals are given
// as text and go through the engine's own cast.
func textValues(columns []dataset.Column, rows [][]any) [][]any {
	out := make([][]any, len(rows))
	for i, r := range rows {
		out[i] = slices.Clone(r)
		for j, c := range columns {
			if c.Type == dataset.Money && r[j] != nil {
				out[i][j] = decimal(fmt.Sprint(r[j]))
			}
		}
	}
	return out
}

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

// Seal implements compute.Store.
func (h *Harness) Seal(string) error { return nil }

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
	for _, t := range result.Tables {
		h.marts[t.Name] = t.Files
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

func (h *Harness) compute(ctx context.Context, in compute.Input) (*compute.Result, error) {
	in.Current, in.Snapshots = h.current, maps.Clone(h.snapshots)
	if in.Shops == nil {
		in.Shops = h.shops
	}
	in.Marts, in.Known, in.Rules, in.Relations, in.Locks = h.marts, h.known, h.rules, h.relations(), h.locks
	in.FilesAt = func(d string, snapshot int64) ([]lake.File, error) { return h.history[d][snapshot], nil }
	return h.computer.Run(ctx, in)
}

// Lock replaces the locks and publishes what that changes.
func (h *Harness) Lock(ctx context.Context, locks compute.Locks) error {
	result, err := h.computer.Relock(ctx, compute.Relocking{Now: h.locks, Then: locks, Marts: h.marts,
		Columns: func(_ context.Context, table string) ([]lake.Column, error) { return h.specs[table].Columns, nil }})
	if err != nil {
		return err
	}
	for _, t := range result.Tables {
		h.marts[t.Name] = t.Files
	}
	h.locks = locks
	return nil
}

// Row is a row of a mart: column → value; NULL is nil. Decimals are *big.Rat,
// instants and dates are time.Time in UTC.
type Row = map[string]any

// Rows returns the published rows of a stored model, or what a published view
// makes of them.
func (h *Harness) Rows(ctx context.Context, table string) ([]Row, error) {
	return h.RowsWhere(ctx, table, "true")
}

// RowsWhere returns those that fulfil a condition.
func (h *Harness) RowsWhere(ctx context.Context, table, condition string) ([]Row, error) {
	m := h.graph.Model(table)
	if m == nil || m.Stored {
		if len(h.marts[table]) == 0 {
			return nil, nil
		}
		return h.Query(ctx, "select * from "+h.files(table)+" where "+condition)
	}
	tables := make([]string, 0, len(h.marts))
	for name := range h.marts {
		if len(h.marts[name]) > 0 {
			tables = append(tables, name+" as (select * from "+h.files(name)+")")
		}
	}
	slices.Sort(tables)
	return h.Query(ctx, "with "+strings.Join(tables, ", ")+" select * from ("+h.graph.Standalone(m)+") where "+condition)
}

func (h *Harness) files(table string) string {
	paths := make([]string, len(h.marts[table]))
	for i, f := range h.marts[table] {
		paths[i] = "'" + f.Path + "'"
	}
	return "read_parquet([" + strings.Join(paths, ", ") + "])"
}

// Published returns a session in which every dataset and every table of the
// latest publication stands under its own name. It is closed before the harness.
func (h *Harness) Published(ctx context.Context) (*duckdb.Engine, error) {
	session, err := h.engine.Session(ctx)
	if err != nil {
		return nil, err
	}
	for _, tables := range []map[string][]lake.File{h.current, h.marts} {
		for name, files := range tables {
			paths := make([]string, len(files))
			for i, f := range files {
				paths[i] = duckdb.Quote(f.Path)
			}
			if len(paths) == 0 {
				continue
			}
			if err := session.Exec(ctx, fmt.Sprintf(`create temp view "%s" as select * from read_parquet([%s])`, name, strings.Join(paths, ", "))); err != nil {
				return nil, errors.Join(fmt.Errorf("bind %s: %w", name, err), session.Close())
			}
		}
	}
	return session, nil
}

// Query runs any select over the files of the harness.
func (h *Harness) Query(ctx context.Context, query string) ([]Row, error) {
	rows, err := h.engine.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var out []Row
	for rows.Next() {
		cells := make([]any, len(names))
		for i := range cells {
			cells[i] = new(any)
		}
		if err := rows.Scan(cells...); err != nil {
			return nil, err
		}
		row := Row{}
		for i, n := range names {
			row[n] = plain(*cells[i].(*any))
		}
		out = append(out, row)
	}
	return out, rows.Err()
}

// plain turns driver values into comparable ones.
func plain(v any) any {
	switch t := v.(type) {
	case duckdb.Decimal:
		scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(t.Scale)), nil)
		return new(big.Rat).SetFrac(t.Value, scale)
	case time.Time:
		return t.UTC()
	case int32:
		return int64(t)
	case int16:
		return int64(t)
	case int8:
		return int64(t)
	case []byte:
		return string(t)
	default:
		return v
	}
}

// TempDir makes a folder for a harness outside of tests.
func TempDir() (string, error) { return os.MkdirTemp("", "kefu-harness") }
