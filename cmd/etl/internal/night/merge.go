package night

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"kefu/extract/dataset"
	"kefu/extract/lake"
	"kefu/transform/merge"
)

// snapshots are the datasets' files as this run sees them.
type snapshots struct {
	files map[string][]lake.File
	ids   map[string]int64
}

// stagedSnapshot stands for the snapshot that a dry run does not commit.
const stagedSnapshot = -2

// committers is how many tables are committed at once, beside the merge of
// others: most of it is waiting for the disk.
const committers = 4

// merge works the arrived rows into the lake, dataset by dataset. Which of the
// tables is committed first does not matter, nor whether all of them are: until
// the files are recorded, the next run does it again.
func (n *Night) merge(ctx context.Context) (*snapshots, error) {
	all := append(dataset.All(), dataset.Internals()...)
	arrived := map[string]bool{}
	for _, d := range n.merger.Datasets() {
		arrived[d] = true
	}
	n.Events.Stage("merge", len(all))
	tables := make([]merged, len(all))
	commits, ctx := errgroup.WithContext(ctx)
	commits.SetLimit(committers)
	for i, s := range all {
		err := n.mergeTable(ctx, s, &tables[i], arrived[s.Name])
		if err != nil {
			commits.Go(func() error { return err }) // unless a commit has failed before, which ends ctx
			break
		}
		if tables[i].changed && !n.options.Dry {
			commits.Go(func() error { return n.commitMerged(ctx, s, &tables[i]) })
		}
		n.Events.Step(s.Name)
	}
	if err := commits.Wait(); err != nil {
		return nil, err
	}
	current := &snapshots{files: map[string][]lake.File{}, ids: map[string]int64{}}
	for i, s := range all {
		current.files[s.Name], current.ids[s.Name] = tables[i].files, tables[i].snapshot
	}
	return current, nil
}

// merged is what a dataset's table is to hold.
type merged struct {
	files    []lake.File
	snapshot int64
	changed  bool // to be committed
}

func (n *Night) mergeTable(ctx context.Context, s *dataset.Schema, t *merged, arrived bool) error {
	if _, err := n.Lake.Ensure(ctx, merge.Spec(s)); err != nil {
		return fmt.Errorf("prepare table %s: %w", s.Name, err)
	}
	var err error
	if t.files, t.snapshot, err = n.Lake.Files(ctx, s.Name, 0); err != nil {
		return fmt.Errorf("read table %s: %w", s.Name, err)
	}
	if !arrived {
		return nil
	}
	outcome, err := n.merger.Merge(ctx, s, t.files)
	if err != nil {
		return err
	}
	if !s.Internal {
		n.countGone(outcome.Gone)
		if err := n.settleArrivals(ctx, s, outcome); err != nil {
			return err
		}
	}
	if len(outcome.Changed) == 0 {
		return nil
	}
	if !s.Internal {
		n.summary.Ingest.Changed = append(n.summary.Ingest.Changed, s.Name)
	}
	if n.options.Dry {
		n.stage(t.files, outcome.Files)
		t.snapshot = stagedSnapshot
	}
	t.files, t.changed = outcome.Files, true
	return nil
}

func (n *Night) commitMerged(ctx context.Context, s *dataset.Schema, t *merged) error {
	if err := n.lease.Check(ctx); err != nil {
		return err
	}
	var err error
	t.snapshot, err = n.Lake.Commit(ctx, s.Name, t.files, map[string]string{lake.PropRun: n.run.ID})
	return err // which names the table
}
