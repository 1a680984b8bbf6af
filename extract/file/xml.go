package file

import (
	"archive/zip"
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"kefu/extract"
)

// tokens reads the tags of a workbook's part, each with the text before it.
// It knows what those parts use of XML and no more; sheets of a million cells
// are why it is not encoding/xml.
type tokens struct {
	br      *bufio.Reader
	tag     []byte // between < and >
	name    []byte // without prefix
	text    []byte // before the tag, unescaped
	closing bool
	single  bool // <a/>
}

func newTokens(r io.Reader) *tokens { return &tokens{br: bufio.NewReaderSize(r, 64<<10)} }

const maxToken = 64 << 20

func (t *tokens) next() error {
	t.text = t.text[:0]
	for {
		var err error
		from := len(t.text)
		if t.text, err = t.until(t.text, '<'); err != nil {
			return err
		}
		t.text = unescape(t.text, from)
		if t.tag, err = t.until(t.tag[:0], '>'); err != nil {
			return broken(err)
		}
		switch {
		case bytes.HasPrefix(t.tag, []byte("!--")):
			err = t.through("--", len("!--"))
		case bytes.HasPrefix(t.tag, []byte("![CDATA[")):
			if err = t.through("]]", len("![CDATA[")); err == nil {
				t.text = append(t.text, t.tag[len("![CDATA["):len(t.tag)-2]...)
			}
		case len(t.tag) > 0 && (t.tag[0] == '?' || t.tag[0] == '!'):
		default:
			return t.element()
		}
		if err != nil {
			return broken(err)
		}
	}
}

func broken(err error) error {
	if errors.Is(err, io.EOF) {
		return damaged("", "the workbook is damaged or truncated", io.ErrUnexpectedEOF)
	}
	return err
}

// until appends what comes before the delimiter, which it takes.
func (t *tokens) until(to []byte, delim byte) ([]byte, error) {
	for {
		part, err := t.br.ReadSlice(delim)
		to = append(to, part...)
		if err == nil {
			return to[:len(to)-1], nil
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return to, err
		}
		if len(to) > maxToken {
			return to, &extract.FileError{Problem: "the workbook has a text of more than 64 MiB", Hint: "this is no export"}
		}
	}
}

// through reads on while a > stands inside a comment or literal text.
func (t *tokens) through(end string, head int) error {
	for len(t.tag) < head+len(end) || !bytes.HasSuffix(t.tag, []byte(end)) {
		t.tag = append(t.tag, '>')
		var err error
		if t.tag, err = t.until(t.tag, '>'); err != nil {
			return err
		}
	}
	return nil
}

func (t *tokens) element() error {
	// A > may stand in an attribute.
	for bytes.Count(t.tag, []byte{'"'})%2 == 1 {
		t.tag = append(t.tag, '>')
		var err error
		if t.tag, err = t.until(t.tag, '>'); err != nil {
			return broken(err)
		}
	}
	tag := t.tag
	t.closing = len(tag) > 0 && tag[0] == '/'
	if t.closing {
		tag = tag[1:]
	}
	t.single = len(tag) > 0 && tag[len(tag)-1] == '/'
	if t.single {
		tag = tag[:len(tag)-1]
	}
	if i := bytes.IndexAny(tag, " \t\r\n"); i >= 0 {
		tag = tag[:i]
	}
	if i := bytes.IndexByte(tag, ':'); i >= 0 {
		tag = tag[i+1:]
	}
	t.name = tag
	return nil
}

func (t *tokens) is(name string) bool { return string(t.name) == name }

// attr returns the attribute of that name, without looking at its prefix.
func (t *tokens) attr(name string) (string, bool) {
	rest := t.tag
	for {
		i := bytes.IndexByte(rest, '=')
		if i < 0 || i+1 >= len(rest) {
			return "", false
		}
		key := bytes.TrimSpace(rest[:i])
		if j := bytes.LastIndexAny(key, " \t\r\n:"); j >= 0 {
			key = key[j+1:]
		}
		rest = bytes.TrimLeft(rest[i+1:], " \t\r\n")
		if len(rest) == 0 {
			return "", false
		}
		quote := rest[0]
		end := bytes.IndexByte(rest[1:], quote)
		if end < 0 {
			return "", false
		}
		if string(key) == name {
			return string(unescape(bytes.Clone(rest[1:1+end]), 0)), true
		}
		rest = rest[end+2:]
	}
}

