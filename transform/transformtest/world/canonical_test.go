package world

import (
	"encoding/csv"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"kefu/extract/dataset"
)

// Canonical files have the documented columns and a line per row, of all shops.
func TestWriteCanonical(t *testing.T) {
	var pack Pack
	for seed := uint64(1); seed <= 5; seed++ {
		w, err := Random(seed)
		if err != nil {
			t.Fatal(err)
		}
		pack = append(pack, w)
	}
	dir := t.TempDir()
	if err := pack.WriteCanonical(dir); err != nil {
		t.Fatal(err)
	}
	for name, rows := range pack.Tables() {
		schema := dataset.ByName(name)
		if schema.Internal || len(rows) == 0 {
			continue
		}
		f, err := os.Open(filepath.Join(dir, name+".csv"))
		if err != nil {
			t.Fatal(err)
		}
		lines, err := csv.NewReader(f).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		if len(lines)-1 != len(rows) {
			t.Errorf("%s: %d lines, want %d", name, len(lines)-1, len(rows))
		}
		want := []string{"platform", "shop_id"}
		for _, c := range schema.Columns {
			want = append(want, c.Name)
		}
		if !slices.Equal(lines[0], want) {
			t.Errorf("%s: columns %v, want %v", name, lines[0], want)
		}
	}
}

// An instant keeps its microseconds, a date stays a date, money has two decimals.
func TestSpell(t *testing.T) {
	day, err := ParseDate("2026-01-05")
	if err != nil {
		t.Fatal(err)
	}
	for want, v := range map[string]any{
		"2026-01-05": day, "2026-01-05T00:00:00Z": day.Time(), "2026-01-05T00:00:00.000007Z": day.Time().Add(7000),
		"12.30": Cents(1230), "-0.05": Cents(-5), "": nil, "true": true,
	} {
		if got := spell(v); got != want {
			t.Errorf("spell(%v) = %q, want %q", v, got, want)
		}
	}
}
