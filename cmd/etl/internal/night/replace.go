package night

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"kefu/extract/dataset"
	"kefu/extract/ledger"
	"kefu/transform/compute"
	"kefu/transform/merge"
)

// holdings are the contents that a source's files hold now: name → id; "" where
// a file cannot be read.
type holdings map[string]string

func (h holdings) has(id string) bool {
	for _, held := range h {
		if held == id {
			return true
		}
	}
	return false
}

// whole tells whether there is anything at the path, and all of it can be read.
func (h holdings) whole(path string) bool {
	found := false
	for name, id := range h {
		if pathOf(name) == path {
			found = true
			if id == "" {
				return false
			}
		}
	}
	return found
}

// pathOf is the file of the file system that a name is in: members of archives
// come and go with it.
func pathOf(name string) string {
	path, _, _ := strings.Cut(name, "!")
	return path
}

// paths are the files of the file system that the names are in.
func (h holdings) paths() map[string]bool {
	out := map[string]bool{}
	for name := range h {
		out[pathOf(name)] = true
	}
	return out
}

// unfinished goes on with files that a killed run left half-way and that are
// gone from their folder since: what was landed of them stands for them. Of a
// source with replace only what would stand there now counts.
func (n *Night) unfinished(s Source, known map[string]ledger.File, held holdings) []*arrival {
	var files []ledger.File
	for _, f := range known {
		if f.Status == ledger.Loading && !held.has(f.SHA256) {
			files = append(files, f)
		}
	}
	slices.SortFunc(files, func(a, b ledger.File) int { return b.UpdatedAt.Compare(a.UpdatedAt) })
	var out []*arrival
	for _, f := range files {
		if s.Replace && held.paths()[pathOf(f.Name)] {
			continue
		}
		landed, err := n.Landing.Stat(s.Shop.String(), f.LandedID)
		if err != nil {
			n.Log.Warn("a file that a killed run left half-way cannot be read, for its bytes are no longer kept", "source", s.Name, "file", f.Name)
			continue
		}
		out = append(out, n.arrival(s, f.Name, landed))
		held[f.Name] = f.SHA256
	}
	slices.Reverse(out)
	return out
}

// replaced is a file that gave way to a newer version.
type replaced struct {
	source Source
	file   ledger.File
}

// givingWay takes out of the known files of a source with replace those whose
// path holds other content now. A content that stands under another name, too,
// stays, under that name.
func (n *Night) givingWay(s Source, known map[string]ledger.File, held holdings) []ledger.File {
	if !s.Replace {
		return nil
	}
	paths := held.paths()
	var out []ledger.File
	for _, id := range slices.Sorted(maps.Keys(known)) {
		f := known[id]
		if f.Status != ledger.Loaded && f.Status != ledger.Loading {
			continue
		}
		if held.has(id) {
			n.noteName(f, held)
			continue
		}
		if paths[pathOf(f.Name)] {
			out = append(out, f)
			delete(known, id)
		}
	}
	return out
}

// noteName remembers the name under which a content stands now.
func (n *Night) noteName(f ledger.File, held holdings) {
	if f.Status != ledger.Loaded || held[f.Name] == f.SHA256 {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(held)) {
		if held[name] == f.SHA256 {
			f.Name = name
			n.renamed = append(n.renamed, f)
			return
		}
	}
}

// withdraw takes back the rows of files that gave way, where what they gave way
// to can be read, and returns how many did.
func (n *Night) withdraw(s Source, files []ledger.File, held holdings) int {
	count := 0
	for _, f := range files {
		if !held.whole(pathOf(f.Name)) {
			continue
		}
		n.merger.Withdraw(rowsID(s.Name, f.LandedID))
		n.replaced = append(n.replaced, replaced{s, f})
		count++
	}
	return count
}

// recordReplaced marks the files that gave way; what of them was in quarantine
// is settled with them.
func (n *Night) recordReplaced(ctx context.Context) error {
	for _, f := range n.renamed {
		if err := n.Ledger.RecordFile(ctx, f); err != nil {
			return err
		}
	}
	for _, r := range n.replaced {
		if err := n.Ledger.SettleQuarantine(ctx, r.source.Name, r.file.Name, r.file.LandedID, n.run.ID); err != nil {
			return err
		}
		r.file.Status = ledger.Replaced
		if err := n.Ledger.RecordFile(ctx, r.file); err != nil {
			return err
		}
	}
	return nil
}

// countGone adds the rows that went with withdrawn files to their sources.
func (n *Night) countGone(gone map[string]int64) {
	for _, r := range n.replaced {
		for i := range n.summary.Sources {
			if s := &n.summary.Sources[i]; s.Name == r.source.Name {
				s.Gone += gone[rowsID(r.source.Name, r.file.LandedID)]
			}
		}
	}
}

// rescue lets in what other files hold of the keys that lost their row with a
// withdrawn file, and gives rows that contradicted one of its rows another try.
// So the lake holds what it would if the withdrawn file had never come.
func (n *Night) rescue(ctx context.Context) error {
	if len(n.replaced) == 0 {
		return nil
	}
	lost, err := n.findOrphans(ctx)
	if err != nil {
		return err
	}
	parts, err := n.holders(ctx, lost)
	if err != nil {
		return err
	}
	contrary, err := n.contradicting(ctx)
	if err != nil {
		return err
	}
	return n.readParts(ctx, append(parts, contrary...))
}

