package maintain

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"kefu/extract/dataset"
	"kefu/extract/lake"
	"kefu/extract/ledger"
	"kefu/transform/compute"
	"kefu/transform/merge"
)

// order is by which columns the rows of each table are sorted within a file, by
// none where they stand as they come; tables that nothing makes any more are
// missing.
func (w *work) order() map[string][]string {
	out := map[string][]string{"rule_day": nil}
	for _, s := range append(dataset.All(), dataset.Internals()...) {
		out[s.Name] = merge.Order(s)
	}
	for _, m := range append(w.Graph.Stored(), compute.LockTables(w.Graph)...) {
		out[m.Name] = m.FileOrder()
	}
	return out
}

// compact writes small files anew as larger ones. The rows stay what they are,
// and where a published state is concerned the new snapshot takes its place in
// a publication of its own: the next run finds nothing changed, without reading
// a row.
func (w *work) compact(ctx context.Context) error {
	published, ok, err := w.Ledger.Latest(ctx)
	if err != nil {
		return err
	}
	replaced := map[string]int64{}
	order := w.order()
	w.Events.Stage("compact small files", len(w.names))
	for _, name := range w.names {
		if columns, made := order[name]; made {
			id, err := w.compactTable(ctx, name, columns, published)
			if err != nil {
				return fmt.Errorf("compact table %s: %w", name, err)
			}
			if id != 0 {
				replaced[name] = id
			}
		}
		w.Events.Step(name)
	}
	if !ok || w.DryRun {
		return nil
	}
	next, changed := republished(published, replaced)
	for name := range next.Tables {
		if _, made := order[name]; !made { // no model makes it any more
			delete(next.Tables, name)
			changed = true
		}
	}
	if !changed {
		return nil
	}
	if published, err = w.Ledger.Publish(ctx, next, w.lease); err != nil {
		return err
	}
	text, err := w.Ledger.CopyOf(ctx, published)
	if err != nil {
		return err
	}
	return w.Lake.KeepCopy(published.ID, text)
}

// compactTable returns the snapshot that takes the place of the published one,
// or 0 where none does.
func (w *work) compactTable(ctx context.Context, name string, order []string, published ledger.Publication) (int64, error) {
	// What counts of a dataset is its latest state, of a model's table the
	// published one: what a killed run committed after it is of no interest.
	base, isPublished := published.Tables[name]
	if dataset.ByName(name) != nil {
		_, head, err := w.Lake.Files(ctx, name, 0)
		if err != nil {
			return 0, err
		}
		isPublished = isPublished && base == head
		base = head
	} else if !isPublished {
		return 0, nil
	}
	rewrites, err := w.Lake.SmallFiles(ctx, name, base)
	if err != nil || len(rewrites) == 0 {
		return 0, err
	}
	t := w.table(name)
	for _, r := range rewrites {
		t.SmallFiles += len(r.Files)
		t.LargerFiles++
	}
	if w.DryRun {
		return 0, nil
	}
	files, _, err := w.Lake.Files(ctx, name, base)
	if err != nil {
		return 0, err
	}
	for _, r := range rewrites {
		larger, err := w.rewrite(ctx, name, order, r)
		if err != nil {
			return 0, err
		}
		files = slices.DeleteFunc(files, func(f lake.File) bool {
			return slices.ContainsFunc(r.Files, func(small lake.File) bool { return small.Path == f.Path })
		})
		files = append(files, larger)
	}
	if err := w.lease.Check(ctx); err != nil {
		return 0, err
	}
	id, err := w.Lake.Commit(ctx, name, files, map[string]string{lake.PropRun: "maintenance"})
	if err != nil || !isPublished {
		return 0, err
	}
	return id, nil
}

// rewrite writes the rows of small files to one.
func (w *work) rewrite(ctx context.Context, name string, order []string, r lake.Rewrite) (lake.File, error) {
	spec, err := w.Lake.Describe(ctx, name)
	if err != nil {
		return lake.File{}, err
	}
	larger, err := compute.WriteFile(ctx, w.Engine, w.Lake, spec, r.Partition, compute.OrderBy("select * from "+spec.Relation(r.Files), order))
	if err != nil {
		return lake.File{}, err
	}
	rows := int64(0)
	for _, f := range r.Files {
		rows += f.Rows
	}
	if larger.Rows != rows {
		return lake.File{}, fmt.Errorf("partition %s: %d rows became %d", r.Partition, rows, larger.Rows)
	}
	return larger, nil
}

// republished is the publication with snapshots of the same rows in the place
// of those that they replace. A shop that was computed from another state than
// the published one stays due.
func republished(p ledger.Publication, replaced map[string]int64) (next ledger.Publication, changed bool) {
	next = ledger.Publication{Run: p.Run, Tables: maps.Clone(p.Tables), Inputs: map[string]ledger.Inputs{}, Locks: p.Locks}
	for name, id := range replaced {
		if p.Tables[name] != id {
			next.Tables[name], changed = id, true
		}
	}
	for shop, in := range p.Inputs {
		in.Snapshots = maps.Clone(in.Snapshots)
		for name, id := range replaced {
			if in.Snapshots[name] == p.Tables[name] {
				in.Snapshots[name] = id
			}
		}
		next.Inputs[shop] = in
	}
	return next, changed
}
