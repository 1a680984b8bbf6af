package night

import (
	"slices"
	"testing"

	"kefu/extract/file"
	"kefu/extract/ledger"
)

// A file is known without reading only by its name and sighting together, if
// its content was loaded, and if nothing else goes by both.
func TestFilesAreKnownByTheirSighting(t *testing.T) {
	s := newSightings(map[string]ledger.File{
		"loaded":  {Name: "a.csv", Status: ledger.Loaded, Sighting: "1"},
		"failed":  {Name: "b.csv", Status: ledger.Failed, Sighting: "2"},
		"never":   {Name: "c.csv", Status: ledger.Loaded},
		"member1": {Name: "d.zip!x.csv", Status: ledger.Loaded, Sighting: "3"},
		"member2": {Name: "d.zip!x.csv", Status: ledger.Loaded, Sighting: "3"},
	})
	for _, c := range []struct{ name, seen, want string }{
		{"a.csv", "1", "loaded"},
		{"a.csv", "9", ""}, // changed
		{"a.csv", "", ""},  // just written
		{"z.csv", "1", ""}, // of another name
		{"b.csv", "2", ""},
		{"c.csv", "", ""},
		{"d.zip!x.csv", "3", ""},
	} {
		if got := s.find(file.Input{Name: c.name, Sighting: c.seen}); got != c.want {
			t.Errorf("%s as %q is %q, want %q", c.name, c.seen, got, c.want)
		}
	}
	s.note(file.Input{Name: "a.csv", Sighting: "1"}, "loaded") // as known
	s.note(file.Input{Name: "copy.csv", Sighting: "5"}, "loaded")
	s.note(file.Input{Name: "c.csv", Sighting: "7"}, "never")
	s.note(file.Input{Name: "a.csv", Sighting: ""}, "loaded") // it was just written again, with the same content
	want := []ledger.Sighting{{SHA256: "never", Name: "c.csv", Seen: "7"}, {SHA256: "loaded", Name: "a.csv"}}
	if !slices.Equal(s.fresh, want) {
		t.Errorf("to be noted: %v, want %v", s.fresh, want)
	}
}