// orphans are shops in which keys of a dataset lost their row, and the sources
// that have rows of these shops.
type orphans struct {
	shops   map[compute.ShopKey]bool
	sources map[string]bool
}

// findOrphans looks for them in every dataset of the withdrawn files.
func (n *Night) findOrphans(ctx context.Context) (map[string]orphans, error) {
	held := map[string]bool{}
	for _, r := range n.replaced {
		for name := range r.file.Counts {
			held[name] = true
		}
		if r.file.Status == ledger.Loading { // it may have given anything
			for _, name := range r.source.datasets() {
				held[name] = true
			}
		}
	}
	out := map[string]orphans{}
	for _, s := range append(dataset.All(), dataset.Internals()...) {
		if !held[s.Name] && (!s.Internal || !held["chat_messages"]) {
			continue
		}
		if _, err := n.Lake.Ensure(ctx, merge.Spec(s)); err != nil {
			return nil, fmt.Errorf("prepare table %s: %w", s.Name, err)
		}
		files, _, err := n.Lake.Files(ctx, s.Name, 0)
		if err != nil {
			return nil, fmt.Errorf("read table %s: %w", s.Name, err)
		}
		lost, holders, err := n.merger.Orphans(ctx, s, files)
		if err != nil {
			return nil, err
		}
		o := orphans{map[compute.ShopKey]bool{}, map[string]bool{}}
		for _, shop := range lost {
			o.shops[compute.ShopKey{Platform: shop.Platform, Shop: shop.Shop}] = true
		}
		for _, id := range holders {
			if i := strings.LastIndexByte(id, '/'); i >= 0 {
				o.sources[id[:i]] = true
			}
		}
		if len(lost) > 0 {
			out[s.Name] = o
		}
	}
	return out, nil
}

// holders lists the files that may hold rows of the orphaned keys.
func (n *Night) holders(ctx context.Context, lost map[string]orphans) ([]*arrival, error) {
	var out []*arrival
	for _, s := range n.Configured {
		files, err := n.Ledger.Files(ctx, s.Name)
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			mayHold := slices.ContainsFunc(slices.Collect(maps.Keys(lost)), func(name string) bool {
				delivered := name
				if dataset.ByName(name).Internal {
					delivered = "chat_messages"
				}
				c := f.Counts[delivered]
				return c.Accepted+c.Merged+c.Duplicates > 0 && (lost[name].shops[s.Shop] || lost[name].sources[s.Name])
			})
			if !mayHold || f.Status != ledger.Loaded || n.isArriving(s, f) {
				continue
			}
			if a := n.partOf(s, f, nil); a != nil {
				out = append(out, a)
			} else {
				n.warn(s.Name, f.Name+" may hold rows that a replaced file held, too; they cannot be looked up, for its bytes are no longer kept")
			}
		}
	}
	return out, nil
}

// isArriving tells whether the file is read as a whole in this run, or withdrawn.
func (n *Night) isArriving(s Source, f ledger.File) bool {
	return slices.ContainsFunc(n.arrived, func(a *arrival) bool {
		return a.source.Name == s.Name && a.landed.ID == f.LandedID && a.part == nil
	}) || slices.ContainsFunc(n.replaced, func(r replaced) bool {
		return r.source.Name == s.Name && r.file.SHA256 == f.SHA256
	})
}

// contradicting lists the rejected rows that contradicted another row of a
// dataset and shop of which a withdrawn file had rows.
func (n *Night) contradicting(ctx context.Context) ([]*arrival, error) {
	rows, err := n.Ledger.Quarantined(ctx, ledger.QuarantineFilter{Status: ledger.Waiting})
	if err != nil {
		return nil, err
	}
	rows = slices.DeleteFunc(rows, func(r ledger.Rejected) bool {
		s := dataset.ByName(r.Dataset)
		return s == nil || s.Mutable || r.Reason != contradiction(s, 0, nil).Reason ||
			!slices.ContainsFunc(n.replaced, func(old replaced) bool { return old.source.Shop.String() == r.Shop })
	})
	return n.partsOf(ctx, rows)
}

// warn notes something odd with a source.
func (n *Night) warn(source, text string) {
	for i := range n.summary.Sources {
		if s := &n.summary.Sources[i]; s.Name == source && len(s.Warnings) < maxWarnings {
			s.Warnings = append(s.Warnings, text)
			return
		}
	}
	n.Log.Warn(text, "source", source)
}

// mergeParts makes one arrival of those of the same content.
func mergeParts(parts []*arrival) []*arrival {
	slices.SortStableFunc(parts, func(a, b *arrival) int {
		return cmp.Or(cmp.Compare(a.source.Name, b.source.Name), cmp.Compare(a.name, b.name), cmp.Compare(a.landed.ID, b.landed.ID))
	})
	var out []*arrival
	for _, a := range parts {
		if len(out) > 0 && out[len(out)-1].id == a.id {
			maps.Copy(out[len(out)-1].part.rows, a.part.rows)
			continue
		}
		out = append(out, a)
	}
	return out
}
