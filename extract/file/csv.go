package file

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"strings"
	"unicode/utf8"

	"kefu/extract"
	"kefu/extract/preset"
)

const (
	readChunk = 256 << 10
	maxRow    = 16 << 20
)

// csvRows reads delimited text. It splits the bytes before it decodes them:
// neither UTF-8 nor GB18030 has a delimiter, quote or newline inside a
// character. So rows keep the bytes they came as. Of UTF-8 one string holds all
// rows of a read, else one the cells of a row.
type csvRows struct {
	r      io.Reader
	dec    *decoder
	delim  byte
	width  int // cells of the header; 0 = not known yet
	least  int // cells that are used; spreadsheets leave empty ones at the end away
	buf    []byte
	lo, hi int
	text   string // of UTF-8: buf[:hi]
	valid  int    // text up to here is known to be UTF-8
	quote  int    // where the next quote stands in buf, hi = nowhere
	sound  bool   // the whole file is known to be UTF-8
	eof    bool
	offset int64 // in the file, of buf[lo]
	line   int   // of buf[lo], 1-based

	out  []byte // cells of a row with quotes, one after the other
	ends []int
	row  preset.Row
}

func newCSV(r io.Reader, encoding string, delim byte) *csvRows {
	return &csvRows{r: r, dec: newDecoder(encoding), delim: delim, buf: make([]byte, readChunk), line: 1}
}

func (c *csvRows) next() (*preset.Row, error) {
	if c.line == 1 && c.offset == 0 {
		if err := c.skipMark(); err != nil {
			return nil, err
		}
	}
	for {
		data := c.buf[c.lo:c.hi]
		if len(data) == 0 && c.eof {
			return nil, io.EOF
		}
		used, quoted, complete := c.end(data)
		if !complete {
			if c.eof {
				return nil, &extract.FileError{
					Line: c.line, Problem: "a quoted cell of the row that starts here is never closed", Hint: "the file is cut off, or a quote inside a cell is not doubled",
				}
			}
			if err := c.fill(); err != nil {
				return nil, err
			}
			continue
		}
		return c.take(data[:used], quoted)
	}
}

func (c *csvRows) skipMark() error {
	for c.hi < len(bom) && !c.eof {
		if err := c.fill(); err != nil {
			return err
		}
	}
	if bytes.HasPrefix(c.buf[c.lo:c.hi], bom) {
		c.lo += len(bom)
		c.offset += int64(len(bom))
	}
	return nil
}

// end finds the end of the row at the start of data, and its cells where some
// are quoted.
func (c *csvRows) end(data []byte) (used int, quoted, complete bool) {
	line := bytes.IndexByte(data, '\n')
	first := data
	if line >= 0 {
		first = data[:line+1]
	}
	if c.quote < c.lo {
		c.findQuote()
	}
	if c.quote >= c.lo+len(first) {
		return len(first), false, line >= 0 || c.eof
	}
	used, complete = c.cells(data)
	return used, true, complete
}

// cells splits a row that has quotes.
func (c *csvRows) cells(data []byte) (used int, complete bool) {
	c.out, c.ends = c.out[:0], c.ends[:0]
	for p := 0; ; {
		if p < len(data) && (data[p] == '"' || (data[p] == '=' && p+1 < len(data) && data[p+1] == '"')) {
			if data[p] == '=' {
				p++
			}
			end, ok := c.quotedCell(data, p+1)
			if !ok {
				return 0, false
			}
			p = end
		}
		q := p
		for q < len(data) && data[q] != c.delim && data[q] != '\n' {
			q++
		}
		if q == len(data) && !c.eof {
			return 0, false
		}
		rest := data[p:q]
		if q == len(data) || data[q] == '\n' {
			rest = bytes.TrimSuffix(rest, []byte{'\r'})
		}
		c.out = append(c.out, rest...)
		c.ends = append(c.ends, len(c.out))
		if q == len(data) {
			return q, true
		}
		if data[q] == '\n' {
			return q + 1, true
		}
		p = q + 1
	}
}

// quotedCell appends a quoted cell's content and returns where it ends, behind
// the closing quote.
func (c *csvRows) quotedCell(data []byte, p int) (end int, ok bool) {
	for {
		i := bytes.IndexByte(data[p:], '"')
		if i < 0 || (p+i+1 == len(data) && !c.eof) {
			return 0, false
		}
		c.out = append(c.out, data[p:p+i]...)
		p += i + 1
		if p == len(data) || data[p] != '"' {
			return p, true
		}
		c.out = append(c.out, '"')
		p++
	}
}

func (c *csvRows) take(raw []byte, quoted bool) (*preset.Row, error) {
	row := &c.row
	*row = preset.Row{Line: c.line, Cells: row.Cells[:0], Raw: raw}
	var err error
	if quoted {
		err = c.split(raw)
	} else {
		err = c.splitPlain(raw)
	}
	if err != nil {
		return nil, err
	}
	c.lo += len(raw)
	c.offset += int64(len(raw))
	if quoted {
		c.line += bytes.Count(raw, []byte{'\n'})
	} else {
		c.line++
	}
	c.judge(row)
	return row, nil
}

