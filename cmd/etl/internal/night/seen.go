package night

import (
	"context"

	"kefu/extract/file"
	"kefu/extract/ledger"
)

// sightings tell contents that were loaded by how the file system tells of their
// files, so that a file that nothing changed is not read to find that.
type sightings struct {
	known map[string]ledger.File
	ids   map[sighting]string // "" = more than one
	fresh []ledger.Sighting   // to be noted
}

type sighting struct{ name, told string }

func newSightings(known map[string]ledger.File) *sightings {
	s := &sightings{known: known, ids: map[sighting]string{}}
	for id, f := range known {
		if f.Status != ledger.Loaded || f.Sighting == "" {
			continue
		}
		at := sighting{f.Name, f.Sighting}
		if _, twice := s.ids[at]; twice {
			id = "" // members of one name in an archive
		}
		s.ids[at] = id
	}
	return s
}

// find returns the id of the file's content where it is known without reading.
func (s *sightings) find(in file.Input) string {
	if in.Sighting == "" {
		return ""
	}
	return s.ids[sighting{in.Name, in.Sighting}]
}

// note notes how the file of a known content is told of now.
func (s *sightings) note(in file.Input, id string) {
	if f := s.known[id]; f.Name == in.Name && f.Sighting != in.Sighting {
		s.fresh = append(s.fresh, ledger.Sighting{SHA256: id, Name: in.Name, Seen: in.Sighting})
	}
}

// noteSightings notes how the files of known contents are told of now.
func (n *Night) noteSightings(ctx context.Context, s Source, seen *sightings) error {
	if n.options.Dry {
		return nil
	}
	return n.Ledger.NoteSightings(ctx, s.Name, seen.fresh)
}
