package compute

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"kefu/extract/lake"
	"kefu/transform/model"
)

// lockedChanges is made of what stands behind locks. Where nothing is locked it
// has no row.
var lockedChanges = &model.Model{
	Name: "locked_changes", Grain: []string{"platform", "shop_id", "grain", "entity", "dt", "metric"}, Partition: "dt", Stored: true, Publish: true,
	Description: "KPIs of locked days that would show another value now: what is left to settle",
	Columns: []model.Column{
		{Name: "grain", Doc: "agent, group or shop"},
		{Name: "entity", Doc: "agent, or group of agents ('' = none); '' of the shop"},
		{Name: "dt", Doc: "business day, locked"},
		{Name: "metric", Doc: "KPI"},
		{Name: "locked_value", Doc: "what is published; NULL = no row, or no value"},
		{Name: "current_value", Doc: "what would be published were the day not locked"},
		{Name: "difference", Doc: "current_value - locked_value, a missing one as 0"},
	},
}

var lockedChangesColumns = []lake.Column{
	{Name: "platform", Type: "VARCHAR"}, {Name: "shop_id", Type: "VARCHAR"}, {Name: "grain", Type: "VARCHAR"}, {Name: "entity", Type: "VARCHAR"},
	{Name: "dt", Type: "DATE"}, {Name: "metric", Type: "VARCHAR"},
	{Name: "locked_value", Type: "DOUBLE"}, {Name: "current_value", Type: "DOUBLE"}, {Name: "difference", Type: "DOUBLE"},
}

// LockedChangesColumns are the columns of locked_changes.
func LockedChangesColumns() []lake.Column { return slices.Clone(lockedChangesColumns) }

// stageLockedChanges makes the months of locked_changes anew in which current
// rows of locked days changed.
func (r *run) stageLockedChanges(ctx context.Context) error {
	var months []string
	var tables []*model.Model
	for _, m := range r.graph.OfScope(model.Day) {
		if !lockable(m) || !isKPITable(m) {
			continue
		}
		tables = append(tables, m)
		for _, t := range r.out.Tables {
			if t.Name == currentName(m.Name) {
				months = append(months, t.Changed...)
			}
		}
	}
	if len(months) == 0 {
		return nil
	}
	slices.Sort(months)
	r.cols[lockedChanges.Name] = lockedChangesColumns
	return r.writeMonths(ctx, lockedChanges, r.in.Marts[lockedChanges.Name], slices.Compact(months), func(month string) (string, error) {
		parts := []string{"select * from " + scan(lockedChangesColumns, nil)}
		for _, m := range tables {
			part, err := r.changesOf(ctx, m, month)
			if err != nil {
				return "", fmt.Errorf("compare %s with what is locked: %w", m.Name, err)
			}
			if part != "" {
				parts = append(parts, part)
			}
		}
		return strings.Join(parts, " union all "), nil
	})
}

// changesOf selects the rows of locked_changes that a KPI table gives for a
// month; "" = none.
func (r *run) changesOf(ctx context.Context, m *model.Model, month string) (string, error) {
	columns := r.cols[m.Name]
	metrics := metricsOf(m, columns)
	published, current := filesOf(r.staged(m.Name), month), filesOf(r.staged(currentName(m.Name)), month)
	if len(metrics) == 0 || len(published)+len(current) == 0 {
		return "", nil
	}
	shown, err := r.publishedRows(ctx, columns, published)
	if err != nil {
		return "", err
	}
	now, err := r.publishedRows(ctx, columns, current)
	if err != nil {
		return "", err
	}
	list := r.columnList(m.Name)
	kept := fmt.Sprintf("(select %s from (%s) o where %s)", list, shown, lockedBy(locksNow, "o", m))
	now = "(select " + list + " from (" + now + "))"
	differing := fmt.Sprintf("(select distinct %s from ((%s except all %s) union all (%[3]s except all %[2]s)))", quoteNames(m.Grain), kept, now)
	grain, entity := grainOf(m)
	return fmt.Sprintf(`select platform, shop_id, '%[1]s' as grain, %[2]s as entity, dt, metric, locked_value, current_value,
		round(coalesce(current_value, 0) - coalesce(locked_value, 0), 6) as difference
		from (%[3]s) o full join (%[4]s) n using (%[5]s, metric) where locked_value is distinct from current_value`,
		grain, entity, long(m, metrics, kept, differing, "locked_value"), long(m, metrics, now, differing, "current_value"), quoteNames(m.Grain)), nil
}
