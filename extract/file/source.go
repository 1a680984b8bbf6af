// Package file owns the source type `files`: it finds exported files, opens
// their containers, decodes their encodings and reads csv, xlsx, jsonl and chat
// texts as rows, which presets turn into records.
package file

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"kefu/extract"
	"kefu/extract/preset"
)

// Config is a source of type `files`.
type Config struct {
	Name     string
	Platform string
	Shop     string
	Path     string // folder, file or glob
	BaseDir  string // what a relative Path is relative to
	Preset   *preset.Preset
}

// Source finds and reads the files of one source.
type Source struct {
	cfg   Config
	root  string
	plans []*preset.Plan
}

// New returns the source. Its preset must be valid.
func New(cfg Config) (*Source, error) {
	if cfg.Preset == nil {
		return nil, fmt.Errorf("open source %s: it has no preset", cfg.Name)
	}
	if problems := cfg.Preset.Check(); len(problems) > 0 {
		return nil, fmt.Errorf("open source %s: preset%s: %s", cfg.Name, problems[0].Path, problems[0].Message)
	}
	if cfg.Path == "" {
		return nil, fmt.Errorf("open source %s: it has no path", cfg.Name)
	}
	root := cfg.Path
	if !filepath.IsAbs(root) {
		root = filepath.Join(cfg.BaseDir, root)
	}
	return &Source{cfg: cfg, root: root, plans: cfg.Preset.Plans()}, nil
}

// Input is one file to land: a file of the file system or a member of an
// archive. Its bytes are those of the innermost file, without .gz, .zst or .zip.
type Input struct {
	Name    string // relative to the source's path, members as a.zip!b.csv
	Size    int64  // on disk; of a member its share of the archive
	ModTime time.Time
	Plain   bool // Open reads them as they stand on disk, which costs nothing twice
	// Sighting is what the file system tells of the file: while it tells the same of
	// that name, the bytes are the same. "" = it cannot tell, or not yet.
	Sighting string
	open     func() (io.ReadCloser, error)
}

// Open returns the bytes of the innermost file. Damaged containers end reading
// with an *extract.FileError.
func (in Input) Open() (io.ReadCloser, error) { return in.open() }

// Seen is what reading all bytes of an Input tells.
type Seen struct {
	Sum   string // SHA-256, hex
	Bytes int64
	UTF8  bool // asked for, and all of them are
}

// Look reads all bytes and hands them to also; whether they are UTF-8 is found
// out only where text says so, for it costs.
func (in Input) Look(ctx context.Context, text bool, also io.Writer) (Seen, error) {
	body, err := in.open()
	if err != nil {
		return Seen{}, err
	}
	defer body.Close()
	var r io.Reader = body
	watch := Watch(body)
	if text {
		r = watch
	}
	n, h, buf := int64(0), sha256.New(), make([]byte, readChunk)
	for {
		k, err := r.Read(buf)
		h.Write(buf[:k])
		if _, err := also.Write(buf[:k]); err != nil {
			return Seen{}, err
		}
		n += int64(k)
		if errors.Is(err, io.EOF) {
			return Seen{Sum: hex.EncodeToString(h.Sum(nil)), Bytes: n, UTF8: text && watch.UTF8()}, nil
		}
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return Seen{}, fmt.Errorf("read %s: %w", in.Name, err)
		}
	}
}

