package file

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"path"
	"strconv"
	"strings"

	"kefu/extract"
	"kefu/extract/preset"
)

// Limits of a workbook, against files made to fill memory.
const (
	maxShared     = 1 << 30 // bytes of shared texts
	maxSheetBytes = 16 << 30
	maxColumns    = 16_384
)

// xlsxRows reads the first sheet of a workbook as a stream. It tells texts from
// numbers, which ids need: a number keeps fifteen digits only.
type xlsxRows struct {
	bytes    *spooled
	sheet    io.ReadCloser
	tokens   *tokens
	shared   sharedTexts
	date1904 bool
	others   []string // further sheets
	number   int      // of the row last read
	row      preset.Row
	raw      []byte
}

func openXLSX(f File) (*xlsxRows, error) {
	at, err := spool(f)
	if err != nil {
		return nil, err
	}
	x := &xlsxRows{bytes: at}
	switch {
	case bytes.HasPrefix(at.head, []byte("\xd0\xcf\x11\xe0")):
		err = errOldExcel()
	case !bytes.HasPrefix(at.head, []byte("PK")):
		err = &extract.FileError{Problem: "the file is no .xlsx workbook by its content", Hint: "save it as .xlsx, or rename a csv file to .csv"}
	default:
		err = x.openBook(at, at.size)
	}
	if err != nil {
		return nil, errors.Join(err, x.Close())
	}
	return x, nil
}

// Close lets go of the workbook.
func (x *xlsxRows) Close() error {
	if x.sheet != nil {
		x.sheet.Close()
	}
	return x.bytes.Close()
}

func (x *xlsxRows) openBook(at io.ReaderAt, size int64) error {
	z, err := zip.NewReader(at, size)
	if err != nil {
		return damaged("", "the workbook is damaged or truncated", err)
	}
	parts := map[string]*zip.File{}
	for _, m := range z.File {
		parts[strings.ToLower(strings.TrimPrefix(m.Name, "/"))] = m
	}
	target, err := x.firstSheet(parts)
	if err != nil {
		return err
	}
	if m := parts["xl/sharedstrings.xml"]; m != nil {
		if err := x.shared.read(m); err != nil {
			return err
		}
	}
	m := parts[target]
	if m == nil {
		return damaged("", "the workbook has no sheet "+target, nil)
	}
	if x.sheet, err = openPart(m, maxSheetBytes); err != nil {
		return err
	}
	x.tokens = newTokens(x.sheet)
	return nil
}

// firstSheet reads which part is the first sheet, and what the workbook says
// about dates.
func (x *xlsxRows) firstSheet(parts map[string]*zip.File) (string, error) {
	book := parts["xl/workbook.xml"]
	if book == nil {
		return "", &extract.FileError{Problem: "the file is no .xlsx workbook by its content", Hint: "save it as .xlsx"}
	}
	var id string
	err := eachTag(book, func(t *tokens) {
		switch {
		case t.is("workbookPr"):
			v, _ := t.attr("date1904")
			x.date1904 = v == "1" || v == "true"
		case t.is("sheet") && id == "":
			id, _ = t.attr("id")
		case t.is("sheet"):
			name, _ := t.attr("name")
			x.others = append(x.others, name)
		}
	})
	if err != nil {
		return "", err
	}
	target := "worksheets/sheet1.xml"
	if rels := parts["xl/_rels/workbook.xml.rels"]; rels != nil {
		err = eachTag(rels, func(t *tokens) {
			if got, _ := t.attr("Id"); t.is("Relationship") && got == id {
				target, _ = t.attr("Target")
			}
		})
	}
	if rooted, ok := strings.CutPrefix(target, "/"); ok {
		return strings.ToLower(path.Clean(rooted)), err
	}
	return strings.ToLower(path.Join("xl", target)), err
}

func (x *xlsxRows) warnings() []string {
	if len(x.others) == 0 {
		return nil
	}
	return []string{"only the first sheet is read; not read: " + strings.Join(x.others, ", ")}
}

func (x *xlsxRows) next() (*preset.Row, error) {
	for {
		if err := x.tokens.next(); err != nil {
			if errors.Is(err, io.EOF) {
				return nil, damaged("", "the sheet ends too early", nil)
			}
			return nil, err
		}
		switch {
		case x.tokens.is("sheetData") && x.tokens.closing, x.tokens.is("worksheet") && x.tokens.closing:
			return nil, io.EOF
		case x.tokens.is("sheetData") && x.tokens.single:
			return nil, io.EOF
		case x.tokens.is("row") && !x.tokens.closing:
			return x.readRow()
		}
	}
}

