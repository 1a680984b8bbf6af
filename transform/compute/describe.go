package compute

import (
	"context"
	"fmt"

	"kefu/extract/lake"
	"kefu/extract/sqltext"
	"kefu/transform/model"
	"kefu/transform/rule"
)

// Describe returns the columns of every model with their types, as the engine
// finds them over empty datasets. It reads no data and leaves the relations
// bound in the engine.
func Describe(ctx context.Context, engine Engine, graph *model.Graph, relations []Relation) (map[string][]lake.Column, error) {
	c := New(engine, nil, graph)
	inputs := map[string][]lake.Column{}
	for _, s := range datasets() {
		inputs[s.Name] = datasetColumns(s)
	}
	for _, rel := range append(relations, shopsRelation(), Relation{Name: "days", Columns: []RelationColumn{{"platform", "VARCHAR"}, {"shop_id", "VARCHAR"}, {"dt", "DATE"}}}) {
		for _, column := range rel.Columns {
			inputs[rel.Name] = append(inputs[rel.Name], lake.Column{Name: column.Name, Type: column.Type})
		}
	}
	for _, column := range rule.Columns() {
		inputs["rule_day"] = append(inputs["rule_day"], lake.Column{Name: column.Name, Type: column.SQL})
	}
	for name, columns := range inputs {
		if err := c.bind(ctx, "table", name, "select * from "+scan(columns, nil)); err != nil {
			return nil, err
		}
	}
	out := make(map[string][]lake.Column, len(graph.Ordered))
	for _, m := range graph.Ordered {
		// A view of views of views would be taken apart at every use.
		if err := c.bind(ctx, "table", m.Name, m.SQL); err != nil {
			return nil, fmt.Errorf("%s: %w", m.Path, err)
		}
		columns, err := c.describe(ctx, sqltext.Ident(m.Name))
		if err != nil {
			return nil, err
		}
		out[m.Name] = columns
	}
	return out, nil
}
