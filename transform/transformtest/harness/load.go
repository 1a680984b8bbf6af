package harness

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"kefu/extract/dataset"
	"kefu/extract/lake"
	"kefu/transform/compute"
)

// Load makes the datasets hold exactly the rows given (dataset → rows aligned
// with dataset.Schema.Stored()). Partitions whose rows did not change keep
// their file.
func (h *Harness) Load(ctx context.Context, tables map[string][][]any) error {
	for _, s := range append(dataset.All(), dataset.Internals()...) {
		if err := h.loadDataset(ctx, s, tables[s.Name]); err != nil {
			return fmt.Errorf("load %s: %w", s.Name, err)
		}
	}
	return nil
}

func (h *Harness) loadDataset(ctx context.Context, s *dataset.Schema, rows [][]any) error {
	columns := s.Stored()
	spec := lake.Spec{Name: s.Name}
	defs := make([]string, len(columns))
	for i, c := range columns {
		spec.Columns = append(spec.Columns, lake.Column{Name: c.Name, Type: c.Type.SQL(), ID: i + 1})
		defs[i] = `"` + c.Name + `" ` + c.Type.SQL()
	}
	if err := h.engine.Exec(ctx, "create or replace temp table loading ("+strings.Join(defs, ", ")+")"); err != nil {
		return err
	}
	if err := h.engine.Append(ctx, "loading", textValues(columns, rows)); err != nil {
		return err
	}
	part := "''"
	if s.EventTime != "" {
		part = "substr(cast(event_date as varchar), 1, 7)"
	}
	var next []lake.File
	parts, err := h.strings(ctx, "select distinct "+part+" from loading order by 1")
	if err != nil {
		return err
	}
	for _, p := range parts {
		query := "select * from loading where " + part + " = '" + p + "'"
		if kept, ok := h.unchanged(ctx, s.Name, p, query); ok {
			next = append(next, kept)
			continue
		}
		f, err := compute.WriteFile(ctx, h.engine, h, spec, p, query)
		if err != nil {
			return err
		}
		next = append(next, f)
	}
	if slices.Equal(next, h.current[s.Name]) {
		return nil
	}
	h.serial++
	h.current[s.Name], h.snapshots[s.Name] = next, int64(h.serial)
	if h.history[s.Name] == nil {
		h.history[s.Name] = map[int64][]lake.File{}
	}
	h.history[s.Name][int64(h.serial)] = next
	return nil
}

func (h *Harness) unchanged(ctx context.Context, table, part, query string) (lake.File, bool) {
	for _, f := range h.current[table] {
		if f.Partition != part {
			continue
		}
		old := "select * from read_parquet('" + f.Path + "')"
		n, err := h.strings(ctx, fmt.Sprintf("select cast(count(*) as varchar) from ((%[1]s except all %[2]s) union all (%[2]s except all %[1]s))", "("+query+")", "("+old+")"))
		return f, err == nil && n[0] == "0"
	}
	return lake.File{}, false
}

// textValues turns Go values into what the appender takes: decimals are given
// as text and go through the engine's own cast.
func textValues(columns []dataset.Column, rows [][]any) [][]any {
	out := make([][]any, len(rows))
	for i, r := range rows {
		out[i] = slices.Clone(r)
		for j, c := range columns {
			if c.Type == dataset.Money && r[j] != nil {
				out[i][j] = decimal(fmt.Sprint(r[j]))
			}
		}
	}
	return out
}
