package night

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"kefu/extract/lake"
	"kefu/extract/ledger"
	"kefu/load"
	"kefu/transform/catalogue"
	"kefu/transform/compute"
	"kefu/transform/model"
)

// load brings every warehouse to the latest publication. One that fails does
// not keep the others back.
func (n *Night) load(ctx context.Context) error {
	published, ok, err := n.Ledger.Latest(ctx)
	if err != nil || !ok || len(n.Warehouses) == 0 {
		return err
	}
	n.Events.Stage("load", len(n.Warehouses))
	for _, w := range n.Warehouses {
		done, err := n.loadOne(ctx, w, published)
		if errors.Is(err, context.Canceled) {
			return err
		}
		if err = n.examine(ctx, err); err != nil {
			done.Status, done.Error = string(ledger.Failed), err.Error()
			n.fail(fmt.Errorf("warehouse %s: %w", w.Name, err))
		}
		n.summary.Load = append(n.summary.Load, done)
		n.Events.Step(w.Name)
	}
	return nil
}

func (n *Night) loadOne(ctx context.Context, w Warehouse, p ledger.Publication) (LoadSummary, error) {
	done := LoadSummary{Warehouse: w.Name, Status: string(ledger.Done)}
	held, err := w.Held(ctx)
	if err != nil {
		return done, err
	}
	publication := load.Publication{ID: p.ID}
	for _, m := range append(n.Graph.Stored(), compute.LockTables(n.Graph)...) {
		snapshot, ok := p.Tables[m.Name]
		if !m.Publish || !ok || !w.gets(m.Name) {
			continue
		}
		change, err := n.change(ctx, m, snapshot, held.Snapshots[m.Name])
		if err != nil {
			return done, err
		}
		publication.Tables = append(publication.Tables, change)
	}
	publication.Views = n.views(w, publication.Tables)
	if publication.Inline, err = n.inline(ctx); err != nil {
		return done, err
	}
	result, err := w.Load(ctx, publication)
	if err != nil {
		return done, err
	}
	done.Tables, done.Rows, done.Seconds = result.Tables, result.Rows, result.Duration.Seconds()
	return done, nil
}

// views are the published views of a warehouse that gets all of their tables.
func (n *Night) views(w Warehouse, tables []load.Change) []load.View {
	missing := func(table string) bool {
		return !slices.ContainsFunc(tables, func(c load.Change) bool { return c.Table.Name == table })
	}
	var out []load.View
	for _, m := range n.Graph.PublishedViews() {
		if !w.gets(m.Name) || slices.ContainsFunc(n.Graph.Tables(m), missing) {
			continue
		}
		view := load.View{Name: m.Name, Comment: m.Description, Key: m.Grain, SQL: n.Graph.Standalone(m)}
		for _, c := range m.Columns {
			view.Columns = append(view.Columns, load.Column{Name: c.Name, Comment: c.Doc})
		}
		out = append(out, view)
	}
	return out
}

// change describes a published table and how it differs from what the
// warehouse holds.
func (n *Night) change(ctx context.Context, m *model.Model, snapshot, base int64) (load.Change, error) {
	files, _, err := n.Lake.Files(ctx, m.Name, snapshot)
	if err != nil {
		return load.Change{}, fmt.Errorf("read published table %s: %w", m.Name, err)
	}
	table, err := n.table(ctx, m)
	if err != nil {
		return load.Change{}, err
	}
	change := load.Change{Table: table, Snapshot: snapshot}
	for _, f := range files {
		change.Files = append(change.Files, f.Path)
	}
	if base == 0 || m.Partition == "" {
		return change, nil
	}
	held, _, err := n.Lake.Files(ctx, m.Name, base)
	if errors.Is(err, lake.ErrNoSnapshot) {
		return change, nil
	}
	if err != nil {
		return load.Change{}, fmt.Errorf("read table %s as the warehouse holds it: %w", m.Name, err)
	}
	change.Base = base
	now, before := byPartition(files), byPartition(held)
	for value, paths := range now {
		if !slices.Equal(paths, before[value]) {
			change.Changed = append(change.Changed, load.Partition{Value: value, Files: paths})
		}
	}
	for value := range before {
		if now[value] == nil {
			change.Removed = append(change.Removed, value)
		}
	}
	return change, nil
}

func byPartition(files []lake.File) map[string][]string {
	out := map[string][]string{}
	for _, f := range files {
		out[f.Partition] = append(out[f.Partition], f.Path)
	}
	for _, paths := range out {
		slices.Sort(paths)
	}
	return out
}

