package compute

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"kefu/extract/lake"
	"kefu/extract/sqltext"
	"kefu/transform/model"
)

// ruleDay is stored like a model, so that the next run can tell which rules
// changed.
var ruleDay = &model.Model{Name: "rule_day", Grain: []string{"platform", "shop_id", "dt"}, Partition: "dt", Stored: true,
	Description: "The rules in force for every shop and day"}

// sealers is how many tables are made durable at once while others are written:
// most of it is waiting for the disk.
const sealers = 4

func (r *run) stage(ctx context.Context) error { return r.durably(ctx, r.writeTables) }

// durably writes tables and waits until all of their files are durable.
func (r *run) durably(ctx context.Context, write func(context.Context) error) error {
	r.sealing.SetLimit(sealers)
	err := write(ctx)
	return errors.Join(err, r.sealing.Wait())
}

func (r *run) writeTables(ctx context.Context) error {
	if err := r.settleRules(ctx); err != nil {
		return err
	}
	for _, m := range append([]*model.Model{ruleDay}, r.graph.Stored()...) {
		if err := r.stageModel(ctx, m); err != nil {
			return fmt.Errorf("%s: %w", m.Name, err)
		}
	}
	return r.stageLockedChanges(ctx)
}

func (r *run) settleRules(ctx context.Context) error {
	if err := r.bind(ctx, "view", "new_rule_day", "select * from rule_day"); err != nil {
		return err
	}
	return r.bind(ctx, "table", "diff_rule_day",
		differing(r.columnList("rule_day"), "rule_day", "(select * from prev_rule_day o where "+r.replaced(ruleDay)+")"))
}

// replaced is the condition for published rows o of a model to give way.
func (r *run) replaced(m *model.Model) string {
	on := func(table string) string {
		return fmt.Sprintf("exists (select 1 from %s s where s.platform = o.platform and s.shop_id = o.shop_id and s.dt = o.dt)", table)
	}
	switch {
	case m == ruleDay:
		return "(o.platform, o.shop_id) in (select (platform, shop_id) from shops)"
	case m.Scope == model.Shop:
		return "(o.platform, o.shop_id) in (select (platform, shop_id) from scope_shops)"
	case m.Scope == model.Buyer:
		return "exists (select 1 from scope_buyers b where b.platform = o.platform and b.shop_id = o.shop_id and b.buyer_key = o.buyer_key)"
	case m.Scope == model.Day:
		return on("scope_days")
	case m.Scope == model.Window:
		return on("scope_window_days")
	case len(r.in.Others) > 0 && slices.Contains(m.Grain, "shop_id"):
		return "(o.platform, o.shop_id) in (select (platform, shop_id) from shops)"
	default:
		return "true"
	}
}

func (r *run) stageModel(ctx context.Context, m *model.Model) error {
	hasShop := r.shopColumns(m) == "platform, shop_id"
	kept, staged := "false", "true" // what a failed shop keeps, what the others get
	if hasShop {
		kept = shopFilter("o", r.out.Failed)
		staged = "not " + shopFilter("n", r.out.Failed)
	} else if len(r.out.Failed) == len(r.in.Shops) && len(r.out.Failed) > 0 {
		return nil
	}
	if !lockable(m) || len(r.in.Locks) == 0 {
		return r.stageTable(ctx, m, m, kept, staged)
	}
	// What is published of locked days stays; what they would show now stands aside.
	if err := r.stageTable(ctx, m, m, kept+" or "+lockedBy(locksNow, "o", m), staged+" and not "+lockedBy(locksNow, "n", m)); err != nil {
		return err
	}
	return r.stageTable(ctx, m, currentOf(m), kept, staged+" and "+lockedBy(locksNow, "n", m))
}

// stageTable writes what a model gave into a table: of the old rows o stay those
// that are kept or not replaced, of the new rows n come those that are staged.
func (r *run) stageTable(ctx context.Context, m, table *model.Model, kept, staged string) error {
	touched, known := r.deltas[m.Name]
	if !known || len(r.in.Locks)+len(r.out.Failed) > 0 {
		var err error
		if touched, err = r.delta(ctx, m, "(select n.* from diff_"+m.Name+" n where "+staged+")"); err != nil {
			return err
		}
	}
	if touched.rows == 0 {
		return nil
	}
	return r.writeMonths(ctx, table, r.in.Marts[table.Name], touched.months, func(month string) (string, error) {
		mine, err := inMonth("n", m.Partition, month)
		if err != nil {
			return "", err
		}
		query := fmt.Sprintf("select n.* from new_%s n where %s and %s", m.Name, staged, mine)
		files := filesOf(r.in.Marts[table.Name], month)
		if len(files) == 0 {
			return query, nil
		}
		old, err := r.publishedRows(ctx, r.cols[m.Name], files)
		return fmt.Sprintf("select o.* from (%s) o where not (%s) or %s union all by name %s", old, r.replaced(m), kept, query), err
	})
}

// inMonth is the condition for a row to be of a partition.
func inMonth(alias, column, month string) (string, error) {
	if column == "" {
		return "true", nil
	}
	from, err := time.Parse("2006-01", month)
	if err != nil {
		return "", fmt.Errorf("read the month of a partition: %w", err)
	}
	return fmt.Sprintf("%[1]s.%[2]s >= date '%[3]s' and %[1]s.%[2]s < date '%[4]s'",
		alias, sqltext.Ident(column), from.Format(time.DateOnly), from.AddDate(0, 1, 0).Format(time.DateOnly)), nil
}

func specOf(m *model.Model, columns []lake.Column) lake.Spec {
	spec := lake.Spec{Name: m.Name, Columns: slices.Clone(columns), Doc: m.Description, Partition: m.Partition}
	if m.Partition != "" {
		spec.PartitionBy = "month"
	}
	for i, c := range spec.Columns {
		spec.Columns[i].Required = slices.Contains(m.Grain, c.Name) && c.Name == m.Partition
		for _, d := range m.Columns {
			if d.Name == c.Name {
				spec.Columns[i].Doc = d.Doc
			}
		}
	}
	return spec
}
