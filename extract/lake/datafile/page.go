package datafile

import (
	"encoding/binary"

	"github.com/apache/arrow-go/v18/parquet"
	"github.com/apache/arrow-go/v18/parquet/metadata"
)

// Pages are what a column of a row group is written as: a header in Thrift's
// compact protocol, then a frame of zstd.

// What a header's fields are announced by: how much its number is above that of
// the field before it, and its type.
const (
	nextNumber     = 1<<4 | 5
	dataFields     = 2<<4 | 12 // number 5, a struct
	dictionaryPart = 4<<4 | 12 // number 7, a struct
	noMore         = 0
)

// Types of pages.
const (
	dataPage       = 0
	dictionaryPage = 2
)

// pages writes the pages of a column and adds up what its metadata say of them.
type pages struct {
	w    *Writer
	out  *counter
	info metadata.ChunkMetaInfo
}

// dictionary writes the page of a dictionary.
func (p *pages) dictionary(words []byte, entries int) error {
	p.info.DictPageOffset = p.out.n
	return p.write(dictionaryPage, dictionaryPart, words, entries, parquet.Encodings.Plain)
}

// data writes the page of the values.
func (p *pages) data(page []byte, rows int, encoding parquet.Encoding) error {
	p.info.DataPageOffset, p.info.NumValues = p.out.n, int64(rows)
	return p.write(dataPage, dataFields, page, rows, encoding, parquet.Encodings.RLE, parquet.Encodings.RLE)
}

// write writes a page of n values. A page of data says, too, how it tells what
// is missing and what repeats.
func (p *pages) write(kind int64, part byte, page []byte, n int, encodings ...parquet.Encoding) error {
	frame, err := p.w.compress(page)
	if err != nil {
		return err
	}
	head := p.w.header[:0]
	for _, v := range []int64{kind, int64(len(page)), int64(len(frame))} {
		head = binary.AppendVarint(append(head, nextNumber), v)
	}
	head = binary.AppendVarint(append(head, part, nextNumber), int64(n))
	for _, e := range encodings {
		head = binary.AppendVarint(append(head, nextNumber), int64(e))
	}
	head = append(head, noMore, noMore)
	p.w.header = head
	for _, b := range [][]byte{head, frame} {
		if _, err := p.out.Write(b); err != nil {
			return err
		}
	}
	p.info.UncompressedSize += int64(len(head) + len(page))
	p.info.CompressedSize += int64(len(head) + len(frame))
	return nil
}
