package compute

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"kefu/transform/model"
)

// ValueChange is a KPI of a day that a computation changes. A side that is nil
// was, or becomes, NULL or has no row.
type ValueChange struct {
	Table  string   `json:"table"`
	Shop   ShopKey  `json:"shop"`
	Grain  string   `json:"grain"`            // agent, group or shop
	Entity string   `json:"entity,omitempty"` // agent, or group of agents ("" = none)
	Date   string   `json:"dt"`
	Metric string   `json:"metric"`
	Before *float64 `json:"before"`
	After  *float64 `json:"after"`
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
	var metrics []string
	for _, c := range r.cols[m.Name] {
		if !slices.Contains(m.Grain, c.Name) && !slices.Contains(m.Hidden, c.Name) && isNumber(c.Type) {
			metrics = append(metrics, c.Name)
		}
	}
	if len(metrics) == 0 {
		return nil
	}
	grain, entity := "shop", "''"
	for column, name := range map[string]string{"agent_id": "agent", "agent_group": "group"} {
		if slices.Contains(m.Grain, column) {
			grain, entity = name, column
		}
	}
	keys := quoteNames(m.Grain)
	long := func(rows, value string) string {
		casts := make([]string, len(metrics))
		for i, c := range metrics {
			casts[i] = fmt.Sprintf("cast(%[1]s as double) as %[1]s", quoteName(c))
		}
		return fmt.Sprintf("select * from (unpivot (select %[1]s, %[2]s from %[3]s semi join (select distinct %[1]s from diff_%[4]s) using (%[1]s)) on %[5]s into name metric value %[6]s)",
			keys, strings.Join(casts, ", "), rows, m.Name, quoteNames(metrics), value)
	}
	rows, err := r.engine.Query(ctx, fmt.Sprintf(`select platform, shop_id, %[1]s, cast(dt as varchar), metric, value_before, value_after
		from (%[2]s) o full join (%[3]s) n using (%[4]s, metric)
		where value_before is distinct from value_after
		  and (platform, shop_id) in (select distinct (platform, shop_id) from prev_%[5]s)
		order by all`, entity, long("prev_"+m.Name, "value_before"), long("new_"+m.Name, "value_after"), keys, m.Name))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		v := ValueChange{Table: m.Name, Grain: grain}
		if err := rows.Scan(&v.Shop.Platform, &v.Shop.Shop, &v.Entity, &v.Date, &v.Metric, &v.Before, &v.After); err != nil {
			return err
		}
		r.out.Values = append(r.out.Values, v)
	}
	return rows.Err()
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
