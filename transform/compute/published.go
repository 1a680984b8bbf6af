package compute

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"kefu/extract/lake"
	"kefu/extract/sqltext"
)

// describe lists the columns of a relation as it stands in the engine.
func (c *Computer) describe(ctx context.Context, relation string) ([]lake.Column, error) {
	rows, err := c.engine.Query(ctx, "select column_name, column_type from (describe select * from "+relation+")")
	if err != nil {
		return nil, fmt.Errorf("describe %s: %w", relation, err)
	}
	defer rows.Close()
	var out []lake.Column
	for rows.Next() {
		var column lake.Column
		if err := rows.Scan(&column.Name, &column.Type); err != nil {
			return nil, fmt.Errorf("describe %s: %w", relation, err)
		}
		out = append(out, column)
	}
	return out, rows.Err()
}

// bindPublished makes prev_<name> stand for the rows of a stored model as they
// were last computed, in the columns that it has now.
func (r *run) bindPublished(ctx context.Context, name string) error {
	return r.bindPublishedAs(ctx, name, r.cols[name])
}

// bindPublishedAs does so in the columns given; those that the published files
// lack are NULL. Rows of other shops are not among them.
func (r *run) bindPublishedAs(ctx context.Context, name string, columns []lake.Column) error {
	query, err := r.lastComputed(ctx, name, columns)
	if err != nil {
		return err
	}
	if len(r.in.Others) > 0 && slices.ContainsFunc(columns, func(c lake.Column) bool { return c.Name == "shop_id" }) {
		query = "select * from (" + query + ") o where " + r.ofShops("o")
	}
	return r.bind(ctx, "view", "prev_"+name, query)
}

// publishedRows selects rows of files in the columns given. Months keep the
// columns that they were written with; those that a file lacks are NULL.
func (r *run) publishedRows(ctx context.Context, columns []lake.Column, files []lake.File) (string, error) {
	if len(files) == 0 {
		return "select * from " + scan(columns, nil), nil
	}
	paths := make([]string, len(files))
	for i, f := range files {
		paths[i] = sqltext.Literal(f.Path)
	}
	relation := "read_parquet([" + strings.Join(paths, ", ") + "], hive_partitioning = false, union_by_name = true)"
	have, err := r.describe(ctx, relation)
	if err != nil {
		return "", err
	}
	exprs := make([]string, len(columns))
	for i, c := range columns {
		source := "null"
		if slices.ContainsFunc(have, func(h lake.Column) bool { return h.Name == c.Name }) {
			source = sqltext.Ident(c.Name)
		}
		exprs[i] = fmt.Sprintf("cast(%s as %s) as %s", source, c.Type, sqltext.Ident(c.Name))
	}
	return "select " + strings.Join(exprs, ", ") + " from " + relation, nil
}

// columnList names the columns of a stored model.
func (r *run) columnList(name string) string {
	names := make([]string, len(r.cols[name]))
	for i, c := range r.cols[name] {
		names[i] = sqltext.Ident(c.Name)
	}
	return strings.Join(names, ", ")
}
