package file

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/memory"
	"github.com/apache/arrow-go/v18/parquet"
	parquetfile "github.com/apache/arrow-go/v18/parquet/file"
	"github.com/apache/arrow-go/v18/parquet/pqarrow"

	"kefu/extract"
	"kefu/extract/preset"
)

// Limits of a Parquet file, against files made to fill memory.
const (
	parquetBatch    = 4096
	maxParquetPage  = 64 << 20
	parquetRatioMin = 1 << 30 // bytes of cells from which the ratio is looked at
	maxParquetRatio = 2000
)

// parquetRows reads a Parquet file row group by row group. Values become the
// texts that other formats would have, nothing of them is lost. Lines are
// counted from 1 over all row groups.
type parquetRows struct {
	bytes  *spooled
	file   *parquetfile.Reader
	reader *pqarrow.FileReader
	fields []parquetField
	nested []string // columns that are not read

	group   int   // the next row group
	left    int64 // rows of the present one that are not read yet
	columns []*pqarrow.ColumnReader
	cells   [][]string // of the batch, by column
	kinds   [][]preset.Kind
	bad     [][]bool
	at, n   int // row of the batch, rows in it
	size    int64

	row preset.Row
	raw []byte
}

// parquetField is a column at the top of the schema.
type parquetField struct {
	index  int
	name   string
	leaves map[int]bool
}

func openParquet(f File, candidates []candidate) (*opened, error) {
	p, err := openParquetRows(f)
	if err != nil {
		return nil, err
	}
	in := &opened{rows: p, closers: []io.Closer{p}}
	best := &headerError{knows: -1}
	if !in.choose(&preset.Row{Cells: p.names()}, candidates, best) {
		in.close()
		return nil, best
	}
	for _, name := range p.nested {
		in.warnings = append(in.warnings, fmt.Sprintf("column %q is nested; it is not read", name))
	}
	return in, nil
}

