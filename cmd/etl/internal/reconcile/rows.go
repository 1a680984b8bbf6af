package reconcile

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"kefu/extract/preset"
)

// cellOf is a row's text and kind of cell.
func cellOf(row preset.Row, i int) (string, preset.Kind) {
	if i < 0 || i >= len(row.Cells) {
		return "", preset.Text
	}
	kind := preset.Text
	if i < len(row.Kinds) {
		kind = row.Kinds[i]
	}
	return strings.Trim(row.Cells[i], " \t\r\n\u00a0\u3000\ufeff"), kind
}

// take reads a row below the header.
func (r *reader) take(row preset.Row) {
	out := Row{Line: row.Line, From: r.From, To: r.To}
	p := r.layout.of
	label, _ := cellOf(row, max(r.entity, 0))
	if r.entity < 0 && r.date >= 0 {
		label, _ = cellOf(row, r.date)
	}
	if r.cutOff(row) {
		r.report.CutOff = row.Line
	}
	switch {
	case is(p.Skip, label):
		return
	case is(p.Totals, label):
		if out.Cells = r.cells(row); r.layout.Grain == "agent" {
			r.report.Totals = append(r.report.Totals, out)
		}
		return
	case r.entity >= 0 && label == "":
		return // a note below the table
	}
	if r.entity >= 0 {
		out.Entity = label
	}
	if r.date >= 0 {
		text, kind := cellOf(row, r.date)
		if text == "" {
			return
		}
		var ok bool
		if out.From, out.To, ok = r.days(text, kind); !ok {
			r.spoil(row.Line, r.names[r.date], fmt.Sprintf("%q is no day", text), "write 2026-03-01, or 2026-03-01~2026-03-07")
			return
		}
		if !r.From.IsZero() && (out.To.Before(r.From) || out.From.After(r.To)) {
			return // not asked about
		}
	}
	out.Cells = r.cells(row)
	r.report.Rows = append(r.report.Rows, out)
}

// cutOff tells a last row that ends before the last column of the header.
func (r *reader) cutOff(row preset.Row) bool {
	last := len(r.names)
	for last > 0 && r.names[last-1] == "" {
		last--
	}
	return row.Kinds == nil && row.Line == r.report.LastLine && len(row.Cells) < last && len(row.Cells) > 1
}

func (r *reader) days(text string, kind preset.Kind) (from, to time.Time, ok bool) {
	days := datesIn(text)
	if len(days) == 0 {
		at, found := preset.Clock(text, kind, r.date1904)
		for _, layout := range []string{"2006/1/2", "2006-1-2", "2006年1月2日"} {
			if d, err := time.Parse(layout, text); err == nil {
				at, found = d, true
			}
		}
		if !found {
			return from, to, false
		}
		days = []time.Time{time.Date(at.Year(), at.Month(), at.Day(), 0, 0, 0, 0, time.UTC)}
	}
	from, to = days[0], days[0]
	if len(days) > 1 && days[1].After(from) {
		to = days[1]
	}
	return r.windowed(from, to), to, true
}

// cells reads the numbers of a row.
func (r *reader) cells(row preset.Row) []Printed {
	var out []Printed
	p := r.layout.of
	for _, i := range slices.Sorted(maps.Keys(r.columns)) {
		metric := r.columns[i]
		text, kind := cellOf(row, i)
		c := Printed{Metric: metric, Column: r.names[i], Text: text}
		switch {
		case is(p.Delayed, text):
			c.Delayed = true
		case text == "" || is(p.Missing, text):
		default:
			m, _ := r.Metrics.Metric(metric)
			n, ok := readNumber(text, m.Unit, r.layout.Metrics[metric].Unit)
			if !ok || kind == preset.Lossy {
				r.spoil(row.Line, c.Column, fmt.Sprintf("%q is no number (%s, in %s)", text, metric, m.Unit),
					"correct the cell; a text for cells without a number belongs under missing: or delayed: of the preset")
				continue
			}
			c.Number = &n
		}
		out = append(out, c)
	}
	return out
}

func (r *reader) spoil(line int, column, problem, hint string) {
	if len(r.bad) < maxBad {
		r.bad = append(r.bad, r.fault(line, column, problem, hint))
	}
}
