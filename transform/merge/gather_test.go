package merge

import (
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow-go/v18/arrow"
	"github.com/apache/arrow-go/v18/arrow/array"

	"kefu/transform/lexicon"
)

// What is gathered says what the rows said, in their order, whatever stood in
// the rooms before and wherever in its buffers a batch begins.
func TestRowsAreGatheredAsTheyAre(t *testing.T) {
	for seed := range uint64(60) {
		r := rand.New(rand.NewPCG(seed, 5))
		columns := make([]int, len(kinds))
		for i := range columns {
			columns[i] = i
		}
		batches, _ := table(t, r, columns, []int{1, 9, 300}[r.IntN(3)])
		var rows []ref
		for b, batch := range batches {
			if n := batch.NumRows(); n > 3 {
				batches[b] = batch.NewSlice(r.Int64N(3), n)
			}
			for row := range int(batches[b].NumRows()) {
				rows = append(rows, ref{uint32(b), uint32(row)})
			}
		}
		r.Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		s, err := newStack(batches, &lexicon.Lexicon{})
		if err != nil {
			t.Fatal(err)
		}
		in := &rooms{}
		for _, some := range [][]ref{rows, rows[:len(rows)/2], rows[len(rows)/3:]} {
			got, err := s.gather(some, in)
			if err != nil {
				t.Fatal(err)
			}
			compareRows(t, got, batches, some)
			kept := trim(got)
			compareRows(t, kept, batches, some)
			compareWords(t, kept)
		}
	}
}

func compareRows(t *testing.T, got arrow.RecordBatch, batches []arrow.RecordBatch, rows []ref) {
	t.Helper()
	for i, c := range got.Columns() {
		missing := 0
		for row, at := range rows {
			want := batches[at.batch].Column(i)
			if want.IsNull(int(at.row)) {
				missing++
			}
			if c.IsNull(row) != want.IsNull(int(at.row)) || c.IsValid(row) && said(c, row) != said(want, int(at.row)) {
				t.Fatalf("column %s, row %d: %q, want %q", got.ColumnName(i), row, said(c, row), said(want, int(at.row)))
			}
		}
		if c.Len() != len(rows) || c.NullN() != missing {
			t.Fatalf("column %s: %d rows and %d missing, want %d and %d", got.ColumnName(i), c.Len(), c.NullN(), len(rows), missing)
		}
	}
}

// compareWords looks for words that no row uses.
func compareWords(t *testing.T, rows arrow.RecordBatch) {
	t.Helper()
	for i, c := range rows.Columns() {
		d, ok := c.(*array.Dictionary)
		if !ok {
			continue
		}
		used := map[string]bool{}
		for row := range d.Len() {
			if d.IsValid(row) {
				used[said(d, row)] = true
			}
		}
		if words := d.Dictionary().Len(); words != len(used) {
			t.Fatalf("column %s: %d words for %d that are used", rows.ColumnName(i), words, len(used))
		}
	}
}

func said(a arrow.Array, row int) string {
	if d, ok := a.(*array.Dictionary); ok {
		return d.Dictionary().ValueStr(d.GetValueIndex(row))
	}
	return a.ValueStr(row)
}
