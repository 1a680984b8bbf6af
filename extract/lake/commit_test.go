package lake

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// A run commits several of its tables at once, beside the making and reading of
// others; one that cannot be committed leaves the others alone.
func TestTablesAreCommittedAtOnce(t *testing.T) {
	w := newWorld(t)
	const tables = 6
	specs, files := make([]Spec, tables), make([]File, tables)
	for i := range specs {
		spec := ordersSpec()
		spec.Name = fmt.Sprint("orders_", i)
		specs[i] = w.ensure(spec)
		files[i] = w.write(specs[i], "2026-01-05", order("2026-01-05", i+1))
	}
	if err := os.Truncate(files[2].Path, 100); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i, spec := range specs {
		wg.Go(func() {
			if _, err := w.Commit(w.ctx, spec.Name, files[i:i+1], nil); (err == nil) == (i == 2) {
				t.Errorf("commit %s: %v", spec.Name, err)
			}
		})
		wg.Go(func() {
			late := ordersSpec()
			late.Name = fmt.Sprint("late_", i)
			if _, err := w.Ensure(w.ctx, late); err != nil {
				t.Error(err)
			}
			if held, _, err := w.Files(w.ctx, spec.Name, 0); err != nil || len(held) > 1 {
				t.Errorf("%s holds %v, %v", spec.Name, held, err)
			}
		})
	}
	wg.Wait()
	for i, spec := range specs {
		held, _, err := w.Files(w.ctx, spec.Name, 0)
		if err != nil || (len(held) == 1) == (i == 2) {
			t.Errorf("%s holds %v, %v", spec.Name, held, err)
		}
	}
}

// All files that a commit names are on disk, and the folders that lead to them.
func TestWhatACommitNamesSurvivesAPowerCut(t *testing.T) {
	var lock sync.Mutex
	synced := map[string]bool{}
	fsync = func(f *os.File) error {
		lock.Lock()
		defer lock.Unlock()
		synced[f.Name()] = true
		return f.Sync()
	}
	defer func() { fsync = (*os.File).Sync }()
	w := newWorld(t)
	spec := w.ensure(ordersSpec())
	file := w.write(spec, "2026-01-05", order("2026-01-05", 1))
	if err := w.Seal(file.Path); err != nil {
		t.Fatal(err)
	}
	w.commit("orders", file)
	err := filepath.WalkDir(w.Root(), func(path string, _ fs.DirEntry, err error) error {
		if rel, _ := filepath.Rel(w.Root(), path); !synced[path] && rel != layoutFile { // it was renamed
			t.Errorf("%s is not on disk", rel)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
