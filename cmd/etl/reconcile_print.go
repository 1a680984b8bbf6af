package main

import (
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"kefu/cmd/etl/internal/reconcile"
	"kefu/cmd/etl/internal/terminal"
	"kefu/transform/catalogue"
)

type reconcileOutput struct {
	File     string            `json:"file"`
	Preset   string            `json:"preset"`
	Layout   string            `json:"layout"`
	Shop     string            `json:"shop"`
	Exported time.Time         `json:"exported"`
	Metrics  []reconcileMetric `json:"metrics"`
	Cells    []reconcileCell   `json:"differences"`
	Reasons  map[string]int    `json:"reasons"`
	Unused   []string          `json:"unused_columns"`
	Notes    []string          `json:"notes"`
	Tried    int               `json:"tried"`
	Seconds  float64           `json:"seconds"`
}

type reconcileMetric struct {
	Metric    string         `json:"metric"`
	Label     string         `json:"label"`
	Compared  int            `json:"compared"`
	Equal     int            `json:"equal"`
	Within    int            `json:"within"`
	Different map[string]int `json:"different"`
	Untold    int            `json:"not_compared,omitempty"`
}

type reconcileCell struct {
	Line       int    `json:"line,omitempty"`
	Column     string `json:"column"`
	Agent      string `json:"agent,omitempty"`
	Account    string `json:"account,omitempty"`
	From       string `json:"from"`
	To         string `json:"to"`
	Metric     string `json:"metric"`
	Ours       string `json:"ours"`
	Theirs     string `json:"theirs"`
	Difference string `json:"difference"`
	Reason     string `json:"reason"`
	Proof      string `json:"proof"`
}

// reconciledMetrics sums up each KPI in the order of the catalogue.
func reconciledMetrics(metrics *catalogue.Catalogue, r *reconcile.Result) []reconcileMetric {
	out := []reconcileMetric{}
	for _, m := range metrics.Metrics() {
		sum := reconcileMetric{Metric: m.Name, Label: m.LabelZH, Different: map[string]int{}}
		seen := false
		for _, c := range r.Cells {
			if c.Metric != m.Name {
				continue
			}
			seen = true
			switch c.Status {
			case reconcile.Equal:
				sum.Equal++
			case reconcile.Within:
				sum.Within++
			case reconcile.Different:
				sum.Different[string(c.Reason)]++
			case reconcile.Untold:
				sum.Untold++
				continue
			}
			sum.Compared++
		}
		if seen {
			out = append(out, sum)
		}
	}
	return out
}

// differing are the cells that differ: unexplained ones first, then by reason.
func differing(r *reconcile.Result) []*reconcile.Cell {
	var out []*reconcile.Cell
	for _, c := range r.Cells {
		if c.Status == reconcile.Different {
			out = append(out, c)
		}
	}
	order := reconcile.Reasons()
	rank := func(c *reconcile.Cell) int {
		if c.Reason == reconcile.Unexplained {
			return -1
		}
		return slices.Index(order, c.Reason)
	}
	slices.SortStableFunc(out, func(x, y *reconcile.Cell) int {
		return cmp.Or(cmp.Compare(rank(x), rank(y)), x.From.Compare(y.From), cmp.Compare(x.Line, y.Line), cmp.Compare(x.Named, y.Named))
	})
	return out
}

func (a *app) printReconciled(metrics *catalogue.Catalogue, r *reconcile.Result, all bool) error {
	if a.json {
		return a.printJSON(reconciled(metrics, r))
	}
	out := a.terminal()
	rep := r.Report
	from, to := rep.Rows[0].From, rep.Rows[0].To
	for _, row := range rep.Rows {
		if row.From.Before(from) {
			from = row.From
		}
		if row.To.After(to) {
			to = row.To
		}
	}
	out.Printf("%s: %s, %s\n%s, %s, exported %s\n\n", out.Bold(terminal.Clean(rep.File)), terminal.Clean(rep.Layout.PresetName()), terminal.Clean(rep.Layout.Name),
		r.Shop, daysOf(from, to), rep.Exported.Format("2006-01-02 15:04"))
	a.printReconciledMetrics(reconciledMetrics(metrics, r))
	a.printDifferences(metrics, r, all)
	for _, n := range r.Notes {
		out.Printf("%s %s\n", out.Mark(terminal.Warning), terminal.Clean(n))
	}
	if len(rep.Unused) > 0 {
		out.Printf("%s columns that no KPI of ours is in: %s\n", out.Mark(terminal.Warning), terminal.Clean(strings.Join(rep.Unused, ", ")))
	}
	if r.Tried > 0 {
		out.Printf("%s computed in %s\n", plural(r.Tried, "what-if"), terminal.Duration(time.Duration(r.Seconds*float64(time.Second))))
	}
	return nil
}

func daysOf(from, to time.Time) string {
	if from.Equal(to) {
		return from.Format(time.DateOnly)
	}
	return from.Format(time.DateOnly) + " to " + to.Format(time.DateOnly)
}

