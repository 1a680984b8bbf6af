package preset

import (
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"kefu/extract/dataset"
)

// headerOf names all columns that a layout reads, by the first of their names.
func headerOf(p *Plan) []string {
	var names []string
	for _, t := range p.layout.targets() {
		for _, c := range t.columns(dataset.ByName(t.Dataset)) {
			if len(c.From) > 0 {
				names = append(names, c.From[0])
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

var oddCells = []string{
	"", "", "null", "-", "--", " ", "\u3000", "'", `=""`, `="12"`, "'12", "\t12\t", "\u00a012\u200b", "\ufeff12", "1,234.50", "¥12.3元", "12.0", "-1", "+5", "1.2E+18", "1E5", "100%",
	"2026-01-02", "2026-01-02 10:11:12", "2026/1/2 9:05", "20260102101112", "2026年1月2日 10:11", "46024.5", "01:02:03", "true", "是", "买家甲", "\"a\"", "x\x00", "\xff",
}

// TestCellsReadTheShortWay holds the short way that most columns take with a cell
// against the long one, which those of spreadsheets take.
func TestCellsReadTheShortWay(t *testing.T) {
	for _, name := range Names() {
		p, err := Shipped(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, plan := range p.Plans() {
			header := headerOf(plan)
			rapid.Check(t, func(t *rapid.T) {
				short, _ := plan.Bind(header, FileInfo{Name: "a", AsOf: "2026-02-01 00:00:00"})
				long, _ := plan.Bind(header, FileInfo{Name: "a", AsOf: "2026-02-01 00:00:00"})
				for line := range 3 {
					cells := rapid.SliceOfN(rapid.OneOf(rapid.SampledFrom(oddCells), rapid.String()), len(header), len(header)).Draw(t, "cells")
					a, b := &collected{}, &collected{}
					if err := short.Row(&Row{Line: line, Cells: slices.Clone(cells)}, a); err != nil {
						t.Fatal(err)
					}
					if err := long.Row(&Row{Line: line, Cells: slices.Clone(cells), Kinds: make([]Kind, len(cells))}, b); err != nil {
						t.Fatal(err)
					}
					if !reflect.DeepEqual(a, b) {
						t.Fatalf("%s %s: the short way gives %+v, the long one %+v", name, plan.Name(), a, b)
					}
				}
			})
		}
	}
}
