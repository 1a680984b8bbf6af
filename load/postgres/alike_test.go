package postgres

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/parquet-go/parquet-go"

	"kefu/load"
)

// Columns that have one value in all rows, or none, hold it in every row, however
// the files say so, and leave no default behind.
func TestColumnsThatAreAlikeHoldTheirValue(t *testing.T) {
	type row struct {
		N        int64   `parquet:"n"`
		Shop     string  `parquet:"shop,dict"`
		Quoted   string  `parquet:"quoted"`
		Unheld   string  `parquet:"unheld"`
		Zero     int64   `parquet:"zero"`
		Small    int32   `parquet:"small"`
		Optional *int64  `parquet:"optional,optional"`
		Nothing  *string `parquet:"nothing,optional"`
		Once     *string `parquet:"once,optional"`
		ByFile   string  `parquet:"by_file"`
		ByGroup  int64   `parquet:"by_group"`
		Cents    int64   `parquet:"cents,decimal(2:18)"`
		Owed     int64   `parquet:"owed,decimal(6:18)"`
		Day      int32   `parquet:"day,date"`
		Rate     float64 `parquet:"rate"`
	}
	table := load.Table{Name: "t", Key: []string{"shop", "n"}}
	for _, column := range [][2]string{{"n", "BIGINT"}, {"shop", "VARCHAR"}, {"quoted", "VARCHAR"}, {"unheld", "VARCHAR"}, {"zero", "BIGINT"}, {"small", "INTEGER"},
		{"optional", "BIGINT"}, {"nothing", "VARCHAR"}, {"once", "VARCHAR"}, {"by_file", "VARCHAR"}, {"by_group", "BIGINT"}, {"cents", "DECIMAL(18,2)"}, {"owed", "DECIMAL(18,6)"}, {"day", "DATE"}, {"rate", "DOUBLE"},
		{"lacking", "DOUBLE"}} {
		table.Columns = append(table.Columns, load.Column{Name: column[0], Type: column[1]})
	}
	five, word := int64(5), "word"
	var paths []string
	for file := range 2 {
		rows := make([]row, alikeRows/2)
		for i := range rows {
			rows[i] = row{N: int64(file*len(rows) + i), Shop: "示例店", Quoted: `it's \ "so"`, Unheld: "zero\x00byte", Small: -7, Optional: &five,
				ByFile: fmt.Sprint(file), ByGroup: int64(i / 1000), Cents: 150, Owed: -5, Day: 20454, Rate: 0.5}
		}
		if file == 1 {
			rows[77].Once = &word
		}
		path := filepath.Join(t.TempDir(), "rows.parquet")
		if err := parquet.WriteFile(path, rows, parquet.MaxRowsPerRowGroup(1000)); err != nil {
			t.Fatal(err)
		}
		paths = append(paths, path)
	}
	known, err := outlineOf(table, paths)
	if err != nil {
		t.Fatal(err)
	}
	if want := "map[cents:1.50 lacking:null nothing:null optional:5 owed:-0.000005 quoted:'it''s \\ \"so\"' shop:'示例店' small:-7 unheld:'zero\uFFFDbyte' zero:0]"; fmt.Sprint(known.alike) != want {
		t.Errorf("alike are %v, want %s", known.alike, want)
	}
	w, dsn := fresh(t)
	mustLoad(t, w, load.Publication{ID: "p1", Tables: []load.Change{{Table: table, Snapshot: 1, Files: paths}}})
	conn := connection(t, dsn)
	expect(t, conn, `select count(*) || ' ' || min(n) || ' ' || max(n) from t where shop = '示例店' and quoted = 'it''s \ "so"' and unheld = E'zero\uFFFDbyte' and zero = 0 and small = -7
		and optional = 5 and nothing is null and by_file::integer = n / 5000 and by_group = n % 5000 / 1000 and cents::text = '1.50' and owed::text = '-0.000005' and day = date '2026-01-01' and rate = 0.5 and lacking is null`,
		"10000 0 9999")
	expect(t, conn, "select string_agg(n || once, ', ') from t where once is not null", "5077word")
	expect(t, conn, "select count(*) from pg_attrdef where adrelid = 't'::regclass", "0")
	expect(t, conn, "select pg_get_constraintdef(oid) from pg_constraint where conname = 't_key'", "PRIMARY KEY (n, shop)")
}

