package lake

import (
	"context"
	"fmt"

	"github.com/apache/iceberg-go"
	"github.com/apache/iceberg-go/table"
	"github.com/apache/iceberg-go/table/compaction"
)

// Rewrite is a group of small files of one partition that one file could hold.
type Rewrite struct {
	Partition string
	Files     []File
}

// SmallFiles tells which files of a snapshot (0 = the latest) are better
// written anew as one: at least two of a partition that are well below the size
// of a large file. A lake in which every partition has one file has none.
func (l *Lake) SmallFiles(ctx context.Context, name string, snapshot int64) ([]Rewrite, error) {
	files, id, err := l.Files(ctx, name, snapshot)
	if err != nil || id == Empty || !repeats(files) {
		return nil, err
	}
	t, err := l.load(ctx, name)
	if err != nil {
		return nil, err
	}
	tasks, err := t.Scan(table.WithSnapshotID(id)).PlanFiles(ctx)
	if err != nil {
		return nil, fmt.Errorf("plan files of table %s: %w", name, err)
	}
	config := compaction.DefaultConfig()
	config.MinInputFiles = 2
	plan, err := config.PlanCompaction(tasks)
	if err != nil {
		return nil, fmt.Errorf("plan compaction of table %s: %w", name, err)
	}
	_, by := partitioning(t)
	out := make([]Rewrite, 0, len(plan.Groups))
	for _, g := range plan.Groups {
		data := make([]iceberg.DataFile, len(g.Tasks))
		for i, task := range g.Tasks {
			data[i] = task.File
		}
		group, err := l.describeAll(t, data)
		if err != nil {
			return nil, err
		}
		if by != "" && group[0].Partition == "" {
			continue // from before the table had partitions: its rows belong to many
		}
		out = append(out, Rewrite{Partition: group[0].Partition, Files: group})
	}
	return out, nil
}

// repeats tells whether any partition has more than one file.
func repeats(files []File) bool {
	for i := 1; i < len(files); i++ { // they are sorted by partition
		if files[i].Partition == files[i-1].Partition {
			return true
		}
	}
	return false
}
