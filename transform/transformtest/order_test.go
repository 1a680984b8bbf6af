package transformtest

import (
	"fmt"
	"strings"
	"testing"

	"kefu/transform/model"
)

// Every file of a published model holds its rows in the order of the key that
// warehouses build.
func TestRowsStandInTheOrderOfTheirKey(t *testing.T) {
	pack := randomPack(t, 1)
	h := start(t, pack)
	load(t, h, pack.Tables())
	result, err := h.RunInChunks(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	published := 0
	for _, staged := range result.Tables {
		if !staged.Model.Publish {
			continue
		}
		published++
		key := `"` + strings.Join(model.Order(staged.Model.Grain, staged.Model.Partition), `", "`) + `"`
		for _, file := range staged.Files {
			rows, err := h.Query(t.Context(), fmt.Sprintf(`select count(*) as misplaced from (
				select file_row_number as place, row_number() over (order by %s) - 1 as wanted from read_parquet('%s', file_row_number = true)) as placed
				where place <> wanted`, key, file.Path))
			if err != nil {
				t.Fatal(err)
			}
			if rows[0]["misplaced"] != int64(0) {
				t.Errorf("%s: %v rows of %d are not sorted by %s", staged.Name, rows[0]["misplaced"], file.Rows, key)
			}
		}
	}
	if published < 10 {
		t.Errorf("only %d tables were made", published)
	}
}
