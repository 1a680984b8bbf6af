package file

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"

	"kefu/extract"
	"kefu/extract/preset"
)

// jsonRows reads one JSON object a line. Values that are lists or objects are
// kept as JSON text.
type jsonRows struct {
	lines   *lines
	index   map[string]int // name as the preset has it -> cell
	seen    []bool
	unknown map[string]int // other names -> line of the first
	objects int
	row     preset.Row
}

func openJSONL(f File, plan *preset.Plan) (*opened, error) {
	encoding, err := detect(f, plan.Encodings(), false)
	if err != nil {
		return nil, err
	}
	body, err := f.Open()
	if err != nil {
		return nil, err
	}
	names := plan.Names()
	j := &jsonRows{lines: newLines(body, encoding), index: map[string]int{}, seen: make([]bool, len(names)), unknown: map[string]int{}}
	for i, n := range names {
		j.index[n] = i
	}
	in := &opened{plan: plan, header: names, rows: j, closers: []io.Closer{body}}
	in.after = func(sink extract.Sink) error { return j.finish(plan, names, sink) }
	return in, nil
}

// finish tells what only the whole file shows: names that were never used and
// required ones that never came.
func (j *jsonRows) finish(plan *preset.Plan, names []string, sink extract.Sink) error {
	for _, n := range sortedKeys(j.unknown) {
		sink.Warn(extract.Warning{
			Dataset: plan.Datasets()[0], Line: j.unknown[n], Column: n, Message: "the preset does not know this column; it is not used",
		})
	}
	if j.objects == 0 {
		return nil
	}
	var got []string
	for i, n := range names {
		if j.seen[i] {
			got = append(got, n)
		}
	}
	if lacks, _ := plan.Fit(got); len(lacks) > 0 {
		return lacking(plan, lacks, &preset.Row{Line: 1, Cells: append(got, sortedKeys(j.unknown)...)})
	}
	return nil
}

func sortedKeys(m map[string]int) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func (j *jsonRows) next() (*preset.Row, error) {
	l, err := j.lines.next()
	if err != nil {
		return nil, err
	}
	if l.bad >= 0 {
		return nil, wrongEncoding(j.lines.dec.name(), l.no, l.offset+int64(l.bad))
	}
	j.row = preset.Row{Line: l.no, Raw: l.raw, Cells: j.row.Cells[:0]}
	text := bytes.TrimSpace(l.text)
	if len(text) == 0 {
		j.row.Skip = skipBlank
		return &j.row, nil
	}
	for range j.seen {
		j.row.Cells = append(j.row.Cells, "")
	}
	if !j.object(text, l.no) {
		j.row.Cells = j.row.Cells[:0]
		j.row.Fault = &preset.Fault{Reason: "the line is not a JSON object", Hint: "write one object in braces on each line"}
		return &j.row, nil
	}
	j.objects++
	return &j.row, nil
}

// object takes the values of a line and tells whether it is an object.
func (j *jsonRows) object(text []byte, line int) bool {
	if text[0] != '{' || !json.Valid(text) {
		return false
	}
	eachMember(text, func(key, value []byte) { j.put(key, value, line) })
	return true
}

// eachMember walks over the members of a valid JSON object: keys with their
// quotes, values as they stand.
func eachMember(text []byte, do func(key, value []byte)) {
	// Valid JSON needs no checks here: keys, colons and values stand where
	// they must.
	for p := 1; ; {
		p += spaces(text[p:])
		switch text[p] {
		case '}':
			return
		case ',':
			p++
			continue
		}
		n := jsonEnd(text[p:])
		key := text[p : p+n]
		p += n
		p += spaces(text[p:]) + 1 // the colon
		p += spaces(text[p:])
		n = jsonEnd(text[p:])
		do(key, text[p:p+n])
		p += n
	}
}

func (j *jsonRows) put(quoted, value []byte, line int) {
	i, ok := j.index[string(quoted[1:len(quoted)-1])]
	if !ok {
		key := jsonString(quoted)
		if i, ok = j.index[preset.NormalName(key)]; !ok {
			if _, again := j.unknown[key]; !again {
				j.unknown[key] = line
			}
			return
		}
		j.index[key] = i
	}
	j.seen[i] = true
	j.row.Cells[i] = memberText(value)
}

// memberText is the text of a JSON value; lists and objects stay JSON.
func memberText(value []byte) string {
	switch {
	case value[0] == '"':
		return jsonString(value)
	case bytes.Equal(value, []byte("null")):
		return ""
	default:
		return string(value)
	}
}

func spaces(b []byte) int {
	for i, c := range b {
		if c != ' ' && c != '\t' && c != '\r' && c != '\n' {
			return i
		}
	}
	return len(b)
}

// jsonEnd is the length of the JSON value that b starts with.
func jsonEnd(b []byte) int {
	depth := 0
	for i := 0; i < len(b); i++ {
		switch b[i] {
		case '"':
			for i++; b[i] != '"'; i++ {
				if b[i] == '\\' {
					i++
				}
			}
			if depth == 0 {
				return i + 1
			}
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			} else if depth < 0 {
				return i
			}
		case ',', ':', ' ', '\t':
			if depth == 0 {
				return i
			}
		}
	}
	return len(b)
}

func jsonString(b []byte) string {
	if bytes.IndexByte(b, '\\') < 0 {
		return string(b[1 : len(b)-1])
	}
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return string(b)
	}
	return s
}
