package night

import (
	"time"

	"kefu/extract/file"
	"kefu/extract/landing"
	"kefu/extract/ledger"
)

// arrival is a file that this run reads.
type arrival struct {
	source   Source
	name     string
	origin   *original // where its bytes came from, where they may be read there
	sighting string    // how the file system told of it when its content was summed
	utf8     bool      // its bytes are known to be UTF-8
	landing  *underway // while it lands; nil = it has landed before
	landed   landing.Landed
	id       string // source_file of its rows
	reading  Reading
	file     file.File
	refresh  bool    // its rows are known; texts are judged anew
	again    bool    // its rows are known; those rejected or incomplete may fit now
	changed  bool    // another content of its name was loaded before
	part     *part   // only some of its rows are wanted
	chosen   *chosen // it is read again for the sake of rejected rows
	asOf     time.Time
	texts    string
	counts   map[string]*ledger.Counts
	rejects  []ledger.Rejected
	err      error
}

// why tells why the file is read.
func (a *arrival) why() string {
	switch {
	case a.chosen != nil:
		return "its rejected rows are read once more"
	case a.refresh:
		return "rules on texts changed"
	case a.again:
		return "its preset changed, or a file that completes it came"
	case a.changed:
		return "changed"
	default:
		return "new"
	}
}
