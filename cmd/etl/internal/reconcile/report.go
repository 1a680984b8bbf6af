// Package reconcile owns the comparison of a platform's own KPI report with our
// numbers: the layouts of reports, cell by cell comparison, and the proof of
// what a difference comes from.
package reconcile

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"kefu/extract"
	"kefu/extract/file"
	"kefu/extract/preset"
	"kefu/transform/catalogue"
)

// Report is what a file holds.
type Report struct {
	File     string
	Layout   *Layout
	Rows     []Row
	Totals   []Row
	Unused   []string // columns that no KPI of ours is in
	LastLine int
	CutOff   int // line of a last row that has fewer cells than the header; 0 = none
	// Exported is when the file was made, as its name or the command line says.
	Exported time.Time
}

// Row is the numbers of an agent, or of the shop, on some days.
type Row struct {
	Line     int
	Entity   string // as the file names it; "" at shop grain
	From, To time.Time
	Cells    []Printed
}

// Printed is a cell of a report.
type Printed struct {
	Metric  string
	Column  string // as the file names it
	Text    string
	Number  *Number // nil where there is none
	Delayed bool    // the number comes later
}

// Reading says what is known of a file beforehand.
type Reading struct {
	Presets  []*Preset // to choose from
	Metrics  *catalogue.Catalogue
	From, To time.Time // days of a file that names none; zero = not given
}

// maxBad is how many bad cells are told at once.
const maxBad = 20

// Read reads a report. A file that is none of the presets' layouts, and cells
// that hold no number, are *extract.FileErrors.
func Read(f file.File, in Reading) (*Report, error) {
	r := &reader{Reading: in, file: f, report: &Report{File: f.Name}}
	date1904, err := file.EachRow(f, r.keep)
	if err != nil {
		return nil, err
	}
	r.date1904 = date1904
	if err := r.choose(); err != nil {
		return nil, err
	}
	for _, row := range r.rows[r.header+1:] {
		r.take(row)
	}
	if len(r.bad) > 0 {
		return nil, errors.Join(r.bad...)
	}
	if len(r.report.Rows) == 0 {
		return nil, r.fault(0, "", "the report has no row of numbers below its header", "export it again with rows")
	}
	return r.report, nil
}

// reader is a file being read.
type reader struct {
	Reading
	file     file.File
	report   *Report
	rows     []preset.Row
	date1904 bool
	layout   *Layout
	header   int // index of the header among rows
	columns  map[int]string
	names    []string // of the header
	entity   int      // place of the columns, -1 = none
	date     int
	bad      []error
}

// keep keeps a row; reports are small.
func (r *reader) keep(row *preset.Row) error {
	const most = 200_000
	if len(r.rows) >= most {
		return r.fault(row.Line, "", fmt.Sprintf("the file has more than %d rows", most), "this is no KPI report; `etl run` loads exports of orders and chats")
	}
	kept := preset.Row{Line: row.Line, Kinds: slices.Clone(row.Kinds)}
	for _, c := range row.Cells {
		kept.Cells = append(kept.Cells, strings.Clone(c))
	}
	r.rows = append(r.rows, kept)
	r.report.LastLine = row.Line
	return nil
}

func (r *reader) fault(line int, column, problem, hint string) error {
	return &extract.FileError{File: r.file.Name, Line: line, Column: column, Problem: problem, Hint: hint}
}

// headerDepth is how far down a header is looked for.
const headerDepth = 15

// fit is how well a row is the header of a layout.
type fit struct {
	layout *Layout
	row    int
	known  int
	named  bool // the file's name speaks for the layout
}

// choose finds the layout and the header: the one most of whose columns are
// there; the file's name decides among equals.
func (r *reader) choose() error {
	var best fit
	for _, p := range r.Presets {
		for _, l := range p.Reports {
			named := l.accepts(r.file.Name)
			for i := range min(len(r.rows), headerDepth) {
				known := l.knows(r.namesOf(l, i))
				f := fit{l, i, known, named}
				if known > 0 && (best.layout == nil || cmp.Or(cmp.Compare(f.known, best.known), compareBool(f.named, best.named)) > 0) {
					best = f
				}
			}
		}
	}
	if best.layout == nil {
		return r.unknown()
	}
	r.layout, r.header, r.names = best.layout, best.row, r.namesOf(best.layout, best.row)
	r.report.Layout = best.layout
	r.entity, r.date = find(r.names, best.layout.Entity), find(r.names, best.layout.Date)
	r.columns = map[int]string{}
	for metric, c := range best.layout.Metrics {
		if i := find(r.names, c.From); i >= 0 {
			r.columns[i] = metric
		}
	}
	for i, name := range r.names {
		if _, used := r.columns[i]; !used && name != "" && i != r.entity && i != r.date && !is(best.layout.Ignore, name) {
			r.report.Unused = append(r.report.Unused, name)
		}
	}
	if r.date < 0 {
		return r.period()
	}
	return nil
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	default:
		return -1
	}
}

