package preset

import (
	"errors"
	"slices"
	"strings"
)

// Table is the beginning of a file whose layout nobody has described yet.
type Table struct {
	File     string // name without its extension
	Ext      string // of the name, without the dot
	Format   string // csv, tsv, xlsx, jsonl, parquet
	Encoding string // of texts
	Header   []string
	Rows     [][]string // cells aligned with Header; short rows are allowed
}

// Behead finds the header among the first rows of a file and keeps so many of
// the rows below it. It is the row that knows most names of any preset; where
// none is known, the first that is as wide as most rows and holds no numbers.
func (t *Table) Behead(all [][]string, rows int) error {
	const deepest = 15
	widths := map[int]int{}
	for _, row := range all {
		widths[filled(row)]++
	}
	usual := 0
	for width, n := range widths {
		if n > widths[usual] || (n == widths[usual] && width > usual) {
			usual = width
		}
	}
	best, most := -1, 0
	for i, row := range all[:min(len(all), deepest)] {
		known := lexicon().knows(row)
		switch {
		case known > most && known*2 >= filled(row):
			best, most = i, known
		case best < 0 && filled(row) >= max(usual, 2) && !slices.ContainsFunc(row, isNumber):
			best = i
		}
	}
	if best < 0 {
		return errors.New("no row of names is found at its beginning")
	}
	t.Header = nil
	for _, name := range newHeader(all[best]).names {
		t.Header = append(t.Header, strings.Join(strings.Fields(name), " "))
	}
	t.Rows = nil
	for _, row := range all[best+1:] {
		if len(t.Rows) == rows {
			break
		}
		if filled(row) > 0 {
			t.Rows = append(t.Rows, row)
		}
	}
	return nil
}

func filled(row []string) int {
	n := 0
	for _, c := range row {
		if unwrap(c) != "" {
			n++
		}
	}
	return n
}

func isNumber(s string) bool {
	_, ok := parseDecimal(moneyText(unwrap(s), false))
	return ok
}

// values lists what a column holds, without empty cells.
func (t *Table) values(column int) []string {
	var out []string
	for _, row := range t.Rows {
		if column < len(row) {
			if v := unwrap(row[column]); v != "" && v != "null" && v != "-" {
				out = append(out, v)
			}
		}
	}
	return out
}
