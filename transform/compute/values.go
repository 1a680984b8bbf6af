package compute

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"kefu/extract/lake"
	"kefu/extract/sqltext"
	"kefu/transform/model"
)

// ValueChange is a KPI of a day that a computation changes: the published value,
// and the one computed. A side that is nil was, or becomes, NULL or has no row.
type ValueChange struct {
	Table  string   `json:"table"`
	Shop   ShopKey  `json:"shop"`
	Grain  string   `json:"grain"`            // agent, group or shop
	Entity string   `json:"entity,omitempty"` // agent, or group of agents ("" = none)
	Date   string   `json:"dt"`
	Metric string   `json:"metric"`
	Before *float64 `json:"before"`
	After  *float64 `json:"after"`
	Locked bool     `json:"locked,omitempty"` // the day is locked: what is published stays
}

// valueChanges lists how the published day KPIs of shops that have any change.
func (r *run) valueChanges(ctx context.Context) error {
	if !r.in.Values {
		return nil
	}
	for _, m := range r.graph.OfScope(model.Day) {
		if !m.Publish || r.deltas[m.Name].rows == 0 || !isKPITable(m) {
			continue
		}
		if err := r.modelValues(ctx, m); err != nil {
			return fmt.Errorf("compare the values of %s: %w", m.Name, err)
		}
	}
	return nil
}

func (r *run) modelValues(ctx context.Context, m *model.Model) error {
	metrics := metricsOf(m, r.cols[m.Name])
	if len(metrics) == 0 {
		return nil
	}
	shown, err := r.publishedRows(ctx, r.cols[m.Name], r.in.Marts[m.Name])
	if err != nil {
		return err
	}
	grain, entity := grainOf(m)
	keys, differing := quoteNames(m.Grain), fmt.Sprintf("(select distinct %s from diff_%s)", quoteNames(m.Grain), m.Name)
	locked := "false"
	if len(r.in.Locks) > 0 {
		locked = lockedBy(locksNow, "v", m)
	}
	rows, err := r.engine.Query(ctx, fmt.Sprintf(`select platform, shop_id, %[1]s, cast(dt as varchar), metric, value_shown, value_after, %[2]s
		from (select * from (%[3]s) o full join (%[4]s) n using (%[6]s, metric) full join (%[5]s) s using (%[6]s, metric)) v
		where value_before is distinct from value_after
		  and (platform, shop_id) in (select distinct (platform, shop_id) from prev_%[7]s)
		order by all`, entity, locked, long(m, metrics, "prev_"+m.Name, differing, "value_before"), long(m, metrics, "new_"+m.Name, differing, "value_after"),
		long(m, metrics, "("+shown+")", differing, "value_shown"), keys, m.Name))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		v := ValueChange{Table: m.Name, Grain: grain}
		if err := rows.Scan(&v.Shop.Platform, &v.Shop.Shop, &v.Entity, &v.Date, &v.Metric, &v.Before, &v.After, &v.Locked); err != nil {
			return err
		}
		r.out.Values = append(r.out.Values, v)
	}
	return rows.Err()
}

// metricsOf names the numbers of a KPI table.
func metricsOf(m *model.Model, columns []lake.Column) []string {
	var out []string
	for _, c := range columns {
		if !slices.Contains(m.Grain, c.Name) && !slices.Contains(m.Hidden, c.Name) && isNumber(c.Type) {
			out = append(out, c.Name)
		}
	}
	return out
}

// grainOf tells of whom a KPI table is, and the column or literal that names
// them.
func grainOf(m *model.Model) (grain, entity string) {
	for column, name := range map[string]string{"agent_id": "agent", "agent_group": "group"} {
		if slices.Contains(m.Grain, column) {
			return name, column
		}
	}
	return "shop", "''"
}

// long selects the keys, metric and value of the rows whose keys are given, one
// row a number that is not NULL.
func long(m *model.Model, metrics []string, rows, keys, value string) string {
	casts := make([]string, len(metrics))
	for i, c := range metrics {
		casts[i] = fmt.Sprintf("cast(%[1]s as double) as %[1]s", sqltext.Ident(c))
	}
	return fmt.Sprintf("select * from (unpivot (select %[1]s, %[2]s from %[3]s semi join %[4]s using (%[1]s)) on %[5]s into name metric value %[6]s)",
		quoteNames(m.Grain), strings.Join(casts, ", "), rows, keys, quoteNames(metrics), value)
}

// isKPITable tells the tables of one row per entity and day from lists that
// divide a day further.
func isKPITable(m *model.Model) bool {
	return slices.Contains(m.Grain, "dt") && !slices.ContainsFunc(m.Grain, func(column string) bool {
		return !slices.Contains([]string{"platform", "shop_id", "agent_id", "agent_group", "dt"}, column)
	})
}

func isNumber(kind string) bool {
	switch kind {
	case "BIGINT", "INTEGER", "DOUBLE", "HUGEINT":
		return true
	}
	return strings.HasPrefix(kind, "DECIMAL")
}
