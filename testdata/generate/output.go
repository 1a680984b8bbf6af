package main

import (
	"archive/zip"
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/transform"
)

// file is an output with its layers: compression, encoding, buffers. Closing it
// closes them from the top down.
type file struct {
	io.Writer
	closers []func() error
}

// create opens a file below a folder; .gz compresses it. encoding is utf-8,
// utf-8-sig or gbk.
func create(path, encoding string) (*file, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, err
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	b := bufio.NewWriterSize(f, 1<<16)
	out := &file{Writer: b, closers: []func() error{f.Close, b.Flush}}
	if strings.HasSuffix(path, ".gz") {
		z := gzip.NewWriter(b)
		out.Writer, out.closers = z, append(out.closers, z.Close)
	}
	return out, out.encode(encoding)
}

// encode adds the layer of a text encoding.
func (f *file) encode(encoding string) error {
	switch encoding {
	case "gbk":
		w := transform.NewWriter(f.Writer, simplifiedchinese.GBK.NewEncoder())
		f.Writer, f.closers = w, append(f.closers, w.Close)
	case "utf-8-sig":
		_, err := io.WriteString(f.Writer, "\ufeff")
		return err
	}
	return nil
}

func (f *file) close() error {
	var errs []error
	for i := len(f.closers) - 1; i >= 0; i-- {
		errs = append(errs, f.closers[i]())
	}
	return errors.Join(errs...)
}

// archive is a zip file; its members are written one after the other.
type archive struct {
	*file
	zip *zip.Writer
}

func createArchive(path string) (*archive, error) {
	f, err := create(path, "utf-8")
	if err != nil {
		return nil, err
	}
	z := zip.NewWriter(f.Writer)
	f.closers = append(f.closers, z.Close)
	return &archive{f, z}, nil
}

// member starts the next file of the archive.
func (a *archive) member(name, encoding string) (*file, error) {
	w, err := a.zip.Create(name)
	if err != nil {
		return nil, err
	}
	f := &file{Writer: w}
	return f, f.encode(encoding)
}

// table is a file of rows.
type table interface {
	row(cells ...string) error
	close() error
}

// csvTable is a table of comma-separated values.
type csvTable struct {
	*file
	csv *csv.Writer
}

func createCSV(path, encoding string, header []string) (*csvTable, error) {
	f, err := create(path, encoding)
	if err != nil {
		return nil, err
	}
	t := &csvTable{f, csv.NewWriter(f.Writer)}
	return t, t.row(header...)
}

func (t *csvTable) row(cells ...string) error { return t.csv.Write(cells) }

func (t *csvTable) close() error {
	t.csv.Flush()
	return errors.Join(t.csv.Error(), t.file.close())
}

// xlsxTable is a workbook of one sheet, every cell a text.
type xlsxTable struct {
	*archive
	sheet io.Writer
	rows  int
}

var xlsxParts = []struct{ name, text string }{
	{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
		`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
		`<Default Extension="xml" ContentType="application/xml"/>` +
		`<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/>` +
		`<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`},
	{"_rels/.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" ` +
		`Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
	{"xl/workbook.xml", `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" ` +
		`xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>`},
	{"xl/_rels/workbook.xml.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" ` +
		`Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`},
}

const xmlHead = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"

func createXLSX(path string, header []string) (*xlsxTable, error) {
	a, err := createArchive(path)
	if err != nil {
		return nil, err
	}
	for _, p := range xlsxParts {
		w, err := a.zip.Create(p.name)
		if err != nil {
			return nil, err
		}
		if _, err := io.WriteString(w, xmlHead+p.text); err != nil {
			return nil, err
		}
	}
	t := &xlsxTable{archive: a}
	if t.sheet, err = a.zip.Create("xl/worksheets/sheet1.xml"); err != nil {
		return nil, err
	}
	_, err = io.WriteString(t.sheet, xmlHead+`<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>`)
	if err != nil {
		return nil, err
	}
	return t, t.row(header...)
}

var xmlEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")

func (t *xlsxTable) row(cells ...string) error {
	t.rows++
	var b strings.Builder
	fmt.Fprintf(&b, `<row r="%d">`, t.rows)
	for i, c := range cells {
		if c != "" {
			fmt.Fprintf(&b, `<c r="%s%d" t="inlineStr"><is><t xml:space="preserve">%s</t></is></c>`, columnName(i), t.rows, xmlEscapes.Replace(c))
		}
	}
	b.WriteString("</row>")
	_, err := io.WriteString(t.sheet, b.String())
	return err
}

func (t *xlsxTable) close() error {
	_, err := io.WriteString(t.sheet, "</sheetData></worksheet>")
	return errors.Join(err, t.file.close())
}

// columnName is the letter or letters of a sheet's column.
func columnName(i int) string {
	if i < 26 {
		return string(rune('A' + i))
	}
	return columnName(i/26-1) + string(rune('A'+i%26))
}

// closeAll closes tables and keeps every error.
func closeAll(tables ...table) error {
	var errs []error
	for _, t := range tables {
		if t != nil {
			errs = append(errs, t.close())
		}
	}
	return errors.Join(errs...)
}
