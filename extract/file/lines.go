package file

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"kefu/extract"
)

// line is one line of a text file.
type line struct {
	no     int
	offset int64  // of its first byte in the file
	raw    []byte // with its newline; valid until the next line
	text   []byte // decoded, without the newline; valid until the next line
	bad    int    // place in raw of the first byte that cannot be decoded, or -1
}

// lines reads a text file line by line.
type lines struct {
	br     *bufio.Reader
	dec    *decoder
	no     int
	offset int64
	long   []byte
}

func newLines(r io.Reader, encoding string) *lines {
	return &lines{br: bufio.NewReaderSize(r, readChunk), dec: newDecoder(encoding)}
}

func (l *lines) next() (line, error) {
	raw, err := l.br.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		l.long = l.long[:0]
		for errors.Is(err, bufio.ErrBufferFull) {
			if len(l.long) > maxRow {
				return line{}, &extract.FileError{Line: l.no + 1, Problem: fmt.Sprintf("the line is longer than %d MiB", maxRow>>20), Hint: "this is no export"}
			}
			l.long = append(l.long, raw...)
			raw, err = l.br.ReadSlice('\n')
		}
		l.long = append(l.long, raw...)
		raw = l.long
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return line{}, err
	}
	if len(raw) == 0 {
		return line{}, io.EOF
	}
	l.no++
	out := line{no: l.no, offset: l.offset, raw: raw}
	l.offset += int64(len(raw))
	body := raw
	if l.no == 1 {
		body = bytes.TrimPrefix(body, bom)
	}
	out.text, out.bad = l.dec.text(bytes.TrimRight(body, "\r\n"))
	if out.bad >= 0 {
		out.bad += len(raw) - len(body)
	}
	return out, nil
}
