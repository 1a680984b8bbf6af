package duckdb

import (
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"kefu/load"
)

// steps is what has to be done to the file in place to reach a publication.
type steps struct {
	whole     []load.Change // made anew from all files
	partial   []load.Change // changed partitions replaced
	comments  []load.Table  // comments set again
	inline    []load.Inline
	drop      []string
	necessary bool  // the file does not hold the publication yet
	read, all int64 // bytes of Parquet to read, of the publication
}

// plan compares a publication with what the file holds.
func plan(publication load.Publication, state state) steps {
	held := state.held()
	s := steps{necessary: held.Publication != publication.ID}
	wanted := map[string]bool{stateTable.Name: true}
	for _, change := range publication.Tables {
		wanted[change.Table.Name] = true
		s.addTable(change, state)
	}
	for _, inline := range publication.Inline {
		wanted[inline.Table.Name] = true
		entry, ok := state[inline.Table.Name]
		if ok && entry.shape == shapeOf(inline.Table) && entry.content == contentOf(inline) {
			continue
		}
		s.inline = append(s.inline, inline)
		s.necessary = s.necessary || !inline.Log || !ok
	}
	for name := range state {
		if !wanted[name] {
			s.drop = append(s.drop, name)
			s.necessary = true
		}
	}
	slices.Sort(s.drop)
	return s
}

func planWhole(publication load.Publication) steps { return plan(publication, nil) }

func (s *steps) addTable(change load.Change, state state) {
	size := sizeOf(change.Files)
	s.all += size
	entry, ok := state[change.Table.Name]
	known := ok && entry.snapshot != 0 && entry.shape == shapeOf(change.Table)
	switch {
	case known && entry.snapshot == change.Snapshot:
	case known && entry.snapshot == change.Base && hasPartitions(change.Table):
		s.necessary = true
		s.partial = append(s.partial, change)
		for _, partition := range change.Changed {
			s.read += sizeOf(partition.Files)
		}
	default:
		s.necessary = true
		s.whole = append(s.whole, change)
		s.read += size
		return // made with its comments
	}
	if entry.content != commentsOf(change.Table) {
		s.necessary = true
		s.comments = append(s.comments, change.Table)
	}
}

// hasPartitions: by a hidden column no rows can be found again.
func hasPartitions(table load.Table) bool {
	return slices.ContainsFunc(table.Columns, func(c load.Column) bool { return c.Name == table.PartitionColumn })
}

func (s steps) nothing() bool { return !s.necessary }

// mostlyNew: reading everything costs little more and leaves a dense file.
func (s steps) mostlyNew() bool { return s.read*2 > s.all }

// folders are those of all files that the steps read.
func (s steps) folders() []string {
	var folders []string
	add := func(files []string) {
		for _, file := range files {
			folders = append(folders, filepath.Dir(localPath(file))+string(filepath.Separator))
		}
	}
	for _, change := range s.whole {
		add(change.Files)
	}
	for _, change := range s.partial {
		for _, partition := range change.Changed {
			add(partition.Files)
		}
	}
	slices.Sort(folders)
	return slices.Compact(folders)
}

func sizeOf(files []string) int64 {
	var size int64
	for _, file := range files {
		size++ // also where the size cannot be told
		if info, err := os.Stat(localPath(file)); err == nil {
			size += info.Size()
		}
	}
	return size
}

// localPath turns a file:// URI or a relative path into an absolute path;
// DuckDB compares whole paths when it restricts access.
func localPath(file string) string {
	if parsed, err := url.Parse(file); err == nil && parsed.Scheme == "file" {
		file = filepath.FromSlash(parsed.Path)
	}
	if strings.Contains(file, "://") {
		return file
	}
	if absolute, err := filepath.Abs(file); err == nil {
		return absolute
	}
	return file
}
