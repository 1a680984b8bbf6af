package landing

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// The folders that lead to what landed are on disk when it has.
func TestFoldersOfWhatLandedSurviveAPowerCut(t *testing.T) {
	var synced []string
	fsync = func(f *os.File) error {
		synced = append(synced, f.Name())
		return f.Sync()
	}
	defer func() { fsync = (*os.File).Sync }()
	root := filepath.Join(t.TempDir(), "landing")
	landed, err := New(root).Land(t.Context(), "tmall/s", Origin{Name: "a.csv"}, strings.NewReader("a,b\n"))
	if err != nil {
		t.Fatal(err)
	}
	for path := filepath.Dir(landed.Path); len(path) >= len(root); path = filepath.Dir(path) {
		if !slices.Contains(synced, path) {
			t.Errorf("%s is not on disk", path)
		}
	}
}