// Datasets names the datasets that the layouts of the preset can give.
func (s *Source) Datasets() []string {
	var out []string
	for _, p := range s.plans {
		out = append(out, p.Datasets()...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// Listing is what a source holds at one moment, in the order of names.
type Listing struct {
	Inputs   []Input
	Warnings []extract.Warning // files that no layout of the preset accepts
	Broken   []error           // *extract.FileError of archives that cannot be listed and of formats that are not read
}

// List finds the source's files. Hidden and temporary files are passed over.
func (s *Source) List(ctx context.Context) (*Listing, error) {
	found, err := find(ctx, s.root)
	if err != nil {
		return nil, fmt.Errorf("list files of source %s: %w", s.cfg.Name, err)
	}
	out := &Listing{}
	for _, f := range found {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		inputs, err := expand(f)
		if err != nil {
			out.Broken = append(out.Broken, err)
			continue
		}
		for _, in := range inputs {
			if len(s.candidates(in.Name)) == 0 {
				if old := s.oldWorkbook(in.Name); old != nil {
					out.Broken = append(out.Broken, old)
					continue
				}
				out.Warnings = append(out.Warnings, extract.Warning{Message: s.unmatched(in.Name)})
				continue
			}
			out.Inputs = append(out.Inputs, in)
		}
	}
	slices.SortStableFunc(out.Inputs, func(a, b Input) int { return strings.Compare(a.Name, b.Name) })
	return out, nil
}

func (s *Source) unmatched(name string) string {
	return name + " is left out: no layout of the preset accepts a file of that name"
}

// oldWorkbook tells a workbook of the old format that the preset would read if
// it were of the new one: its rows must not go missing unnoticed.
func (s *Source) oldWorkbook(name string) error {
	if !strings.HasSuffix(strings.ToLower(name), ".xls") || len(s.candidates(name+"x")) == 0 {
		return nil
	}
	return &extract.FileError{
		File: name, Problem: "workbooks of the old .xls format are not read", Hint: "open it in a spreadsheet and save it as .xlsx, or export it as .csv",
	}
}

// candidate is a layout that may describe a file, and the format it would have.
type candidate struct {
	plan   *preset.Plan
	format string
}

func (s *Source) candidates(name string) []candidate {
	base := leafBase(name)
	var out []candidate
	for _, p := range s.plans {
		if f := p.Format(base); f != "" {
			out = append(out, candidate{p, f})
		}
	}
	return out
}

// leafBase is the base name of the innermost file.
func leafBase(name string) string {
	if i := strings.LastIndexByte(name, '!'); i >= 0 {
		name = name[i+1:]
	}
	base := path.Base(filepath.ToSlash(name))
	return base[:len(base)-len(layerOf(base))]
}

// File is bytes to read: those of an Input as they were landed, under its name.
type File struct {
	Name string
	Open func() (io.ReadCloser, error)
	UTF8 bool // all of them are known to be UTF-8
}

// Reading reads files of the source. Files of a preset may complete each other
// (a chat log and its session workbook), so it is told of all of them: those
// to be read and those known from before.
type Reading struct {
	source *Source
	files  []File
	join   *join
}

// Reading starts reading among the given files. It is used by one goroutine.
func (s *Source) Reading(files []File) *Reading {
	files = slices.Clone(files)
	slices.SortStableFunc(files, func(a, b File) int { return strings.Compare(a.Name, b.Name) })
	return &Reading{source: s, files: files}
}

// Joined tells whether the named file is read together with others of the
// source: a new file of that kind may complete records of the others.
func (s *Source) Joined(name string) bool {
	return slices.ContainsFunc(s.candidates(name), func(c candidate) bool { return c.plan.Joins(preset.JoinSessions) })
}

// Read hands everything in the file to the sink. A file that cannot be used is
// an *extract.FileError; what the sink took of it until then is void.
func (r *Reading) Read(ctx context.Context, f File, sink extract.Sink) error {
	in, err := r.open(f)
	if err != nil {
		return r.named(f, err)
	}
	defer in.close()
	base := leafBase(f.Name)
	m, unknown := in.plan.Bind(in.header, preset.FileInfo{
		Name: strings.TrimSuffix(base, path.Ext(base)), AsOf: in.plan.AsOfName(base), Date1904: in.date1904,
	})
	for _, column := range unknown {
		sink.Warn(extract.Warning{
			Dataset: in.plan.Datasets()[0], Line: in.headerLine, Column: column,
			Message: "the preset does not know this column; it is not used",
		})
	}
	for _, w := range in.warnings {
		sink.Warn(extract.Warning{Dataset: in.plan.Datasets()[0], Message: w})
	}
	if in.delimited != nil {
		in.delimited.least = m.Width()
	}
	if m.Surveys() {
		if err := r.survey(ctx, f, m); err != nil {
			return r.named(f, err)
		}
		m.Settle()
	}
	if err := each(ctx, in.rows, func(row *preset.Row) error { return m.Row(row, sink) }); err != nil {
		return r.named(f, err)
	}
	if in.after != nil {
		return r.named(f, in.after(sink))
	}
	return nil
}

// Layout is what a file is under the source's preset.
type Layout struct {
	Name     string   // of the preset's layout
	Unfilled []string // dataset.column that the layout maps, none of whose columns the file has
}

// Layout tells which layout of the preset describes the file.
func (r *Reading) Layout(f File) (Layout, error) {
	in, err := r.open(f)
	if err != nil {
		return Layout{}, r.named(f, err)
	}
	defer in.close()
	return Layout{Name: in.plan.Name(), Unfilled: in.plan.Unfilled(in.header)}, nil
}

// survey reads the file for what rows of one order share or add up to.
func (r *Reading) survey(ctx context.Context, f File, m *preset.Mapper) error {
	in, err := r.open(f)
	if err != nil {
		return err
	}
	defer in.close()
	if in.delimited != nil {
		in.delimited.least = m.Width()
	}
	return each(ctx, in.rows, func(row *preset.Row) error {
		m.Survey(row)
		return nil
	})
}

func each(ctx context.Context, from rows, do func(*preset.Row) error) error {
	for n := 0; ; n++ {
		if n%1024 == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		row, err := from.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = do(row)
		}
		if err != nil {
			return err
		}
	}
}

// RawLines hands over the bytes of the rows that start at the given lines, as
// Read would show them.
func (r *Reading) RawLines(ctx context.Context, f File, lines map[int]bool, each func(line int, raw []byte) error) error {
	in, err := r.open(f)
	if err != nil {
		return r.named(f, err)
	}
	defer in.close()
	for left := len(lines); left > 0; {
		if err := ctx.Err(); err != nil {
			return err
		}
		row, err := in.rows.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return r.named(f, err)
		}
		if lines[row.Line] {
			left--
			if err := each(row.Line, row.Raw); err != nil {
				return err
			}
		}
	}
	return nil
}

// named puts the file's name into its error.
func (r *Reading) named(f File, err error) error {
	var fe *extract.FileError
	if errors.As(err, &fe) {
		if fe.File == "" {
			fe.File = f.Name
		}
		return err
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", f.Name, err)
	}
	return nil
}

// rows is what every format reader offers. The row is valid until the next
// call; the end is io.EOF.
type rows interface {
	next() (*preset.Row, error)
}

// opened is a file whose layout is known, ready for its first row.
type opened struct {
	plan       *preset.Plan
	header     []string
	headerLine int
	date1904   bool
	rows       rows
	delimited  *csvRows // the rows, where they are delimited text
	warnings   []string
	after      func(extract.Sink) error // once the rows are through
	closers    []io.Closer
}

func (o *opened) close() {
	for _, c := range slices.Backward(o.closers) {
		c.Close()
	}
}