func (n *Night) table(ctx context.Context, m *model.Model) (load.Table, error) {
	spec, err := n.Lake.Describe(ctx, m.Name)
	if err != nil {
		return load.Table{}, fmt.Errorf("describe table %s: %w", m.Name, err)
	}
	return TableOf(m, spec.Columns, n.Catalogue), nil
}

// TableOf describes a published model as warehouses show it, given all its
// columns.
func TableOf(m *model.Model, columns []lake.Column, known *catalogue.Catalogue) load.Table {
	header := catalogue.Model{Name: m.Name, Description: m.Description, Columns: map[string]string{}}
	for _, c := range m.Columns {
		header.Columns[c.Name] = c.Doc
	}
	var names []string
	for _, c := range columns {
		if !slices.Contains(m.Hidden, c.Name) {
			names = append(names, c.Name)
		}
	}
	comments := known.Comments(header, names)
	table := load.Table{Name: m.Name, Comment: comments.Table, Key: m.Grain, PartitionColumn: m.Partition}
	for _, c := range columns {
		if slices.Contains(names, c.Name) {
			table.Columns = append(table.Columns, load.Column{Name: c.Name, Type: c.Type, Comment: comments.Columns[c.Name]})
		}
	}
	return table
}

// loggedRuns is how many runs a warehouse shows.
const loggedRuns = 1000

// inline returns the record of runs and of their checks.
func (n *Night) inline(ctx context.Context) ([]load.Inline, error) {
	runs, err := n.Ledger.Runs(ctx, loggedRuns)
	if err != nil {
		return nil, err
	}
	var rows []load.Run
	var quality []load.Quality
	for _, r := range runs {
		summary := n.summary
		if r.ID != n.run.ID {
			summary = &Summary{}
			if len(r.Summary) > 0 {
				if err := json.Unmarshal(r.Summary, summary); err != nil {
					return nil, fmt.Errorf("read the summary of run %s: %w", r.ID, err)
				}
			}
		}
		row := load.Run{ID: r.ID, Pipeline: r.Pipeline, Status: string(r.Status), StartedAt: r.StartedAt, EndedAt: r.EndedAt, Publication: summary.Publication}
		for _, s := range summary.Sources {
			row.Read += s.Read
			row.Accepted += s.Accepted
			row.Merged += s.Merged
			row.Duplicates += s.Duplicates
			row.Skipped += s.Skipped
			row.Rejected += s.Rejected
		}
		rows = append(rows, row)
		for _, c := range summary.Checks {
			quality = append(quality, qualityOf(r, c.Model+"."+c.Name, c.Shop.Platform, c.Shop.Shop, c.Status, c.Violations, c.Sample))
		}
	}
	rejected, err := n.rejected(ctx)
	if err != nil {
		return nil, err
	}
	return []load.Inline{load.RunsTable(rows), load.QualityTable(append(quality, rejected...))}, nil
}

func qualityOf(r ledger.Run, name, platform, shop, status string, rows int64, detail string) load.Quality {
	q := load.Quality{RunID: r.ID, Kind: "check", Name: name, Platform: platform, Shop: shop, Severity: "blocking", Status: "passed", Rows: rows, Detail: detail, At: r.StartedAt}
	switch status {
	case "warning":
		q.Severity, q.Status = "warning", "failed"
	case "failed":
		q.Status = "failed"
	}
	return q
}

// rejected counts the rows that wait in quarantine, per shop and dataset.
func (n *Night) rejected(ctx context.Context) ([]load.Quality, error) {
	waiting, err := n.Ledger.Quarantined(ctx, ledger.QuarantineFilter{Status: ledger.Waiting})
	if err != nil {
		return nil, err
	}
	type key struct{ run, shop, dataset string }
	counts := map[key]int64{}
	var order []key
	for _, r := range waiting {
		k := key{r.Run, r.Shop, r.Dataset}
		if counts[k] == 0 {
			order = append(order, k)
		}
		counts[k]++
	}
	var out []load.Quality
	for _, k := range order {
		shop := shopKey(k.shop)
		out = append(out, load.Quality{RunID: k.run, Kind: "quarantine", Name: k.dataset, Platform: shop.Platform, Shop: shop.Shop,
			Severity: "info", Status: "failed", Rows: counts[k], Detail: "rows in quarantine", At: n.run.StartedAt})
	}
	return out, nil
}
