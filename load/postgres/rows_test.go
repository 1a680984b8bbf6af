package postgres

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/parquet-go/parquet-go"

	"kefu/load"
)

// Texts that a file holds as codes of a dictionary, small or large, another one
// in every group of rows, arrive as those that it spells out.
func TestTextsThatRepeatArriveAsTheyAre(t *testing.T) {
	type row struct {
		N     int64   `parquet:"n"`
		Few   *string `parquet:"few,optional,dict"`
		Many  string  `parquet:"many,dict"`
		Plain string  `parquet:"plain"`
		None  *string `parquet:"none,optional,dict"`
	}
	words := []string{"客服", "zero\x00byte", "", "it's"}
	rows := make([]row, 3*readRows)
	for i := range rows {
		rows[i] = row{N: int64(i), Many: fmt.Sprint("text ", i), Plain: fmt.Sprint("text ", i)}
		if part := i / 10_000; i%5 < 4 {
			word := words[i%5] + fmt.Sprint(part)
			rows[i].Few = &word
		}
	}
	path := filepath.Join(t.TempDir(), "texts.parquet")
	if err := parquet.WriteFile(path, rows, parquet.MaxRowsPerRowGroup(10_000)); err != nil {
		t.Fatal(err)
	}
	table := load.Table{Name: "t", Key: []string{"n"}, Columns: []load.Column{{Name: "n", Type: "BIGINT"}}}
	for _, name := range []string{"few", "many", "plain", "none"} {
		table.Columns = append(table.Columns, load.Column{Name: name, Type: "VARCHAR"})
	}
	w, dsn := fresh(t)
	mustLoad(t, w, load.Publication{ID: "p1", Tables: []load.Change{{Table: table, Snapshot: 1, Files: []string{path}}}})
	conn := connection(t, dsn)
	expect(t, conn, "select count(*) from t", fmt.Sprint(len(rows)))
	expect(t, conn, `select count(*) from t where none is not null or many <> 'text ' || n or plain <> many
		or few is distinct from (array['客服', E'zero\uFFFDbyte', '', 'it''s'])[n % 5 + 1] || n / 10000`, "0")
}
