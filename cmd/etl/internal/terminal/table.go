package terminal

import (
	"io"
	"strings"
)

// Column is a column of a table.
type Column struct {
	Title string
	Right bool // numbers
	Max   int  // widest that it may become; 0 = as wide as it needs
}

// Left is a column of texts.
func Left(title string) Column { return Column{Title: title} }

// Right is a column of numbers.
func Right(title string) Column { return Column{Title: title, Right: true} }

// Table collects rows and writes them aligned.
type Table struct {
	t       *Terminal
	columns []Column
	rows    [][]string
}

// Table starts a table.
func (t *Terminal) Table(columns ...Column) *Table { return &Table{t: t, columns: columns} }

// Row adds a row; missing cells are empty. Cells may be painted; control
// characters of texts from outside are up to Clean.
func (tb *Table) Row(cells ...string) {
	row := make([]string, len(tb.columns))
	copy(row, cells)
	tb.rows = append(tb.rows, row)
}

// Empty tells whether there are no rows.
func (tb *Table) Empty() bool { return len(tb.rows) == 0 }

// Flush writes the table: a head, then the rows, two spaces between columns.
func (tb *Table) Flush() {
	width := make([]int, len(tb.columns))
	for i, c := range tb.columns {
		width[i] = Width(c.Title)
		for _, row := range tb.rows {
			if c.Max > 0 && Width(row[i]) > c.Max {
				row[i] = tb.t.cut(row[i], c.Max)
			}
			width[i] = max(width[i], Width(row[i]))
		}
	}
	titles := make([]string, len(tb.columns))
	for i, c := range tb.columns {
		titles[i] = c.Title
	}
	var b strings.Builder
	b.WriteString(tb.t.Faint(tb.line(titles, width)) + "\n")
	for _, row := range tb.rows {
		b.WriteString(tb.line(row, width) + "\n")
	}
	_, _ = io.WriteString(tb.t.w, b.String())
}

func (tb *Table) line(cells []string, width []int) string {
	var b strings.Builder
	for i, cell := range cells {
		if i > 0 {
			b.WriteString("  ")
		}
		pad := strings.Repeat(" ", width[i]-Width(cell))
		if tb.columns[i].Right {
			b.WriteString(pad + cell)
		} else {
			b.WriteString(cell + pad)
		}
	}
	return strings.TrimRight(b.String(), " ")
}

// cut shortens a text to so many columns, without its colour.
func (t *Terminal) cut(text string, columns int) string {
	tail := "..."
	if t.opts.Unicode {
		tail = "…"
	}
	return widths.Truncate(plain(text), columns, tail)
}
