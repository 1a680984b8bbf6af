package file

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"kefu/extract"
	"kefu/extract/preset"
)

// Names of the filters that readers leave lines out under.
const (
	skipBanner    = "banner"     // rows above the header
	skipBlank     = "blank"      // rows without any content
	skipLayout    = "layout"     // lines that only arrange a chat text
	skipGroupChat = "group_chat" // chats among agents
)

// headerRows is how far down a header is looked for.
const headerRows = 15

// open finds the layout of a file and makes its rows ready.
func (r *Reading) open(f File) (*opened, error) {
	r.include(f)
	candidates := r.source.candidates(f.Name)
	if len(candidates) == 0 {
		return nil, &extract.FileError{Problem: "no layout of the preset accepts a file of that name", Hint: "rename the file, or add its name to the preset's files"}
	}
	switch first := candidates[0]; first.format {
	case preset.Wangwang:
		return openWangwang(f, first.plan)
	case preset.Dongdong:
		return r.openDongdong(f, first.plan)
	case preset.JSONL:
		return openJSONL(f, first.plan)
	default:
		in, err := openTable(f, candidates)
		if near := (*headerError)(nil); errors.As(err, &near) {
			return nil, near.FileError
		}
		if err != nil {
			return nil, err
		}
		if in.plan.Joins(preset.JoinSessions) {
			r.joinWorkbook(f, in)
		}
		return in, nil
	}
}

// include adds a file that the reading was not told of.
func (r *Reading) include(f File) {
	if !slices.ContainsFunc(r.files, func(have File) bool { return have.Name == f.Name }) {
		r.files, r.join = append(r.files, f), nil
	}
}

// openTable opens a csv, tsv, xlsx or parquet file and finds its header among
// the candidates' layouts.
func openTable(f File, candidates []candidate) (*opened, error) {
	switch candidates[0].format {
	case preset.Parquet:
		return openParquet(f, candidates)
	case preset.XLSX:
		book, err := openXLSX(f)
		if err != nil {
			return nil, err
		}
		in := &opened{date1904: book.date1904, warnings: book.warnings(), closers: []io.Closer{book}}
		if err := in.find(book, candidates); err != nil {
			in.close()
			return nil, err
		}
		return in, nil
	}
	encoding, err := detect(f, candidates[0].plan.Encodings(), false)
	if err != nil {
		return nil, err
	}
	delims := []byte{',', '\t', ';'}
	if candidates[0].format == preset.TSV {
		delims = []byte{'\t', ',', ';'}
	}
	var first error
	for _, delim := range delims {
		in, err := openDelimited(f, encoding, delim, candidates)
		if err == nil {
			return in, nil
		}
		// The error of the likeliest delimiter is the one to show, unless
		// another one at least split the header.
		if first == nil || better(err, first) {
			first = err
		}
	}
	return nil, first
}

func openDelimited(f File, encoding string, delim byte, candidates []candidate) (*opened, error) {
	body, err := f.Open()
	if err != nil {
		return nil, err
	}
	in := &opened{closers: []io.Closer{body}}
	rows := newCSV(body, encoding, delim)
	rows.sound = f.UTF8
	if err := in.find(rows, candidates); err != nil {
		in.close()
		return nil, err
	}
	rows.width, in.delimited = len(in.header), rows
	return in, nil
}

// headerError is a header that was not found, with how near it was.
type headerError struct {
	*extract.FileError
	knows int
}

func (e *headerError) Unwrap() error { return e.FileError }

func better(err, than error) bool {
	var a, b *headerError
	return errors.As(err, &a) && errors.As(than, &b) && a.knows > b.knows
}

// find reads rows until one is a candidate's header. What stands above it is
// kept to be skipped as banner.
func (o *opened) find(from rows, candidates []candidate) error {
	var above []preset.Row
	best := &headerError{knows: -1}
	for len(above) < headerRows {
		row, err := from.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if o.choose(row, candidates, best) {
			o.rows = &headed{banner: above, from: from}
			return nil
		}
		above = append(above, kept(row))
	}
	if len(above) == 0 {
		return errEmpty()
	}
	return best
}

// choose takes the candidate whose required columns the row has; of several
// the one that knows most of its columns. Else it notes the nearest miss.
func (o *opened) choose(row *preset.Row, candidates []candidate, best *headerError) bool {
	top := -1
	for _, c := range candidates {
		cells := row.Cells
		if c.plan.Joins(preset.JoinSessions) {
			cells = slices.Concat(cells, workbookColumns)
		}
		lacks, knows := c.plan.Fit(cells)
		if c.plan.Joins(preset.JoinSessions) {
			knows -= len(workbookColumns)
		}
		switch {
		case len(lacks) == 0 && knows > top:
			top = knows
			o.plan, o.header, o.headerLine = c.plan, slices.Clone(row.Cells), row.Line
		case len(lacks) > 0 && knows > best.knows:
			*best = headerError{lacking(c.plan, lacks, row), knows}
		}
	}
	return top >= 0
}

func lacking(plan *preset.Plan, lacks []preset.Missing, row *preset.Row) *extract.FileError {
	var seen []string
	for _, c := range row.Cells {
		if c = strings.TrimSpace(strings.Trim(c, "\ufeff\t ")); c != "" {
			seen = append(seen, shorten(c))
		}
	}
	const most = 60
	if len(seen) > most {
		seen = append(seen[:most:most], "…")
	}
	return &extract.FileError{
		Line: row.Line, Column: lacks[0].Aliases[0],
		Problem: fmt.Sprintf("required column %s of %s (%s) is missing: accepted names are %s; columns seen: %s",
			lacks[0].Column, lacks[0].Dataset, plan.Name(), strings.Join(lacks[0].Aliases, ", "), strings.Join(seen, ", ")),
		Hint: "export the file with this column, or add its name to the preset",
	}
}

func shorten(s string) string {
	if r := []rune(s); len(r) > 30 {
		return string(r[:30]) + "…"
	}
	return s
}

// kept copies a row so that it outlives the next one.
func kept(row *preset.Row) preset.Row {
	out := *row
	out.Cells, out.Kinds, out.Raw, out.Merged = slices.Clone(row.Cells), slices.Clone(row.Kinds), slices.Clone(row.Raw), slices.Clone(row.Merged)
	return out
}

// headed shows the rows above the header as skipped, then the rows below it.
type headed struct {
	banner []preset.Row
	from   rows
}

func (h *headed) next() (*preset.Row, error) {
	if len(h.banner) == 0 {
		return h.from.next()
	}
	row := &h.banner[0]
	h.banner = h.banner[1:]
	if row.Skip == "" {
		row.Skip = skipBanner
	}
	row.Fault = nil
	return row, nil
}
