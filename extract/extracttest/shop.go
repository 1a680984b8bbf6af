// Package extracttest owns fake platforms and the suite that every connector
// must pass: servers that check signature, time, token, windows, page sizes and
// rate as the real ones do, that misbehave on demand, and that sell what one
// shop's canonical rows say.
package extracttest

import (
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"kefu/extract/api"
	"kefu/extract/dataset"
)

// Row is a canonical row: values by column. Times are RFC 3339 or local to
// Beijing, money is yuan.
type Row map[string]string

// At reads one of the row's times; the zero time where it has none.
func (r Row) At(column string) time.Time {
	for _, layout := range []string{time.RFC3339Nano, time.DateTime, "2006-01-02 15:04:05.999"} {
		if at, err := time.ParseInLocation(layout, r[column], api.Beijing); err == nil {
			return at
		}
	}
	return time.Time{}
}

// Local writes one of the row's times as Chinese platforms do; empty where it
// has none.
func (r Row) Local(column string) string {
	at := r.At(column)
	if at.IsZero() {
		return ""
	}
	return at.In(api.Beijing).Format(time.DateTime)
}

// Millis is one of the row's times in epoch milliseconds, 0 where it has none.
func (r Row) Millis(column string) int64 {
	if at := r.At(column); !at.IsZero() {
		return at.UnixMilli()
	}
	return 0
}

// Seconds is one of the row's times in epoch seconds, 0 where it has none.
func (r Row) Seconds(column string) int64 { return r.Millis(column) / 1000 }

// Fen is one of the row's amounts in fen.
func (r Row) Fen(column string) int64 {
	whole, cents, _ := strings.Cut(r[column], ".")
	y, _ := strconv.ParseInt(whole, 10, 64)
	c, _ := strconv.ParseInt((cents + "00")[:2], 10, 64)
	return y*100 + c
}

// Int is one of the row's whole numbers, 0 where it has none.
func (r Row) Int(column string) int64 {
	i, _ := strconv.ParseInt(r[column], 10, 64)
	return i
}

// Shop is what a platform knows of one shop. Safe for use by many at once.
type Shop struct {
	mu   sync.Mutex
	rows map[string][]Row
}

// NewShop returns an empty shop.
func NewShop() *Shop { return &Shop{rows: map[string][]Row{}} }

// Add adds rows of a dataset.
func (s *Shop) Add(name string, rows ...Row) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rows[name] = append(s.rows[name], rows...)
}

// Rows returns copies of the dataset's rows.
func (s *Shop) Rows(name string) []Row { return s.copies(name, func(Row) bool { return true }) }

func (s *Shop) copies(name string, which func(Row) bool) []Row {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Row
	for _, r := range s.rows[name] {
		if which(r) {
			out = append(out, maps.Clone(r))
		}
	}
	return out
}

// Change changes the rows of the dataset for which change returns true.
func (s *Shop) Change(name string, change func(Row) bool) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, r := range s.rows[name] {
		if change(r) {
			n++
		}
	}
	return n
}

// Within returns the rows whose time lies in [from, to), earliest first; equal
// times keep the order of their keys.
func (s *Shop) Within(name, column string, from, to time.Time) []Row {
	out := s.copies(name, func(r Row) bool {
		at := r.At(column)
		return !at.IsZero() && !at.Before(from) && at.Before(to)
	})
	schema := dataset.ByName(name)
	slices.SortStableFunc(out, func(a, b Row) int {
		if c := a.At(column).Compare(b.At(column)); c != 0 {
			return c
		}
		return cmp.Compare(a.key(schema), b.key(schema))
	})
	return out
}

// Where returns the rows with that value.
func (s *Shop) Where(name, column, value string) []Row {
	return s.copies(name, func(r Row) bool { return r[column] == value })
}

func (r Row) key(s *dataset.Schema) string {
	parts := make([]string, len(s.Key))
	for i, k := range s.Key {
		parts[i] = r[k]
	}
	return strings.Join(parts, "\x00")
}

// Touch lets one order change now: it leaves the window that is being walked.
// It takes the orders in turn and returns false when all have had theirs.
func (s *Shop) Touch(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.rows["orders"] {
		if r["tags"] != "touched" && r["status"] == "shipped" && r.At("updated_at").Before(now.Add(-time.Hour)) {
			stamp := now.In(api.Beijing).Truncate(time.Second).Format(time.RFC3339)
			r["tags"], r["status"], r["ended_at"], r["updated_at"] = "touched", "finished", stamp, stamp
			for _, item := range s.rows["order_items"] {
				if item["order_id"] == r["order_id"] {
					item["updated_at"] = stamp
				}
			}
			return true
		}
	}
	return false
}

// ReadShop reads a folder of canonical csv files, one a dataset.
func ReadShop(dir string) (*Shop, error) {
	s := NewShop()
	for _, schema := range dataset.All() {
		paths, err := filepath.Glob(filepath.Join(dir, schema.Name+"*.csv"))
		if err != nil {
			return nil, fmt.Errorf("look for %s: %w", schema.Name, err)
		}
		for _, path := range paths {
			if err := s.read(schema.Name, path); err != nil {
				return nil, fmt.Errorf("read %s: %w", path, err)
			}
		}
	}
	return s, nil
}

func (s *Shop) read(name, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	in := csv.NewReader(f)
	header, err := in.Read()
	if err != nil {
		return err
	}
	header = slices.Clone(header)
	for {
		cells, err := in.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		row := Row{}
		for i, c := range cells {
			if c != "" {
				row[header[i]] = c
			}
		}
		s.Add(name, row)
	}
}

// WriteCSV writes the dataset's rows as a canonical csv file.
func (s *Shop) WriteCSV(w io.Writer, name string) error {
	schema, out := dataset.ByName(name), csv.NewWriter(w)
	cells := make([]string, len(schema.Columns))
	for i, c := range schema.Columns {
		cells[i] = c.Name
	}
	if err := out.Write(cells); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	for n, r := range s.Rows(name) {
		for i, c := range schema.Columns {
			cells[i] = r[c.Name]
			if c.Name == "evaluation_id" && cells[i] == "" {
				cells[i] = strconv.Itoa(n + 1)
			}
		}
		if err := out.Write(cells); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	out.Flush()
	if err := out.Error(); err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}
