package load

import (
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Steps are what has to be done to a warehouse to reach a publication.
//
// Views stand on tables: those that are there go first, and all are made at the
// end, in whatever order.
type Steps struct {
	OldViews []string // dropped first
	Whole    []Change // made anew from all files
	Partial  []Change // changed partitions replaced
	Comments []Table  // comments set again
	Inline   []Inline // made anew from their rows
	Drop     []string // tables that are not published any more
	Views    []View   // made from their selects
	// Necessary: the warehouse does not hold the publication yet.
	Necessary bool
	Read, All int64 // bytes of Parquet to read, of the publication
}

// Plan compares a publication with what a warehouse holds.
func Plan(publication Publication, state State) Steps {
	s := Steps{Necessary: state.Held().Publication != publication.ID}
	wanted := map[string]bool{StateTable().Name: true}
	for _, change := range publication.Tables {
		wanted[change.Table.Name] = true
		s.addTable(change, state)
	}
	for _, inline := range publication.Inline {
		wanted[inline.Table.Name] = true
		entry, ok := state[inline.Table.Name]
		if ok && entry.Shape == inline.Table.Shape() && entry.Content == inline.content() {
			continue
		}
		s.Inline = append(s.Inline, inline)
		s.Necessary = s.Necessary || !inline.Log || !ok
	}
	s.Views = publication.Views
	views := map[string]bool{}
	for _, view := range s.Views {
		views[view.Name] = true
		s.Necessary = s.Necessary || !state[view.Name].Shows(view)
	}
	for name, entry := range state {
		switch {
		case entry.IsView():
			s.OldViews = append(s.OldViews, name)
			s.Necessary = s.Necessary || !views[name]
		case !wanted[name]:
			s.Drop = append(s.Drop, name)
			s.Necessary = true
		}
	}
	slices.Sort(s.OldViews)
	slices.Sort(s.Drop)
	return s
}

func (s *Steps) addTable(change Change, state State) {
	size := SizeOf(change.Files)
	s.All += size
	entry, ok := state[change.Table.Name]
	known := ok && entry.Snapshot != 0 && entry.Shape == change.Table.Shape()
	switch {
	case known && entry.Snapshot == change.Snapshot:
	case known && entry.Snapshot == change.Base && change.Table.partitionShown():
		s.Necessary = true
		s.Partial = append(s.Partial, change)
		s.Read += change.ChangedSize()
	default:
		s.Necessary = true
		s.Whole = append(s.Whole, change)
		s.Read += size
		return // made with its comments
	}
	if entry.Content != change.Table.words() {
		s.Necessary = true
		s.Comments = append(s.Comments, change.Table)
	}
}

// partitionShown: by a hidden column no rows can be found again.
func (t Table) partitionShown() bool {
	return slices.ContainsFunc(t.Columns, func(c Column) bool { return c.Name == t.PartitionColumn })
}

// ChangedFiles are the files of the partitions that changed.
func (c Change) ChangedFiles() []string {
	var files []string
	for _, partition := range c.Changed {
		files = append(files, partition.Files...)
	}
	return files
}

// ChangedValues are the values of the partitions whose old rows go.
func (c Change) ChangedValues() []string {
	values := slices.Clone(c.Removed)
	for _, partition := range c.Changed {
		values = append(values, partition.Value)
	}
	return values
}

// ChangedSize is how many bytes the files of the changed partitions have.
func (c Change) ChangedSize() int64 { return SizeOf(c.ChangedFiles()) }

// SizeOf is how many bytes the files have, at least one each.
func SizeOf(files []string) int64 {
	var size int64
	for _, file := range files {
		size++ // also where the size cannot be told
		if info, err := os.Stat(LocalPath(file)); err == nil {
			size += info.Size()
		}
	}
	return size
}

// LocalPath turns a file:// URI or a relative path into an absolute path;
// engines compare whole paths when they restrict access.
func LocalPath(file string) string {
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
