package file

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	wide "github.com/segmentio/asm/utf8"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/transform"

	"kefu/extract"
	"kefu/extract/preset"
)

var bom = []byte("\xef\xbb\xbf")

// detect finds the encoding of a text file among those allowed. It reads the
// file once, and no further than it must. A lenient reader puts up with a few
// bad bytes.
func detect(f File, allowed []string, lenient bool) (string, error) {
	r, err := f.Open()
	if err != nil {
		return "", err
	}
	defer r.Close()
	head := make([]byte, 4096)
	n, err := io.ReadFull(r, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return "", err
	}
	head = head[:n]
	if err := foreign(head); err != nil {
		return "", err
	}
	sig, plain, gb := slices.Contains(allowed, preset.UTF8Sig), slices.Contains(allowed, preset.UTF8), slices.Contains(allowed, preset.GB18030)
	switch {
	case bytes.HasPrefix(head, bom) && (sig || plain):
		return preset.UTF8Sig, nil
	case !plain && !gb:
		return preset.UTF8, nil // a missing mark is no harm where only UTF-8 is allowed
	case !plain:
		return preset.GB18030, nil
	case !gb || f.UTF8:
		return preset.UTF8, nil
	}
	s := &scan{}
	if err := s.run(io.MultiReader(bytes.NewReader(head), r)); err != nil {
		return "", err
	}
	switch {
	case s.bad == 0:
		return preset.UTF8, nil
	case s.good < 20*s.bad:
		return preset.GB18030, nil
	case lenient:
		return preset.UTF8, nil
	default:
		return "", wrongEncoding(preset.UTF8, s.line, s.offset)
	}
}

// foreign tells files that are no text, or text that nobody exports.
func foreign(head []byte) error {
	body := bytes.TrimPrefix(head, bom)
	switch {
	case len(bytes.TrimSpace(body)) == 0 && len(head) < 4096:
		return errEmpty()
	case bytes.HasPrefix(head, []byte("\xff\xfe")) || bytes.HasPrefix(head, []byte("\xfe\xff")):
		return &extract.FileError{Line: 1, Problem: "the file is encoded in UTF-16", Hint: "save it as UTF-8 (in a spreadsheet: CSV UTF-8)"}
	case bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0")):
		return errOldExcel()
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return &extract.FileError{Problem: "the file is a zip archive or .xlsx workbook by its content", Hint: "give it the name extension that it has by content"}
	case bytes.IndexByte(head, 0) >= 0:
		return &extract.FileError{Problem: fmt.Sprintf("the file is no text: byte %d is zero", bytes.IndexByte(head, 0)), Hint: "export it again as csv or xlsx"}
	}
	return nil
}

func errOldExcel() error {
	return &extract.FileError{
		Problem: "the file is an old .xls workbook, or one with a password", Hint: "open it in a spreadsheet and save it as .xlsx without a password",
	}
}

func wrongEncoding(encoding string, line int, offset int64) error {
	return &extract.FileError{
		Line: line, Problem: fmt.Sprintf("byte offset %d is not %s", offset, encoding),
		Hint: "save the file as UTF-8, or name its encoding in the preset (utf-8-sig, utf-8, gb18030)",
	}
}

// Watched hands bytes through and tells whether all of them were UTF-8.
type Watched struct {
	r    io.Reader
	rest []byte // the start of a character whose end is still to come
	bad  bool
}

// Watch watches what is read from r.
func Watch(r io.Reader) *Watched { return &Watched{r: r} }

// Read implements io.Reader.
func (w *Watched) Read(p []byte) (int, error) {
	n, err := w.r.Read(p)
	if n > 0 && !w.bad {
		w.look(p[:n])
	}
	return n, err
}

func (w *Watched) look(p []byte) {
	for len(w.rest) > 0 && len(p) > 0 && !utf8.FullRune(w.rest) {
		w.rest, p = append(w.rest, p[0]), p[1:]
	}
	if len(w.rest) > 0 && !utf8.FullRune(w.rest) {
		return
	}
	cut := len(p)
	for cut > 0 && cut > len(p)-utf8.UTFMax && !utf8.RuneStart(p[cut-1]) {
		cut--
	}
	if cut > 0 && !utf8.FullRune(p[cut-1:]) {
		cut--
	} else {
		cut = len(p)
	}
	w.bad = !utf8.Valid(w.rest) || !wide.Valid(p[:cut])
	w.rest = append(w.rest[:0], p[cut:]...)
}

