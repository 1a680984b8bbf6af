// Package datafile owns how rows in memory become a data file of the lake:
// Parquet, as the engine writes it too, but straight from Arrow's columns. What
// repeats costs next to nothing: a column that says the same in all rows is one
// run, one with a dictionary keeps it, one without any value is a few bytes.
// Numbers are written by what they are: a few different ones by a dictionary,
// times and other numbers that lie together by their differences, hashes as
// they are and not compressed.
package datafile

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"

	libzstd "github.com/DataDog/zstd"
	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/compress"
	"github.com/apache/arrow-go/v18/parquet/metadata"
	"github.com/apache/arrow-go/v18/parquet/schema"

	"kefu/extract/lake"
)

// RowGroup is how many rows stand together, as in the engine's files.
const RowGroup = 122880

// magic is what a Parquet file starts and ends with.
const magic = "PAR1"

// Writer writes data files, one at a time.
type Writer struct {
	zstd       libzstd.Ctx
	header     []byte
	out        *bufio.Writer
	words      map[string]int32 // of the dictionary at hand
	codes      []int32
	places     []int32
	narrow     []int32
	wide       []int64
	dictionary []byte
	page       []byte
	compressed []byte
}

// NewWriter returns a writer.
func NewWriter() *Writer {
	return &Writer{zstd: libzstd.NewCtx(), out: bufio.NewWriterSize(nil, 1<<18), words: map[string]int32{}}
}

// Write writes rows to a new file: see WriteAll.
func (w *Writer) Write(path string, spec lake.Spec, rows arrow.RecordBatch) error {
	return w.WriteAll(path, spec, func(yield func(arrow.RecordBatch, error) bool) { yield(rows, nil) })
}

// WriteAll writes rows to a new file, part by part, of which each but the last
// is best of RowGroup rows; a part need not stay when the next is asked for. The
// columns of the spec are found among those of the rows by name; those that are
// not there are empty. The file is not durable yet: see lake.Seal.
func (w *Writer) WriteAll(path string, spec lake.Spec, parts iter.Seq2[arrow.RecordBatch, error]) error {
	root, err := schemaOf(spec)
	if err != nil {
		return fmt.Errorf("write data file: %w", err)
	}
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("write data file: %w", err)
	}
	w.out.Reset(f)
	out := &counter{w: w.out}
	err = w.file(out, root, spec, parts)
	if err == nil {
		err = out.w.Flush()
	}
	if err == nil {
		flush(f)
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write data file: %w", err)
	}
	return nil
}

// counter knows how far it has written.
type counter struct {
	w *bufio.Writer
	n int64
}

// Write implements io.Writer.
func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}

func (w *Writer) file(out *counter, root *schema.Schema, spec lake.Spec, parts iter.Seq2[arrow.RecordBatch, error]) error {
	if _, err := io.WriteString(out, magic); err != nil {
		return err
	}
	props := parquet.NewWriterProperties(parquet.WithCompression(compress.Codecs.Zstd), parquet.WithVersion(parquet.V2_LATEST), parquet.WithCreatedBy("kefu"))
	meta := metadata.NewFileMetadataBuilder(root, props, nil)
	groups := 0
	for rows, err := range parts {
		if err != nil {
			return err
		}
		columns := columnsOf(spec, rows)
		for from, total := 0, int(rows.NumRows()); from < total; from += RowGroup {
			if err := w.group(out, meta.AppendRowGroup(), columns, groups, from, min(from+RowGroup, total)); err != nil {
				return err
			}
			groups++
		}
	}
	done, err := meta.Finish()
	if err != nil {
		return err
	}
	size, err := done.WriteTo(out, nil)
	if err != nil {
		return err
	}
	_, err = out.Write(append(appendNumber(nil, uint64(size), 4), magic...))
	return err
}

// columnsOf finds the columns of the spec, nil where there is none.
func columnsOf(spec lake.Spec, rows arrow.RecordBatch) []arrow.Array {
	columns := make([]arrow.Array, len(spec.Columns))
	for i, c := range spec.Columns {
		if at := rows.Schema().FieldIndices(c.Name); len(at) > 0 {
			columns[i] = rows.Column(at[0])
		}
	}
	return columns
}

// group writes some rows.
func (w *Writer) group(out *counter, meta *metadata.RowGroupMetaDataBuilder, columns []arrow.Array, ordinal, from, to int) error {
	meta.SetNumRows(to - from)
	start := out.n
	for _, column := range columns {
		var c *chunk
		if column == nil {
			c = absent(to - from)
		} else {
			var err error
			if c, err = w.encode(column, from, to); err != nil {
				return err
			}
		}
		if err := w.chunk(out, meta.NextColumnChunk(), c); err != nil {
			return err
		}
	}
	return meta.Finish(out.n-start, int16(ordinal))
}

// absent is a column without any value.
func absent(rows int) *chunk {
	c := &chunk{rows: rows, page: appendPresence(nil, nil, 0, rows, rows)}
	c.stats.SetNullCount(int64(rows))
	return c
}

// chunk writes the pages of a column.
func (w *Writer) chunk(out *counter, meta *metadata.ColumnChunkMetaDataBuilder, c *chunk) error {
	p := &pages{w: w, out: out, info: metadata.ChunkMetaInfo{IndexPageOffset: -1}}
	of := metadata.EncodingStats{}
	encoding := c.encoding
	if c.dictionary != nil {
		encoding = parquet.Encodings.RLEDict
		of.DictEncodingStats = map[parquet.Encoding]int32{parquet.Encodings.Plain: 1}
		if err := p.dictionary(c.dictionary, c.entries); err != nil {
			return err
		}
	}
	of.DataEncodingStats = map[parquet.Encoding]int32{encoding: 1}
	if err := p.data(c.page, c.rows, encoding); err != nil {
		return err
	}
	meta.SetStats(c.stats)
	if err := meta.Finish(p.info, c.dictionary != nil, false, of); err != nil {
		return err
	}
	if c.dictionary == nil {
		nameEncoding(meta.Contents().MetaData.Encodings, c.encoding)
	}
	return nil
}

// nameEncoding corrects the first of the encodings that a chunk says to have:
// the builder takes it from the properties of the file.
func nameEncoding[E ~int32 | ~int64](all []E, first parquet.Encoding) {
	if len(all) > 0 {
		all[0] = E(first)
	}
}
