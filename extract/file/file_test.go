package file

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding/simplifiedchinese"

	"kefu/extract"
	"kefu/extract/dataset"
	"kefu/extract/preset"
)

// book is a sink that remembers everything and keeps the accounts.
type book struct {
	t        *testing.T
	records  []extract.Record
	rejects  []extract.Reject
	warnings []extract.Warning
	skips    map[string]int // dataset/filter
	read     map[string]int
	accepted map[string]int
	merged   map[string]int
	skipped  map[string]int
	rejected map[string]int
}

func newBook(t *testing.T) *book {
	return &book{
		t: t, skips: map[string]int{}, read: map[string]int{}, accepted: map[string]int{}, merged: map[string]int{},
		skipped: map[string]int{}, rejected: map[string]int{},
	}
}

func (b *book) Read(ds string, n int) { b.read[ds] += n }

func (b *book) Accept(r extract.Record) error {
	r.Values = append([]string(nil), r.Values...)
	r.Raw = bytes.Clone(r.Raw)
	b.records = append(b.records, r)
	b.accepted[r.Dataset]++
	if r.Line < 1 || len(r.Values) != len(dataset.ByName(r.Dataset).Columns) {
		b.t.Errorf("record out of form: %+v", r)
	}
	return nil
}

func (b *book) Merge(ds string, _ int) { b.merged[ds]++ }

func (b *book) Skip(ds, filter string, _ int) {
	b.skipped[ds]++
	b.skips[ds+"/"+filter]++
}

func (b *book) Reject(r extract.Reject) error {
	r.Raw = bytes.Clone(r.Raw)
	b.rejects = append(b.rejects, r)
	b.rejected[r.Dataset]++
	if r.Reason == "" || r.Hint == "" || r.Line < 1 {
		b.t.Errorf("reject out of form: %+v", r)
	}
	return nil
}

func (b *book) Warn(w extract.Warning) { b.warnings = append(b.warnings, w) }

// balanced checks that nothing is lost.
func (b *book) balanced() {
	b.t.Helper()
	for ds, n := range b.read {
		if got := b.accepted[ds] + b.merged[ds] + b.skipped[ds] + b.rejected[ds]; got != n {
			b.t.Errorf("%s: read %d, accounted for %d (accepted %d, merged %d, skipped %d, rejected %d)",
				ds, n, got, b.accepted[ds], b.merged[ds], b.skipped[ds], b.rejected[ds])
		}
	}
}

// values lists the named columns of a dataset's records.
func (b *book) values(ds string, columns ...string) []string {
	schema := dataset.ByName(ds)
	var out []string
	for _, r := range b.records {
		if r.Dataset != ds {
			continue
		}
		var parts []string
		for _, c := range columns {
			_, i := schema.Column(c)
			parts = append(parts, r.Values[i])
		}
		out = append(out, strings.Join(parts, " | "))
	}
	return out
}

func (b *book) expect(ds, columns string, want ...string) {
	b.t.Helper()
	got := b.values(ds, strings.Fields(columns)...)
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		b.t.Errorf("%s %s:\n got\n%s\nwant\n%s", ds, columns, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func source(t *testing.T, name string) *Source {
	t.Helper()
	p, err := preset.Shipped(name)
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(Config{Name: "test", Path: t.TempDir(), Preset: p})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func bytesFile(name string, data []byte) File {
	return File{Name: name, Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }}
}

func textFile(name, text string) File { return bytesFile(name, []byte(text)) }

// readFile reads one file among others and checks the accounts.
func readFile(t *testing.T, s *Source, f File, others ...File) (*book, error) {
	t.Helper()
	b := newBook(t)
	err := s.Reading(append(others, f)).Read(context.Background(), f, b)
	if err == nil {
		b.balanced()
	}
	return b, err
}

func mustRead(t *testing.T, s *Source, f File, others ...File) *book {
	t.Helper()
	b, err := readFile(t, s, f, others...)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// place is where a file error points.
type place struct {
	Line   int
	Column string
}

// fileError expects a file error that says all the parts.
func fileError(t *testing.T, err error, parts ...string) place {
	t.Helper()
	var fe *extract.FileError
	if !errors.As(err, &fe) {
		t.Fatalf("error %v, not a file error", err)
	}
	if fe.File == "" || fe.Hint == "" {
		t.Errorf("file error without file or hint: %+v", fe)
	}
	for _, p := range parts {
		if !strings.Contains(err.Error(), p) {
			t.Errorf("error %q does not say %q", err, p)
		}
	}
	return place{fe.Line, fe.Column}
}

func gbk(t *testing.T, s string) []byte {
	t.Helper()
	b, err := simplifiedchinese.GB18030.NewEncoder().Bytes([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// workbook writes cells to the first sheet. A float64 becomes a number.
func workbook(t testing.TB, rows ...[]any) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close() //nolint:errcheck // in memory
	for i, row := range rows {
		if err := f.SetSheetRow("Sheet1", fmt.Sprintf("A%d", i+1), &row); err != nil {
			t.Fatal(err)
		}
	}
	var out bytes.Buffer
	if err := f.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func cells(s string) []any {
	var out []any
	for _, c := range strings.Split(s, ",") {
		out = append(out, c)
	}
	return out
}
