package ledger

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Counts account for every line of a dataset in one file or response.
type Counts struct {
	Read       int64            `json:"read"`
	Accepted   int64            `json:"accepted"`
	Merged     int64            `json:"merged"`
	Duplicates int64            `json:"duplicates"`
	Skipped    map[string]int64 `json:"skipped,omitempty"` // by filter
	Rejected   int64            `json:"rejected"`
	// Open counts accepted rows that another file of the source may complete
	// later; they take no part in the sum.
	Open int64 `json:"open,omitempty"`
}

// Lost returns the lines that were read but not accounted for; anything but 0
// is a defect.
func (c Counts) Lost() int64 {
	lost := c.Read - c.Accepted - c.Merged - c.Duplicates - c.Rejected
	for _, n := range c.Skipped {
		lost -= n
	}
	return lost
}

// File is what is known of one content that a source delivered.
type File struct {
	Source    string
	SHA256    string // of the content, or keyed from it where landing is encrypted
	Shop      string // platform/shop
	Name      string
	Bytes     int64
	LandedID  string
	Status    Status // Loading, Loaded, Failed or Replaced
	Counts    map[string]Counts
	AsOf      time.Time
	TextRules string // fingerprint of the rules that were applied to its texts
	Preset    string // fingerprint of the preset that read it
	LoadedRun string
	Error     string
	Sighting  string    // what the file system told of it under its name; "" = not known
	UpdatedAt time.Time // set when recorded
}

// execer is a database or a transaction.
type execer interface {
	ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error)
}

// RecordFile records what became of a file; the same content of the same
// source has one row. A loaded file that does not account for every line is
// refused.
func (l *Ledger) RecordFile(ctx context.Context, f File) error { return recordFile(ctx, l.db, f) }

func recordFile(ctx context.Context, db execer, f File) error {
	if f.Status == Loaded {
		for dataset, c := range f.Counts {
			if lost := c.Lost(); lost != 0 {
				return fmt.Errorf("record file %s: %d of %d lines of %s are not accounted for", f.Name, lost, c.Read, dataset)
			}
		}
	}
	counts, err := jsonText(f.Counts)
	if err != nil {
		return fmt.Errorf("record file %s: %w", f.Name, err)
	}
	_, err = db.ExecContext(ctx, `insert into files (source, sha256, shop, name, bytes, landed_id, status, counts, as_of,
			text_rules, preset, loaded_run, error, sighting, updated_at)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		on conflict (source, sha256) do update set shop = excluded.shop, name = excluded.name, bytes = excluded.bytes,
			landed_id = excluded.landed_id, status = excluded.status, counts = excluded.counts, as_of = excluded.as_of,
			text_rules = excluded.text_rules, preset = excluded.preset, loaded_run = excluded.loaded_run,
			error = excluded.error, sighting = excluded.sighting, updated_at = excluded.updated_at`,
		f.Source, f.SHA256, f.Shop, f.Name, f.Bytes, f.LandedID, f.Status, counts, stamp(f.AsOf),
		f.TextRules, f.Preset, f.LoadedRun, f.Error, f.Sighting, stamp(time.Now()))
	if err != nil {
		return fmt.Errorf("record file %s: %w", f.Name, err)
	}
	return nil
}

// Sighting is what the file system told of a known content under a name.
type Sighting struct{ SHA256, Name, Seen string }

// NoteSightings notes under which name, and how, contents of a source were seen.
func (l *Ledger) NoteSightings(ctx context.Context, source string, sightings []Sighting) error {
	if len(sightings) == 0 {
		return nil
	}
	tx, err := l.db.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("note files that were seen: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	for _, s := range sightings {
		if _, err := tx.ExecContext(ctx, "update files set sighting = ? where source = ? and sha256 = ? and name = ?", s.Seen, source, s.SHA256, s.Name); err != nil {
			return fmt.Errorf("note files that were seen: %w", err)
		}
	}
	if err := tx.Commit(); err != nil {
		return fmt.Errorf("note files that were seen: %w", err)
	}
	return nil
}

const fileColumns = `source, sha256, shop, name, bytes, landed_id, status, counts, as_of, text_rules, preset, loaded_run, error, sighting, updated_at`

// KnownFile returns what is known of the content, and whether anything is.
func (l *Ledger) KnownFile(ctx context.Context, source, sha256 string) (File, bool, error) {
	f, err := scanFile(l.db.QueryRowContext(ctx, "select "+fileColumns+" from files where source = ? and sha256 = ?", source, sha256))
	if err = found(err); errors.Is(err, ErrNotFound) {
		return File{}, false, nil
	}
	if err != nil {
		return File{}, false, fmt.Errorf("look up file: %w", err)
	}
	return f, true, nil
}

// Files lists the files of a source ("" = all), oldest record first.
func (l *Ledger) Files(ctx context.Context, source string) ([]File, error) {
	rows, err := l.db.QueryContext(ctx, "select "+fileColumns+" from files where source = ? or ? = '' order by updated_at, source, name, sha256",
		source, source)
	if err != nil {
		return nil, fmt.Errorf("list files: %w", err)
	}
	return collect(rows, "list files", scanFile)
}

func scanFile(row scanner) (File, error) {
	var f File
	var counts, asOf, updated string
	if err := row.Scan(&f.Source, &f.SHA256, &f.Shop, &f.Name, &f.Bytes, &f.LandedID, &f.Status, &counts, &asOf,
		&f.TextRules, &f.Preset, &f.LoadedRun, &f.Error, &f.Sighting, &updated); err != nil {
		return File{}, err
	}
	if err := parseJSON(counts, &f.Counts); err != nil {
		return File{}, err
	}
	err := parseTimes(map[*time.Time]string{&f.AsOf: asOf, &f.UpdatedAt: updated})
	return f, err
}
