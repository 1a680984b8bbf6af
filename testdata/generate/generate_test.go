package main

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// contents maps the files below a folder to their bytes. Containers are opened:
// what is inside is ours, how tightly it is packed is the library's.
func contents(t *testing.T, folder string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(folder, path)
		if err != nil {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		switch {
		case strings.HasSuffix(name, ".gz"):
			z, err := gzip.NewReader(bytes.NewReader(data))
			if err != nil {
				return err
			}
			out[name], err = io.ReadAll(z)
			return err
		case strings.HasSuffix(name, ".zip"), strings.HasSuffix(name, ".xlsx"):
			return members(name, data, out)
		default:
			out[name] = data
			return nil
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func members(name string, data []byte, out map[string][]byte) error {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return err
	}
	for _, m := range z.File {
		r, err := m.Open()
		if err != nil {
			return err
		}
		if out[name+"!"+m.Name], err = io.ReadAll(r); err != nil {
			return err
		}
	}
	return nil
}

func generate(t *testing.T, args ...string) string {
	t.Helper()
	out := t.TempDir()
	if err := run(append([]string{"-out", out}, args...), t.Output()); err != nil {
		t.Fatal(err)
	}
	return out
}

func TestCommittedExportsAreThoseOfTheGenerator(t *testing.T) {
	want, got := contents(t, "../exports"), contents(t, generate(t))
	if w, g := slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got)); !slices.Equal(w, g) {
		t.Fatalf("files differ: committed %v, generated %v", w, g)
	}
	for name := range want {
		if !bytes.Equal(want[name], got[name]) {
			t.Errorf("%s differs: run the generator and commit its files", name)
		}
	}
}

func TestSeedsDiffer(t *testing.T) {
	small := []string{"-buyers", "60", "-days", "10", "-shops", "tmall"}
	one := contents(t, generate(t, append(small, "-seed", "1")...))
	again := contents(t, generate(t, append(small, "-seed", "1")...))
	two := contents(t, generate(t, append(small, "-seed", "2")...))
	if !maps.EqualFunc(one, again, bytes.Equal) {
		t.Error("the same seed gives other files")
	}
	if maps.EqualFunc(one, two, bytes.Equal) {
		t.Error("another seed gives the same files")
	}
}

func TestCanonicalFilesAreRead(t *testing.T) {
	folder := generate(t, "-buyers", "300", "-days", "20", "-format", "canonical")
	for _, platform := range []string{"tmall", "jd"} {
		r := readAll(t, filepath.Join(folder, platform), platform, "canonical")
		if len(r.rejects) > 0 || len(r.warnings) > 0 {
			t.Errorf("%s: rejects %v, warnings %v", platform, r.rejects, r.warnings)
		}
		for _, name := range []string{"chat_messages", "orders", "order_items", "refunds", "evaluations", "order_ratings", "agent_presence", "agents", "products"} {
			if r.rows[name] == 0 {
				t.Errorf("%s has no %s", platform, name)
			}
		}
	}
}

func TestFlags(t *testing.T) {
	for _, bad := range []string{"-format=xml", "-days=0", "-buyers=0", "-shops=ebay", "-unknown"} {
		if err := run([]string{"-out", t.TempDir(), bad}, io.Discard); err == nil {
			t.Errorf("%s is accepted", bad)
		}
	}
}
