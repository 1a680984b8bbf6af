package postgres

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"kefu/load"
)

// Rows of several files, each in the order of the key, arrive in that order as a
// whole as long as few of the files overlap, and all of them whatever they do.
func TestRowsOfSeveralFilesArriveInTheOrderOfTheKey(t *testing.T) {
	type row struct {
		Shop string  `parquet:"shop,dict"`
		Rule *string `parquet:"rule,optional,dict"`
		ID   string  `parquet:"id"`
		N    int32   `parquet:"n"`
	}
	compare := func(a, b row) int { // NULL is behind all others
		spell := func(r row) string {
			if r.Rule == nil {
				return "~"
			}
			return *r.Rule
		}
		return slices.Compare([]string{a.ID, spell(a), a.Shop}, []string{b.ID, spell(b), b.Shop})
	}
	table := load.Table{Name: "t", Key: []string{"shop", "rule", "id"}, PartitionColumn: "n", Columns: []load.Column{
		{Name: "shop", Type: "VARCHAR"}, {Name: "rule", Type: "VARCHAR"}, {Name: "id", Type: "VARCHAR"}, {Name: "n", Type: "INTEGER"},
	}}
	const files, each = 12, 500
	for name, spread := range map[string]int{"neighbours overlap": each + 100, "nothing overlaps": each, "everything overlaps": files * each} {
		t.Run(name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(1, 2))
			var paths []string
			for file := range files {
				rows := map[string]row{}
				for len(rows) < each {
					r := row{Shop: []string{"a", "b"}[random.IntN(2)], ID: fmt.Sprintf("%06d", (file*each+random.IntN(spread))%(files*each+100)), N: int32(file)}
					if rule := random.IntN(4); rule > 0 {
						r.Rule = &[]string{"ask", "pay", "quiet"}[rule-1]
					}
					// Equal rows would break the key.
					r.Shop += fmt.Sprint(file)
					rows[fmt.Sprint(r.ID, r.Shop)] = r
				}
				sorted := make([]row, 0, each)
				for _, r := range rows {
					sorted = append(sorted, r)
				}
				slices.SortFunc(sorted, compare)
				path := filepath.Join(t.TempDir(), fmt.Sprint(file, ".parquet"))
				if err := parquet.WriteFile(path, sorted, parquet.MaxRowsPerRowGroup(200)); err != nil {
					t.Fatal(err)
				}
				paths = append(paths, path)
			}
			random.Shuffle(files, func(a, b int) { paths[a], paths[b] = paths[b], paths[a] })
			w, dsn := fresh(t)
			mustLoad(t, w, load.Publication{ID: "p1", Tables: []load.Change{{Table: table, Snapshot: 1, Files: paths}}})
			conn := connection(t, dsn)
			expect(t, conn, "select string_agg(n || ' ' || rows, ', ' order by n) from (select n, count(*) as rows from t group by n) x",
				strings.Join(slices.Collect(func(yield func(string) bool) {
					for file := range files {
						yield(fmt.Sprint(file, " ", each))
					}
				}), ", "))
			if name != "everything overlaps" {
				expect(t, conn, `select count(*) from (select id, rule, shop, lag(id) over w as before, lag(rule) over w as rule_before, lag(shop) over w as shop_before
					from t window w as (order by ctid)) x
					where (before, coalesce(rule_before, '~'), shop_before) > (id, coalesce(rule, '~'), shop)`, "0")
			}
		})
	}
}
