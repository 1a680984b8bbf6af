package harness

import (
	"context"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"kefu/extract/lake"
	"kefu/extract/sqltext"
	"kefu/transform/duckdb"
)

// Row is a row of a mart: column → value; NULL is nil. Decimals are *big.Rat,
// instants and dates are time.Time in UTC.
type Row = map[string]any

// Rows returns the published rows of a stored model, or what a published view
// makes of them.
func (h *Harness) Rows(ctx context.Context, table string) ([]Row, error) {
	return h.RowsWhere(ctx, table, "true")
}

// RowsWhere returns those that fulfil a condition.
func (h *Harness) RowsWhere(ctx context.Context, table, condition string) ([]Row, error) {
	m := h.graph.Model(table)
	if m == nil || m.Stored {
		if len(h.marts[table]) == 0 {
			return nil, nil
		}
		return h.Query(ctx, "select * from "+h.files(table)+" where "+condition)
	}
	tables := make([]string, 0, len(h.marts))
	for name := range h.marts {
		if len(h.marts[name]) > 0 {
			tables = append(tables, name+" as (select * from "+h.files(name)+")")
		}
	}
	slices.Sort(tables)
	return h.Query(ctx, "with "+strings.Join(tables, ", ")+" select * from ("+h.graph.Standalone(m)+") where "+condition)
}

func (h *Harness) files(table string) string {
	paths := make([]string, len(h.marts[table]))
	for i, f := range h.marts[table] {
		paths[i] = "'" + f.Path + "'"
	}
	return "read_parquet([" + strings.Join(paths, ", ") + "])"
}

// Published returns a session in which every dataset and every table of the
// latest publication stands under its own name. It is closed before the harness.
func (h *Harness) Published(ctx context.Context) (*duckdb.Engine, error) {
	session, err := h.engine.Session(ctx)
	if err != nil {
		return nil, err
	}
	for _, tables := range []map[string][]lake.File{h.current, h.marts} {
		for name, files := range tables {
			paths := make([]string, len(files))
			for i, f := range files {
				paths[i] = sqltext.Literal(f.Path)
			}
			if len(paths) == 0 {
				continue
			}
			if err := session.Exec(ctx, fmt.Sprintf(`create temp view "%s" as select * from read_parquet([%s])`, name, strings.Join(paths, ", "))); err != nil {
				return nil, errors.Join(fmt.Errorf("bind %s: %w", name, err), session.Close())
			}
		}
	}
	return session, nil
}

// Query runs any select over the files of the harness.
func (h *Harness) Query(ctx context.Context, query string) ([]Row, error) {
	rows, err := h.engine.Query(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var out []Row
	for rows.Next() {
		cells := make([]any, len(names))
		for i := range cells {
			cells[i] = new(any)
		}
		if err := rows.Scan(cells...); err != nil {
			return nil, err
		}
		row := Row{}
		for i, n := range names {
			row[n] = plain(*cells[i].(*any))
		}
		out = append(out, row)
	}
	return out, rows.Err()
}

// plain turns driver values into comparable ones.
func plain(v any) any {
	switch t := v.(type) {
	case duckdb.Decimal:
		scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(t.Scale)), nil)
		return new(big.Rat).SetFrac(t.Value, scale)
	case time.Time:
		return t.UTC()
	case int32:
		return int64(t)
	case int16:
		return int64(t)
	case int8:
		return int64(t)
	case []byte:
		return string(t)
	default:
		return v
	}
}