// unescape replaces the entities in b[from:].
func unescape(b []byte, from int) []byte {
	i := bytes.IndexByte(b[from:], '&')
	if i < 0 {
		return b
	}
	out := b[:from+i]
	in := bytes.Clone(b[from+i:])
	for len(in) > 0 {
		end := bytes.IndexByte(in, ';')
		if in[0] != '&' || end < 0 {
			out = append(out, in[0])
			in = in[1:]
			continue
		}
		r, ok := entity(string(in[1:end]))
		if !ok {
			out = append(out, in[0])
			in = in[1:]
			continue
		}
		out = utf8.AppendRune(out, r)
		in = in[end+1:]
	}
	return out
}

func entity(name string) (rune, bool) {
	switch name {
	case "amp":
		return '&', true
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	digits, ok := strings.CutPrefix(name, "#")
	if !ok {
		return 0, false
	}
	base := 10
	if hex, ok := strings.CutPrefix(strings.ToLower(digits), "x"); ok {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(digits, base, 32)
	return rune(n), err == nil && n <= utf8.MaxRune
}

// unescapeX undoes a workbook's own way of writing control characters: _x000D_.
func unescapeX(s string) string {
	i := strings.Index(s, "_x")
	if i < 0 {
		return s
	}
	var out strings.Builder
	for ; i >= 0; i = strings.Index(s, "_x") {
		out.WriteString(s[:i])
		s = s[i:]
		if len(s) >= 7 && s[6] == '_' {
			if n, err := strconv.ParseUint(s[2:6], 16, 16); err == nil {
				out.WriteRune(rune(n))
				s = s[7:]
				continue
			}
		}
		out.WriteString("_x")
		s = s[2:]
	}
	return out.String() + s
}

// openPart opens a part of a workbook within a limit.
func openPart(m *zip.File, limit int64) (io.ReadCloser, error) {
	r, err := m.Open()
	if err != nil {
		return nil, damaged("", "the workbook is damaged", err)
	}
	packed := int64(m.CompressedSize64)      //nolint:gosec // bounded by the archive
	if int64(m.UncompressedSize64) > limit { //nolint:gosec // a lie is caught while reading
		r.Close()
		return nil, &extract.FileError{Problem: fmt.Sprintf("a part of the workbook has more than %d MiB", limit>>20), Hint: "export fewer rows at a time"}
	}
	return &guarded{r: r, packed: func() int64 { return packed }, closers: []io.Closer{r}}, nil
}

func eachTag(m *zip.File, do func(*tokens)) error {
	r, err := openPart(m, maxToken)
	if err != nil {
		return err
	}
	defer r.Close()
	for t := newTokens(r); ; {
		err := t.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if !t.closing {
			do(t)
		}
	}
}

// sharedTexts holds the texts that cells refer to, end to end.
type sharedTexts struct {
	all  []byte
	ends []int
}

func (s *sharedTexts) at(i int) (string, bool) {
	if i < 0 || i >= len(s.ends) {
		return "", false
	}
	from := 0
	if i > 0 {
		from = s.ends[i-1]
	}
	return unescapeX(string(s.all[from:s.ends[i]])), true
}

func (s *sharedTexts) read(m *zip.File) error {
	r, err := openPart(m, maxShared)
	if err != nil {
		return err
	}
	defer r.Close()
	for t, phonetic := newTokens(r), false; ; {
		err := t.next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case t.is("rPh"):
			phonetic = !t.closing && !t.single
		case t.is("t") && t.closing && !phonetic:
			s.all = append(s.all, t.text...)
		case t.is("si") && (t.closing || t.single):
			s.ends = append(s.ends, len(s.all))
		}
		if len(s.all) > maxShared {
			return &extract.FileError{Problem: "the workbook has more than 1 GiB of texts", Hint: "export fewer rows at a time"}
		}
	}
}

// jsonList appends texts as a JSON array.
func jsonList(b []byte, texts []string) []byte {
	b = append(b, '[')
	for i, s := range texts {
		if i > 0 {
			b = append(b, ',')
		}
		b = jsonText(b, s)
	}
	return append(b, ']')
}

func jsonText(b []byte, s string) []byte {
	b = append(b, '"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b = append(b, '\\', byte(r))
		case r < ' ':
			b = fmt.Appendf(b, `\u%04x`, r)
		default:
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}
