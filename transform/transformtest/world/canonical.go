package world

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"kefu/extract/dataset"
)

// WriteCanonical writes the worlds as canonical files <dataset>.csv into dir,
// platform and shop_id columns first. Datasets without rows get no file.
func (p Pack) WriteCanonical(dir string) error {
	rows := map[string][][]string{}
	for _, w := range p {
		for name, list := range w.delivered() {
			for _, row := range list {
				line := []string{w.Shop.Platform, w.Shop.ID}
				for _, c := range dataset.ByName(name).Columns {
					line = append(line, spell(row[c.Name]))
				}
				rows[name] = append(rows[name], line)
			}
		}
	}
	for name, lines := range rows {
		if err := writeCSV(filepath.Join(dir, name+".csv"), dataset.ByName(name), lines); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	return nil
}

func writeCSV(path string, schema *dataset.Schema, lines [][]string) error {
	header := []string{"platform", "shop_id"}
	for _, c := range schema.Columns {
		header = append(header, c.Name)
	}
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := csv.NewWriter(f).WriteAll(slices.Concat([][]string{header}, lines)); err != nil {
		return err
	}
	return f.Close()
}

func spell(v any) string {
	if d, ok := v.(Date); ok {
		return d.String()
	}
	switch v := plainValue(v).(type) {
	case nil:
		return ""
	case time.Time:
		return v.Format("2006-01-02T15:04:05.999999Z07:00")
	default:
		return fmt.Sprint(v)
	}
}