// UTF8 tells whether everything that was read is UTF-8.
func (w *Watched) UTF8() bool { return !w.bad && len(w.rest) == 0 }

// scan counts how much of a file is UTF-8.
type scan struct {
	good, bad int
	line      int   // of the first bad byte
	offset    int64 // of the first bad byte
}

func (s *scan) run(r io.Reader) error {
	buf := make([]byte, 128<<10)
	kept, lines, base := 0, 0, int64(0)
	for {
		n, err := r.Read(buf[kept:])
		data, last := buf[:kept+n], err != nil
		used := s.part(data, last, lines, base)
		lines += bytes.Count(data[:used], []byte{'\n'})
		base += int64(used)
		kept = copy(buf, data[used:])
		if errors.Is(err, io.EOF) || (s.bad > 64 && s.bad*20 > s.good) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (s *scan) part(data []byte, last bool, lines int, base int64) int {
	i := 0
	for i < len(data) {
		if data[i] < utf8.RuneSelf {
			i++
			continue
		}
		if !last && !utf8.FullRune(data[i:]) {
			return i
		}
		_, size := utf8.DecodeRune(data[i:])
		if size > 1 {
			s.good++
		} else {
			if s.bad == 0 {
				s.line, s.offset = lines+bytes.Count(data[:i], []byte{'\n'})+1, base+int64(i)
			}
			s.bad++
		}
		i += size
	}
	return i
}

// decoder turns bytes of a row into UTF-8.
type decoder struct {
	gb  transform.Transformer
	buf []byte
}

func newDecoder(encoding string) *decoder {
	d := &decoder{}
	if encoding == preset.GB18030 {
		d.gb = simplifiedchinese.GB18030.NewDecoder().Transformer
	}
	return d
}

func (d *decoder) name() string {
	if d.gb != nil {
		return preset.GB18030
	}
	return preset.UTF8
}

// text decodes b; bad is the place of the first byte that cannot be, or -1.
// Such bytes become U+FFFD. The result is valid until the next call.
func (d *decoder) text(b []byte) (out []byte, bad int) {
	if d.gb == nil {
		if utf8.Valid(b) {
			return b, -1
		}
		return []byte(strings.ToValidUTF8(string(b), "\ufffd")), firstInvalid(b)
	}
	if ascii(b) {
		return b, -1
	}
	if need := 2*len(b) + 16; cap(d.buf) < need {
		d.buf = make([]byte, need)
	}
	d.gb.Reset()
	n, _, err := d.gb.Transform(d.buf[:cap(d.buf)], b, true)
	out = d.buf[:n]
	if err != nil || (bytes.Contains(out, []byte("\ufffd")) && !bytes.Contains(b, gbReplacement)) {
		return out, d.firstBadGB(b)
	}
	return out, -1
}

// gbReplacement is how GB18030 spells U+FFFD itself.
var gbReplacement = []byte{0x84, 0x31, 0xa4, 0x37}

func ascii(b []byte) bool {
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func firstInvalid(b []byte) int {
	for i := 0; i < len(b); {
		r, size := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && size <= 1 {
			return i
		}
		i += size
	}
	return -1
}

func (d *decoder) firstBadGB(b []byte) int {
	one := make([]byte, 16)
	for i := 0; i < len(b); {
		size := 1
		if b[i] >= utf8.RuneSelf && i+1 < len(b) {
			size = 2
			if b[i+1] >= 0x30 && b[i+1] <= 0x39 {
				size = 4
			}
		}
		size = min(size, len(b)-i)
		d.gb.Reset()
		n, _, err := d.gb.Transform(one, b[i:i+size], true)
		if b[i] >= utf8.RuneSelf && (err != nil || bytes.Contains(one[:n], []byte("\ufffd"))) {
			return i
		}
		i += size
	}
	return len(b) - 1
}