// What was alike in all rows need not be in those of later nights: a partition that
// is replaced brings its own values, and what it lacks is NULL and no default.
func TestWhatWasAlikeMayDifferLater(t *testing.T) {
	type row struct {
		Day  int32   `parquet:"dt,date"`
		N    int64   `parquet:"n"`
		Shop string  `parquet:"shop,dict"`
		Cent int64   `parquet:"cents,decimal(2:18)"`
		Note *string `parquet:"note,optional"`
	}
	table := load.Table{Name: "t", Key: []string{"shop", "dt", "n"}, PartitionColumn: "dt", Columns: []load.Column{
		{Name: "dt", Type: "DATE"}, {Name: "n", Type: "BIGINT"}, {Name: "shop", Type: "VARCHAR"}, {Name: "cents", Type: "DECIMAL(18,2)"}, {Name: "note", Type: "VARCHAR"}}}
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	night := func(name string, day int32, rows int, of row) string {
		all := make([]row, rows)
		for i := range all {
			all[i] = of
			all[i].Day, all[i].N = day, int64(i)
		}
		if err := parquet.WriteFile(path(name), all); err != nil {
			t.Fatal(err)
		}
		return path(name)
	}
	june, july := night("june", 20605, alikeRows, row{Shop: "a", Cent: 150}), night("july", 20640, alikeRows, row{Shop: "a", Cent: 150})
	w, dsn := fresh(t)
	mustLoad(t, w, load.Publication{ID: "p1", Tables: []load.Change{{Table: table, Snapshot: 1, Files: []string{june, july}}}})
	conn := connection(t, dsn)
	const said = "select string_agg(concat_ws(' ', to_char(dt, 'MM'), shop, cents, coalesce(note, '-'), count), ', ') from (select dt, shop, cents, note, count(*) from t group by 1, 2, 3, 4 order by 1, 2) t"
	expect(t, conn, said, "06 a 1.50 - 10000, 07 a 1.50 - 10000")

	word := "word"
	later := night("later", 20640, 3, row{Shop: "b", Cent: -7, Note: &word})
	change := load.Change{Table: table, Snapshot: 2, Files: []string{june, later}, Base: 1, Changed: []load.Partition{{Value: "2026-07", Files: []string{later}}}}
	mustLoad(t, w, load.Publication{ID: "p2", Tables: []load.Change{change}})
	expect(t, conn, said, "06 a 1.50 - 10000, 07 b -0.07 word 3")

	bare := path("bare")
	if err := parquet.WriteFile(bare, []struct {
		Day  int32  `parquet:"dt,date"`
		N    int64  `parquet:"n"`
		Shop string `parquet:"shop"`
	}{{20640, 1, "c"}}); err != nil {
		t.Fatal(err)
	}
	change = load.Change{Table: table, Snapshot: 3, Files: []string{june, bare}, Base: 2, Changed: []load.Partition{{Value: "2026-07", Files: []string{bare}}}}
	mustLoad(t, w, load.Publication{ID: "p3", Tables: []load.Change{change}})
	expect(t, conn, "select count(*) from t where shop = 'c' and cents is null and note is null", "1")
	expect(t, conn, "select count(*) from t", "10001")
}

// A table whose rows only differ where it has no key is sent as it is.
func TestAKeyIsAlwaysSent(t *testing.T) {
	table := load.Table{Key: []string{"a", "b"}, Columns: []load.Column{{Name: "a"}, {Name: "b"}, {Name: "c"}, {Name: "d"}}}
	for _, c := range []struct {
		alike alike
		want  string
	}{
		{alike{"a": "1", "d": null}, "[b c]"},
		{alike{"a": "1", "b": "1"}, "[a b c d]"},
		{nil, "[a b c d]"},
	} {
		var names []string
		for _, column := range c.alike.others(table) {
			names = append(names, column.Name)
		}
		if fmt.Sprint(names) != c.want {
			t.Errorf("%v: %v are sent, want %s", c.alike, names, c.want)
		}
	}
}