// judge tells rows that hold nothing or do not fit the header.
func (c *csvRows) judge(row *preset.Row) {
	if len(row.Cells) == 1 && strings.TrimSpace(row.Cells[0]) == "" {
		row.Skip = skipBlank
		return
	}
	if c.width == 0 || len(row.Cells) == c.width {
		return
	}
	for n := len(row.Cells); n > c.width && strings.TrimSpace(row.Cells[n-1]) == ""; n-- {
		row.Cells = row.Cells[:n-1]
	}
	cutOff := c.eof && c.lo == c.hi && len(row.Raw) > 0 && row.Raw[len(row.Raw)-1] != '\n'
	if len(row.Cells) > c.width || len(row.Cells) < c.least || (cutOff && len(row.Cells) < c.width) {
		row.Fault = &preset.Fault{
			Reason: fmt.Sprintf("the row has %d cells, the header %d", len(row.Cells), c.width),
			Hint:   "the row is cut off, or a delimiter inside a cell is not quoted",
		}
	}
}

func (c *csvRows) splitPlain(raw []byte) error {
	b := bytes.TrimSuffix(bytes.TrimSuffix(raw, []byte{'\n'}), []byte{'\r'})
	var s string
	if c.lo+len(b) <= c.valid {
		s = c.text[c.lo : c.lo+len(b)]
	} else {
		decoded, bad := c.dec.text(b)
		if bad >= 0 {
			return c.undecodable(raw, bad)
		}
		b, s = decoded, string(decoded)
	}
	c.row.Cells = cut(c.row.Cells, s, b, c.delim)
	return nil
}

// cut appends the parts of s that delim divides; b is the same text. Eight bytes
// are compared at once, for cells are short.
func cut(cells []string, s string, b []byte, delim byte) []string {
	const low, ones = 0x7f7f7f7f7f7f7f7f, 0x0101010101010101
	from, at, pattern := 0, 0, uint64(delim)*ones
	for ; at+8 <= len(b); at += 8 {
		x := binary.LittleEndian.Uint64(b[at:]) ^ pattern
		for found := ^((x&low + low) | x | low); found != 0; found &= found - 1 { // the highest bits of bytes that are zero
			end := at + bits.TrailingZeros64(found)>>3
			cells = append(cells, s[from:end])
			from = end + 1
		}
	}
	for ; at < len(b); at++ {
		if b[at] == delim {
			cells = append(cells, s[from:at])
			from = at + 1
		}
	}
	return append(cells, s[from:])
}

func (c *csvRows) split(raw []byte) error {
	if c.dec.gb == nil {
		if c.lo+len(raw) > c.valid {
			if _, bad := c.dec.text(raw); bad >= 0 {
				return c.undecodable(raw, bad)
			}
		}
		s, from := string(c.out), 0
		for _, end := range c.ends {
			c.row.Cells = append(c.row.Cells, s[from:end])
			from = end
		}
		return nil
	}
	var s strings.Builder
	s.Grow(2 * len(c.out))
	ends, from := c.ends, 0
	for i, end := range ends {
		b, bad := c.dec.text(c.out[from:end])
		if bad >= 0 {
			return c.undecodable(raw, c.dec.firstBadGB(raw))
		}
		s.Write(b)
		from, ends[i] = end, s.Len()
	}
	all, from := s.String(), 0
	for _, end := range ends {
		c.row.Cells = append(c.row.Cells, all[from:end])
		from = end
	}
	return nil
}

func (c *csvRows) undecodable(raw []byte, bad int) error {
	bad = max(bad, 0)
	return wrongEncoding(c.dec.name(), c.line+bytes.Count(raw[:min(bad, len(raw))], []byte{'\n'}), c.offset+int64(bad))
}

// fill reads more bytes behind the row that is begun, which moves to the front.
func (c *csvRows) fill() error {
	if c.lo > 0 {
		c.hi = copy(c.buf, c.buf[c.lo:c.hi])
		c.lo = 0
	}
	if c.hi == len(c.buf) {
		if len(c.buf) >= maxRow {
			return &extract.FileError{
				Line: c.line, Problem: fmt.Sprintf("the row that starts here is longer than %d MiB", maxRow>>20), Hint: "a quote inside a cell is not doubled, or this is no table",
			}
		}
		c.buf = append(c.buf, make([]byte, len(c.buf))...)
	}
	for c.hi < len(c.buf) {
		n, err := c.r.Read(c.buf[c.hi:])
		c.hi += n
		if errors.Is(err, io.EOF) {
			c.eof = true
			break
		}
		if err != nil {
			return err
		}
	}
	c.look()
	return nil
}

// look learns of all that was read at once what rows would be asked for one by
// one: whether it is UTF-8, and where the first quote stands.
func (c *csvRows) look() {
	c.findQuote()
	c.text, c.valid = "", 0
	if c.dec.gb != nil {
		return
	}
	whole := c.hi
	if !c.eof {
		whole = bytes.LastIndexByte(c.buf[:c.hi], '\n') + 1
	}
	if text := string(c.buf[:whole]); c.sound || utf8.ValidString(text) {
		c.text, c.valid = text, whole
	}
}

func (c *csvRows) findQuote() {
	if c.quote = bytes.IndexByte(c.buf[c.lo:c.hi], '"'); c.quote < 0 {
		c.quote = c.hi
	} else {
		c.quote += c.lo
	}
}
