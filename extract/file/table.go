package file

import (
	"errors"
	"io"
	"path"
	"strings"

	"kefu/extract"
	"kefu/extract/preset"
)

// EachRow hands over every row of a csv, tsv or xlsx file as it stands, header
// and banners, too, but no blank ones. Encoding and delimiter are found. It
// returns whether days of the workbook count from 1904. What is no table is an
// *extract.FileError.
func EachRow(f File, do func(*preset.Row) error) (date1904 bool, err error) {
	date1904, err = eachRow(f, do)
	var fe *extract.FileError
	if errors.As(err, &fe) && fe.File == "" {
		fe.File = f.Name
	}
	return date1904, err
}

func eachRow(f File, do func(*preset.Row) error) (date1904 bool, err error) {
	ext := strings.TrimPrefix(strings.ToLower(path.Ext(leafBase(f.Name))), ".")
	switch ext {
	case preset.XLSX:
		book, err := openXLSX(f)
		if err != nil {
			return false, err
		}
		defer book.Close() //nolint:errcheck // only read
		return book.date1904, handOver(book, do)
	case preset.CSV, preset.TSV, "txt", "xls":
		encoding, err := detect(f, []string{preset.UTF8Sig, preset.UTF8, preset.GB18030}, false)
		if err != nil {
			return false, err
		}
		delim, err := delimiter(f, encoding)
		if err != nil {
			return false, err
		}
		body, err := f.Open()
		if err != nil {
			return false, err
		}
		defer body.Close()
		return false, handOver(newCSV(body, encoding, delim), do)
	default:
		return false, &extract.FileError{Problem: "no table is read from files of that name", Hint: "export it as .csv or .xlsx"}
	}
}

// delimiter is what divides most cells at the beginning of a text. A tab behind
// every cell, as some platforms write it, is no delimiter beside commas.
func delimiter(f File, encoding string) (byte, error) {
	cells := map[byte]int{}
	best := byte(',')
	for _, delim := range []byte{',', '\t', ';'} {
		body, err := f.Open()
		if err != nil {
			return 0, err
		}
		all, err := first(newCSV(body, encoding, delim), headerRows)
		body.Close()
		if err == nil {
			cells[delim] = cellsOf(all)
		}
		if cells[delim] > cells[best] {
			best = delim
		}
	}
	if cells[',']*4 >= cells[best]*3 {
		return ',', nil
	}
	return best, nil
}

func handOver(from rows, do func(*preset.Row) error) error {
	for {
		row, err := from.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if row.Skip != "" {
			continue
		}
		if err := do(row); err != nil {
			return err
		}
	}
}
