package file

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The same table in every format gives the same sample.
func TestSamplesOfEveryFormat(t *testing.T) {
	lines := []string{"order_id,created_at,status", "1,2026-01-02 03:04:05,paid", "2,2026-01-03 03:04:05,finished"}
	var rows [][]string
	for _, l := range lines {
		rows = append(rows, strings.Split(l, ","))
	}
	csv := strings.Join(lines, "\n") + "\n"
	for name, data := range map[string][]byte{
		"orders.csv": []byte(csv), "banner.csv": []byte("报表\n\n" + csv), "orders.tsv": []byte(strings.ReplaceAll(csv, ",", "\t")),
		"semicolon.txt": []byte(strings.ReplaceAll(csv, ",", ";")), "orders.xlsx": workbook(t, cells(lines[0]), cells(lines[1]), cells(lines[2])),
		"orders.jsonl": []byte(`{"order_id":"1","created_at":"2026-01-02 03:04:05","status":"paid"}` + "\n\n" + `{"order_id":2,"status":"finished","created_at":"2026-01-03 03:04:05"}` + "\n"),
		"x.csv.gz":     gzipped(t, csv), "x.csv.zst": zstandard(t, csv), "a.zip": zipped(t, "in.csv", csv),
	} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		inputs, err := Inputs(context.Background(), path)
		if err != nil || len(inputs) != 1 {
			t.Fatalf("%s: %v, %v", name, inputs, err)
		}
		table, err := Sample(File{Name: inputs[0].Name, Open: inputs[0].Open}, 10)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := append([][]string{table.Header}, table.Rows...)
		for i, row := range rows {
			if i >= len(got) || strings.Join(got[i], ",") != strings.Join(row, ",") {
				t.Errorf("%s: %v, want %v", name, got, rows)
				break
			}
		}
	}
}

func TestSamplesOfWhatIsNoTable(t *testing.T) {
	for name, data := range map[string]string{"a.txt": "你好\n", "a.csv": "", "a.xlsx": "x", "a.jsonl": "[1]\n", "a.parquet": "PAR1"} {
		_, err := Sample(textFile(name, data), 10)
		fileError(t, err, name)
	}
}
