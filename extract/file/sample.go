package file

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"kefu/extract"
	"kefu/extract/preset"
)

// Inputs lists the innermost files of a file, folder or glob, whatever their
// names.
func Inputs(ctx context.Context, at string) ([]Input, error) {
	found, err := find(ctx, at)
	if err != nil {
		return nil, fmt.Errorf("list files of %s: %w", filepath.Base(at), err)
	}
	var out []Input
	for _, f := range found {
		inputs, err := expand(f)
		if err != nil {
			return nil, err
		}
		out = append(out, inputs...)
	}
	return out, nil
}

// Sample reads the beginning of a table whose layout nobody has described yet:
// its format, its likely header and so many rows below it. What is no table is
// an *extract.FileError.
func Sample(f File, rows int) (preset.Table, error) {
	base := leafBase(f.Name)
	ext := path.Ext(base)
	t := preset.Table{File: strings.TrimSuffix(base, ext), Ext: strings.TrimPrefix(strings.ToLower(ext), ".")}
	all, err := sampleRows(f, rows+headerRows, &t)
	if err == nil {
		err = t.Behead(all, rows)
	}
	var fe *extract.FileError
	switch {
	case err == nil:
		return t, nil
	case !errors.As(err, &fe):
		fe = &extract.FileError{Problem: err.Error(), Hint: "chat texts have presets of their own: `etl preset list`"}
		err = fe
	}
	if fe.File == "" {
		fe.File = f.Name
	}
	return t, err
}

// sampleRows reads the first rows, whatever they are.
func sampleRows(f File, n int, t *preset.Table) ([][]string, error) {
	switch t.Format = t.Ext; t.Format {
	case preset.XLSX:
		book, err := openXLSX(f)
		if err != nil {
			return nil, err
		}
		defer book.Close() //nolint:errcheck // only read
		return first(book, n)
	case preset.Parquet:
		p, err := openParquetRows(f)
		if err != nil {
			return nil, err
		}
		defer p.Close() //nolint:errcheck // only read
		rows, err := first(p, n)
		return append([][]string{p.names()}, rows...), err
	case preset.JSONL, "ndjson":
		t.Format = preset.JSONL
		return sampleObjects(f, n)
	default:
		return sampleText(f, n, t)
	}
}

func first(from rows, n int) ([][]string, error) {
	var out [][]string
	for len(out) < n {
		row, err := from.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		if row.Skip == "" {
			out = append(out, slices.Clone(row.Cells))
		}
	}
	return out, nil
}

// sampleText finds the encoding and the delimiter that gives most cells.
func sampleText(f File, n int, t *preset.Table) ([][]string, error) {
	encoding, err := detect(f, []string{preset.UTF8Sig, preset.UTF8, preset.GB18030}, false)
	if err != nil {
		return nil, err
	}
	t.Encoding = encoding
	if t.Format != preset.TSV {
		t.Format = preset.CSV // which finds the delimiter by itself
	}
	var best [][]string
	for _, delim := range []byte{',', '\t', ';'} {
		body, err := f.Open()
		if err != nil {
			return nil, err
		}
		all, err := first(newCSV(body, encoding, delim), n)
		body.Close()
		if err == nil && cellsOf(all) > cellsOf(best) {
			best = all
		}
	}
	return best, nil
}

func cellsOf(all [][]string) int {
	n := 0
	for _, row := range all {
		n += len(row)
	}
	return n
}

// sampleObjects makes a table of JSON objects; names come in the order that
// they are first seen.
func sampleObjects(f File, n int) ([][]string, error) {
	body, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer body.Close()
	l := newLines(body, preset.UTF8)
	var names []string
	var out [][]string
	for len(out) < n {
		line, err := l.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		text := bytes.TrimSpace(line.text)
		if len(text) == 0 {
			continue
		}
		if text[0] != '{' || !json.Valid(text) {
			return nil, &extract.FileError{Line: line.no, Problem: "the line is not a JSON object", Hint: "write one object in braces on each line"}
		}
		row := make([]string, len(names))
		eachMember(text, func(key, value []byte) {
			name := jsonString(key)
			i := slices.Index(names, name)
			if i < 0 {
				i, names = len(names), append(names, name)
			}
			for len(row) <= i {
				row = append(row, "")
			}
			row[i] = memberText(value)
		})
		out = append(out, row)
	}
	return append([][]string{names}, out...), nil
}