func (r *reader) unknown() error {
	var seen []string
	if len(r.rows) > 0 {
		for _, c := range r.rows[0].Cells {
			if c = strings.TrimSpace(c); c != "" && len(seen) < 40 {
				seen = append(seen, c)
			}
		}
	}
	return r.fault(1, "", "no layout of a report knows its columns; the first row is: "+strings.Join(seen, ", "),
		"name the preset with --preset, or describe the layout under presets: (docs/reconcile.md)")
}

// namesOf are the names of the columns if that row is the header of the layout.
func (r *reader) namesOf(l *Layout, i int) []string {
	names := make([]string, len(r.rows[i].Cells))
	group := ""
	for j, c := range r.rows[i].Cells {
		names[j] = strings.TrimSpace(strings.TrimPrefix(c, "\ufeff"))
		if l.Headers != 2 || i == 0 {
			continue
		}
		if above := r.rows[i-1].Cells; j < len(above) && strings.TrimSpace(above[j]) != "" {
			group = strings.TrimSpace(above[j])
		}
		if group != "" && group != names[j] && names[j] != "" {
			names[j] = group + "-" + names[j]
		}
	}
	return names
}

// find is the place of the column with one of the names, the earlier name
// first, or -1.
func find(names []string, aliases preset.Strings) int {
	for _, a := range aliases {
		for i, n := range names {
			if n != "" && preset.NormalName(n) == preset.NormalName(a) {
				return i
			}
		}
	}
	return -1
}

// knows counts the columns that the layout knows; 0 where it is not this one.
func (l *Layout) knows(names []string) int {
	if l.Grain == "agent" && find(names, l.Entity) < 0 {
		return 0
	}
	known, metrics := 0, 0
	for _, c := range l.Metrics {
		if find(names, c.From) >= 0 {
			metrics++
		}
	}
	for _, n := range names {
		if n != "" && (is(l.Ignore, n) || is(l.Date, n)) {
			known++
		}
	}
	if metrics == 0 || metrics < 2 && len(l.Metrics) > 1 {
		return 0
	}
	// A column of an agent makes it a report of agents.
	if l.Grain == "agent" {
		known++
	}
	return known + metrics
}

func (l *Layout) accepts(name string) bool {
	base := path.Base(filepath.ToSlash(name))
	return slices.ContainsFunc(l.Files, func(glob string) bool {
		full, _ := path.Match(glob, base)
		short, _ := path.Match(glob, strings.TrimSuffix(base, path.Ext(base)))
		return full || short
	})
}

var dateInText = regexp.MustCompile(`(20\d{2})(?:[-./年]?)(\d{2})(?:[-./月]?)(\d{2})日?`)

// datesIn lists the days that a text names, such as 2026-03-01至2026-03-07.
// Longer runs of digits are none.
func datesIn(text string) []time.Time {
	var out []time.Time
	for _, at := range dateInText.FindAllStringSubmatchIndex(text, -1) {
		if digitAt(text, at[0]-1) || digitAt(text, at[1]) {
			continue
		}
		d, err := time.Parse("20060102", text[at[2]:at[3]]+text[at[4]:at[5]]+text[at[6]:at[7]])
		if err == nil {
			out = append(out, d)
		}
	}
	return out
}

func digitAt(s string, i int) bool { return i >= 0 && i < len(s) && s[i] >= '0' && s[i] <= '9' }

// period finds the days of a file without a column of dates.
func (r *reader) period() error {
	if r.From.IsZero() {
		days := datesIn(path.Base(filepath.ToSlash(r.file.Name)))
		switch {
		case len(days) >= 2 && !days[1].Before(days[0]):
			r.From, r.To = days[0], days[1]
		case len(days) > 0:
			r.From, r.To = days[0], days[0]
		default:
			return r.fault(0, "", "the file says nowhere which days its numbers are of", "name them with --from and --to, or in the file's name as _2026-03-01至2026-03-07")
		}
	}
	r.From = r.windowed(r.From, r.To)
	return nil
}

// windowed is the first day of the numbers of a row that names these days.
func (r *reader) windowed(from, to time.Time) time.Time {
	if r.layout.Window > 0 {
		return to.AddDate(0, 0, 1-r.layout.Window)
	}
	return from
}