func (a *app) printReconciledMetrics(sums []reconcileMetric) {
	out := a.terminal()
	table := out.Table(terminal.Left("KPI"), terminal.Column{Title: "in the report's words", Max: 30}, terminal.Right("compared"), terminal.Right("equal"), terminal.Right("rounded"),
		terminal.Right("different"), terminal.Left("by reason"))
	for _, s := range sums {
		var reasons []string
		different := 0
		for _, reason := range reconcile.Reasons() {
			if n := s.Different[string(reason)]; n > 0 {
				different += n
				reasons = append(reasons, fmt.Sprintf("%s %d", reason, n))
			}
		}
		if s.Untold > 0 {
			reasons = append(reasons, fmt.Sprintf("not compared %d", s.Untold))
		}
		table.Row(s.Metric, s.Label, strconv.Itoa(s.Compared), strconv.Itoa(s.Equal), strconv.Itoa(s.Within), strconv.Itoa(different), strings.Join(reasons, ", "))
	}
	table.Flush()
	out.Printf("\n")
}

// mostDifferences is how many differences are listed unless all are asked for.
const mostDifferences = 100

func (a *app) printDifferences(metrics *catalogue.Catalogue, r *reconcile.Result, all bool) {
	out := a.terminal()
	cells := differing(r)
	if len(cells) == 0 {
		out.Printf("%s every number of the report is ours\n", out.Mark(terminal.OK))
		return
	}
	shown := cells
	if !all && len(cells) > mostDifferences {
		shown = cells[:mostDifferences]
	}
	table := out.Table(terminal.Right("line"), terminal.Left("day"), terminal.Column{Title: "agent", Max: 24}, terminal.Column{Title: "column", Max: 26}, terminal.Right("ours"),
		terminal.Right("theirs"), terminal.Right("ours − theirs"), terminal.Left("reason"), terminal.Left("proof"))
	for _, c := range shown {
		line := "–"
		if c.Line > 0 {
			line = strconv.Itoa(c.Line)
		}
		column := terminal.Clean(c.Column)
		if c.Line == 0 {
			column = c.Metric
		}
		m, _ := metrics.Metric(c.Metric)
		status := terminal.Warning
		if c.Reason == reconcile.Unexplained {
			status = terminal.Failed
		}
		table.Row(line, daysOf(c.From, c.To), terminal.Clean(c.Named), column, printed(m, reconcile.Text(c.Ours)), terminal.Clean(cmp.Or(c.Text, "–")), printed(m, reconcile.Text(c.Difference())),
			out.Paint(status, string(c.Reason)), terminal.Clean(c.Proof))
	}
	table.Flush()
	if len(shown) < len(cells) {
		out.Printf("… and %s more (--all, or --out FILE)\n", terminal.Count(int64(len(cells)-len(shown))))
	}
	out.Printf("\n")
}

// printed shortens what has more digits than people read.
func printed(m catalogue.Metric, text string) string {
	whole, fraction, ok := strings.Cut(text, ".")
	digits := 2
	if m.Unit == "ratio" || m.Unit == "number" {
		digits = 4
	}
	if !ok || len(fraction) <= digits {
		return text
	}
	return strings.TrimRight(strings.TrimRight(whole+"."+fraction[:digits], "0"), ".")
}

func reconciled(metrics *catalogue.Catalogue, r *reconcile.Result) reconcileOutput {
	out := reconcileOutput{
		File: r.Report.File, Preset: r.Report.Layout.PresetName(), Layout: r.Report.Layout.Name, Shop: r.Shop.String(), Exported: r.Report.Exported,
		Metrics: reconciledMetrics(metrics, r), Cells: []reconcileCell{}, Reasons: map[string]int{},
		Unused: append([]string{}, r.Report.Unused...), Notes: append([]string{}, r.Notes...), Tried: r.Tried, Seconds: r.Seconds,
	}
	for _, c := range differing(r) {
		out.Cells = append(out.Cells, reconciledCell(c))
		out.Reasons[string(c.Reason)]++
	}
	return out
}

func reconciledCell(c *reconcile.Cell) reconcileCell {
	return reconcileCell{
		Line: c.Line, Column: c.Column, Agent: c.Named, Account: c.Entity, From: c.From.Format(time.DateOnly), To: c.To.Format(time.DateOnly), Metric: c.Metric,
		Ours: reconcile.Text(c.Ours), Theirs: c.Text, Difference: reconcile.Text(c.Difference()), Reason: string(c.Reason), Proof: c.Proof,
	}
}

// writeCompared writes every compared number as csv, aside and then in place.
func writeCompared(path string, r *reconcile.Result) error {
	aside, err := os.CreateTemp(filepath.Dir(path), ".reconcile-*")
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer os.Remove(aside.Name()) //nolint:errcheck // it has been renamed, or is of no use
	w := csv.NewWriter(aside)
	_ = w.Write([]string{"line", "from", "to", "agent", "account", "column", "metric", "ours", "theirs", "difference", "status", "reason", "proof"})
	for _, c := range r.Cells {
		x := reconciledCell(c)
		_ = w.Write([]string{strconv.Itoa(x.Line), x.From, x.To, x.Agent, x.Account, x.Column, x.Metric, x.Ours, x.Theirs, x.Difference, string(c.Status), x.Reason, x.Proof})
	}
	w.Flush() // which tells the first error of all rows
	if err := errors.Join(w.Error(), aside.Sync(), aside.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	if err := os.Rename(aside.Name(), path); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return nil
}