func openParquetRows(f File) (*parquetRows, error) {
	at, err := spool(f)
	if err != nil {
		return nil, err
	}
	p := &parquetRows{bytes: at}
	switch {
	case bytes.HasPrefix(at.head, []byte("PARE")):
		err = &extract.FileError{Problem: "the Parquet file is encrypted", Hint: "write it without encryption"}
	case !bytes.HasPrefix(at.head, []byte("PAR1")):
		err = &extract.FileError{Problem: "the file is no Parquet file by its content", Hint: "give it the name extension that it has by content"}
	default:
		err = p.safely(p.openFile)
	}
	if err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// names are the columns that are read.
func (p *parquetRows) names() []string {
	out := make([]string, len(p.fields))
	for i, field := range p.fields {
		out[i] = field.name
	}
	return out
}

// Close lets go of the file.
func (p *parquetRows) Close() error {
	p.release()
	return p.bytes.Close()
}

func (p *parquetRows) release() {
	for _, c := range p.columns {
		c.Release()
	}
	p.columns = nil
}

// safely turns what a reader makes of damaged bytes into an error of the file.
func (p *parquetRows) safely(do func() error) (err error) {
	defer func() {
		if wrong := recover(); wrong != nil {
			err = errDamagedParquet(fmt.Errorf("%v", wrong))
		}
	}()
	if err = do(); err == nil {
		return nil
	}
	if fe := (*extract.FileError)(nil); errors.As(err, &fe) {
		return err
	}
	return errDamagedParquet(err)
}

func errDamagedParquet(err error) *extract.FileError {
	return damaged("", "the Parquet file is damaged or truncated", err)
}

func (p *parquetRows) openFile() error {
	props := parquet.NewReaderProperties(memory.DefaultAllocator)
	props.BufferedStreamEnabled = true
	props.MaxCompressedPageSize, props.MaxUncompressedPageSize = maxParquetPage, maxParquetPage
	var err error
	if p.file, err = parquetfile.NewParquetReader(io.NewSectionReader(p.bytes, 0, p.bytes.size), parquetfile.WithReadProps(props)); err != nil {
		return err
	}
	// One column after the other, in this goroutine, so that damage cannot end
	// the program.
	if p.reader, err = pqarrow.NewFileReader(p.file, pqarrow.ArrowReadProperties{BatchSize: parquetBatch}, memory.DefaultAllocator); err != nil {
		return err
	}
	for i := range p.reader.Manifest.Fields {
		field := &p.reader.Manifest.Fields[i]
		leaf := field
		if len(leaf.Children) == 1 && isList(leaf.Field.Type) {
			leaf = &leaf.Children[0]
		}
		if !leaf.IsLeaf() {
			p.nested = append(p.nested, field.Field.Name)
			continue
		}
		p.fields = append(p.fields, parquetField{i, field.Field.Name, map[int]bool{leaf.ColIndex: true}})
	}
	if len(p.fields) > maxColumns {
		return &extract.FileError{Problem: "the file has more columns than a table can have", Hint: "write those that are needed"}
	}
	return nil
}

func isList(t arrow.DataType) bool {
	switch t.ID() {
	case arrow.LIST, arrow.LARGE_LIST, arrow.FIXED_SIZE_LIST:
		return true
	default:
		return false
	}
}

func (p *parquetRows) next() (*preset.Row, error) {
	if p.at == p.n {
		if err := p.safely(p.load); err != nil {
			return nil, err
		}
		if p.n == 0 {
			return nil, io.EOF
		}
	}
	p.row = preset.Row{Line: p.row.Line + 1, Cells: p.row.Cells[:0], Kinds: p.row.Kinds[:0]}
	for i, cells := range p.cells {
		p.row.Cells = append(p.row.Cells, cells[p.at])
		p.row.Kinds = append(p.row.Kinds, p.kinds[i][p.at])
		if p.bad[i] != nil && p.bad[i][p.at] {
			p.row.Fault = &preset.Fault{Column: p.fields[i].name, Reason: "bytes that are not UTF-8", Hint: "write the column as text in UTF-8"}
		}
	}
	p.at++
	p.raw = jsonList(p.raw[:0], p.row.Cells)
	p.row.Raw = p.raw
	if blank(p.row.Cells) {
		p.row.Skip = skipBlank
	}
	return &p.row, nil
}

// load reads the next batch, of the next row group where this one is through;
// after the last there are no rows in it.
func (p *parquetRows) load() error {
	p.at, p.n = 0, 0
	for p.left == 0 {
		p.release()
		if p.group == p.file.NumRowGroups() {
			return nil
		}
		if p.left = p.file.MetaData().RowGroup(p.group).NumRows(); p.left < 0 {
			return errors.New("a row group has a negative number of rows")
		}
		for _, field := range p.fields {
			c, err := p.reader.GetFieldReader(context.Background(), field.index, field.leaves, []int{p.group})
			if err != nil {
				return fmt.Errorf("open column %s: %w", field.name, err)
			}
			p.columns = append(p.columns, c)
		}
		p.group++
	}
	want := min(p.left, parquetBatch)
	p.cells, p.kinds, p.bad = p.cells[:0], p.kinds[:0], p.bad[:0]
	for i, c := range p.columns {
		if err := p.column(c, want); err != nil {
			return fmt.Errorf("read column %s: %w", p.fields[i].name, err)
		}
	}
	if p.size > parquetRatioMin && p.size/maxParquetRatio > p.bytes.size {
		return &extract.FileError{Problem: "the Parquet file unpacks to far more than an export would", Hint: "do not trust this file"}
	}
	p.n, p.left = int(want), p.left-want
	return nil
}

// column reads a batch of one column. Its texts point into the batch, which the
// allocator leaves to the garbage collector: they outlive it.
func (p *parquetRows) column(c *pqarrow.ColumnReader, want int64) error {
	data, err := c.NextBatch(want)
	if err != nil {
		return err
	}
	defer data.Release()
	if int64(data.Len()) != want {
		return fmt.Errorf("it has %d values where the row group has %d more rows", data.Len(), want)
	}
	cells, kinds := make([]string, 0, want), make([]preset.Kind, 0, want)
	var bad []bool
	for _, chunk := range data.Chunks() {
		text := cellText(chunk)
		for i := range chunk.Len() {
			v, kind, ok := "", preset.Text, true
			if chunk.IsValid(i) {
				v, kind, ok = text(i)
			}
			if !ok && bad == nil {
				bad = make([]bool, want)
			}
			if !ok {
				bad[len(cells)] = true
			}
			p.size += int64(len(v)) + 1
			cells, kinds = append(cells, v), append(kinds, kind)
		}
	}
	p.cells, p.kinds, p.bad = append(p.cells, cells), append(p.kinds, kinds), append(p.bad, bad)
	return nil
}
