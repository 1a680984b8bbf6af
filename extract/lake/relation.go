package lake

import (
	"fmt"
	"strings"

	"kefu/extract/sqltext"
)

// FieldIDs returns the FIELD_IDS value of DuckDB's COPY ... (FORMAT parquet),
// by which files stay readable when the table evolves.
func (s Spec) FieldIDs() string {
	parts := make([]string, len(s.Columns))
	for i, c := range s.Columns {
		parts[i] = fmt.Sprintf("%s: %d", sqltext.Ident(c.Name), c.ID)
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// Relation returns DuckDB SQL that can stand in a FROM clause and yields the
// spec's columns of the files: by field id, so that files from before a change
// of the table read right. Without files it yields no row.
func (s Spec) Relation(files []File) string {
	if len(files) == 0 {
		cols := make([]string, len(s.Columns))
		for i, c := range s.Columns {
			cols[i] = fmt.Sprintf("cast(null as %s) as %s", c.Type, sqltext.Ident(c.Name))
		}
		return "(select " + strings.Join(cols, ", ") + " where false)"
	}
	paths := make([]string, len(files))
	for i, f := range files {
		paths[i] = sqltext.Literal(f.Path)
	}
	cols := make([]string, len(s.Columns))
	for i, c := range s.Columns {
		cols[i] = fmt.Sprintf("%d: {name: %s, type: %s, default_value: NULL}", c.ID, sqltext.Literal(c.Name), sqltext.Literal(c.Type))
	}
	return fmt.Sprintf("read_parquet([%s], schema = map {%s})", strings.Join(paths, ", "), strings.Join(cols, ", "))
}