func (x *xlsxRows) readRow() (*preset.Row, error) {
	x.number++
	if r, ok := x.tokens.attr("r"); ok {
		// Rows stand in their order; a number that came before would be another's.
		if n, err := strconv.Atoi(r); err == nil && n > x.number && n < 1<<30 {
			x.number = n
		}
	}
	x.row = preset.Row{Line: x.number, Cells: x.row.Cells[:0], Kinds: x.row.Kinds[:0]}
	for single := x.tokens.single; !single; {
		if err := x.tokens.next(); err != nil {
			return nil, x.cut(err)
		}
		if x.tokens.is("row") && x.tokens.closing {
			break
		}
		if x.tokens.is("c") && !x.tokens.closing {
			if err := x.readCell(); err != nil {
				return nil, err
			}
		}
	}
	x.raw = jsonList(x.raw[:0], x.row.Cells)
	x.row.Raw = x.raw
	if blank(x.row.Cells) {
		x.row.Skip = skipBlank
	}
	return &x.row, nil
}

func (x *xlsxRows) cut(err error) error {
	if errors.Is(err, io.EOF) {
		return damaged("", "the sheet ends too early", nil)
	}
	return err
}

func (x *xlsxRows) readCell() error {
	at := len(x.row.Cells)
	if ref, ok := x.tokens.attr("r"); ok {
		at = column(ref, at)
	}
	if at >= maxColumns {
		return &extract.FileError{Line: x.number, Problem: "the sheet has more columns than a sheet can have", Hint: "save it again as .xlsx"}
	}
	for len(x.row.Cells) <= at {
		x.row.Cells = append(x.row.Cells, "")
		x.row.Kinds = append(x.row.Kinds, preset.Text)
	}
	typ, _ := x.tokens.attr("t")
	if x.tokens.single {
		return nil
	}
	var value, inline []byte
	var kept bool
	for skip := 0; ; {
		if err := x.tokens.next(); err != nil {
			return x.cut(err)
		}
		t := x.tokens
		switch {
		case t.is("c") && t.closing:
			if kept || inline != nil {
				var err error
				x.row.Cells[at], x.row.Kinds[at], err = x.cellText(typ, value, inline)
				return err
			}
			return nil
		case t.is("rPh"):
			skip = opens(t)
		case t.is("v") && t.closing:
			value, kept = append(value, t.text...), true
		case t.is("t") && t.closing && skip == 0:
			inline = append(inline, t.text...)
			if inline == nil {
				inline = []byte{}
			}
		}
	}
}

func opens(t *tokens) int {
	if t.closing || t.single {
		return 0
	}
	return 1
}

func (x *xlsxRows) cellText(typ string, value, inline []byte) (string, preset.Kind, error) {
	switch typ {
	case "s":
		i, err := strconv.Atoi(strings.TrimSpace(string(value)))
		s, ok := x.shared.at(i)
		if err != nil || !ok {
			return "", preset.Text, &extract.FileError{Line: x.number, Problem: "a cell refers to a text that the workbook lacks", Hint: "save it again as .xlsx"}
		}
		return s, preset.Text, nil
	case "inlineStr":
		return unescapeX(string(inline)), preset.Text, nil
	case "str", "e", "d":
		return unescapeX(string(value)), preset.Text, nil
	case "b":
		return strconv.FormatBool(string(value) == "1"), preset.Text, nil
	default:
		s, kind := numberText(strings.TrimSpace(string(value)))
		return s, kind, nil
	}
}

// numberText spells a sheet's number in plain digits, the fifteen that a sheet
// shows. Whole numbers of more digits are told: they may have lost some.
func numberText(s string) (string, preset.Kind) {
	if digits := strings.TrimPrefix(s, "-"); len(digits) <= 15 && strings.Trim(digits, "0123456789") == "" {
		return s, preset.Numeric
	}
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return s, preset.Text
	}
	if v >= 1e15 || v <= -1e15 {
		return s, preset.Lossy
	}
	v, err = strconv.ParseFloat(strconv.FormatFloat(v, 'e', 14, 64), 64)
	if err != nil {
		return s, preset.Text
	}
	return strconv.FormatFloat(v, 'f', -1, 64), preset.Numeric
}

// column reads the column of a reference such as AB12, from 0.
func column(ref string, otherwise int) int {
	n := 0
	for i := 0; i < len(ref) && i < 4; i++ {
		c := ref[i] | 0x20
		if c < 'a' || c > 'z' {
			break
		}
		n = n*26 + int(c-'a') + 1
	}
	if n == 0 {
		return otherwise
	}
	return n - 1
}

func blank(cells []string) bool {
	for _, c := range cells {
		if strings.TrimSpace(c) != "" {
			return false
		}
	}
	return true
}
