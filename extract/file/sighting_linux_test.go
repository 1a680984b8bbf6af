package file

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// A file is known again by what the file system tells of it only while nobody
// can have written it: also where its length and its time of writing are set
// back.
func TestASightingTellsEveryChange(t *testing.T) {
	path := filepath.Join(t.TempDir(), "orders.csv")
	write := func(text string) fs.FileInfo {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		return info
	}
	first := write("a,b\n1,2\n")
	later := time.Now().Add(2 * settled)
	seen := sighting(first, later)
	if seen == "" || sighting(first, later.Add(time.Hour)) != seen {
		t.Fatalf("a file that rests is told by %q, then by %q", seen, sighting(first, later.Add(time.Hour)))
	}
	if young := sighting(first, time.Now()); young != "" {
		t.Errorf("a file that was just written is told by %q", young)
	}
	time.Sleep(50 * time.Millisecond) // the file system's clock goes in steps
	write("a,b\n1,3\n")
	if err := os.Chtimes(path, time.Time{}, first.ModTime()); err != nil {
		t.Fatal(err)
	}
	second, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if !second.ModTime().Equal(first.ModTime()) || second.Size() != first.Size() {
		t.Fatalf("the file was not set back: %v, %d bytes", second.ModTime(), second.Size())
	}
	if changed := sighting(second, later); changed == seen {
		t.Error("a change in place is not told")
	}
	if err := os.Chtimes(path, time.Time{}, later); err != nil {
		t.Fatal(err)
	}
	future, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if s := sighting(future, later); s != "" {
		t.Errorf("a file that says that it is new is told by %q", s)
	}
}

// What is listed within a moment of its writing carries no sighting, and what
// is in an archive carries that of the archive.
func TestListedFilesCarryTheirSighting(t *testing.T) {
	f := found{path: filepath.Join("testdata", "none.csv"), name: "orders.csv", seen: "1.2.3"}
	inputs, err := expand(f)
	if err != nil || len(inputs) != 1 || inputs[0].Sighting != "1.2.3" {
		t.Errorf("got %+v, %v", inputs, err)
	}
}
