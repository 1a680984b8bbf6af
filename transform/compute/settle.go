package compute

import (
	"context"
	"fmt"
	"slices"

	"kefu/extract/lake"
	"kefu/extract/sqltext"
	"kefu/transform/model"
)

// settle compares what a stored model gives now with its published rows.
// Afterwards stand:
//
//	new_<model>      the rows computed
//	prev_<model>     the published rows
//	diff_<model>     the rows, before and after, that differ
//	overlay_<model>  the published rows with those in scope replaced
func (r *run) settle(ctx context.Context, m *model.Model) error {
	columns, err := r.describe(ctx, "new_"+m.Name)
	if err != nil {
		return err
	}
	r.cols[m.Name] = columns
	if err := r.bindPublished(ctx, m.Name); err != nil {
		return err
	}
	list := r.columnList(m.Name)
	// Where nothing is published, all rows differ and none is replaced.
	computed := fmt.Sprintf("select %s from new_%s", list, m.Name)
	kind, diff, overlay := "view", computed, computed
	if len(r.in.Marts[m.Name])+len(r.in.Marts[currentName(m.Name)]) > 0 {
		replaced := r.replaced(m)
		old := fmt.Sprintf("select %s from prev_%s o where %s", list, m.Name, replaced)
		kind, diff = "table", differing(list, "("+computed+")", "("+old+")")
		overlay = fmt.Sprintf("select %s from prev_%s o where not (%s) union all %s", list, m.Name, replaced, computed)
	}
	if err := r.bind(ctx, kind, "diff_"+m.Name, diff); err != nil {
		return err
	}
	if err := r.bind(ctx, "view", "overlay_"+m.Name, overlay); err != nil {
		return err
	}
	for _, column := range m.Days {
		err := r.exec(ctx, "note changed days of "+m.Name, fmt.Sprintf(
			"insert into found_days select distinct platform, shop_id, %[1]s from diff_%[2]s where %[1]s is not null", sqltext.Ident(column), m.Name))
		if err != nil {
			return err
		}
	}
	return r.measure(ctx, m)
}

// differing selects the rows that one of two relations of the same columns has
// and the other lacks, or has more often. It reads each of them once.
func differing(columns, a, b string) string {
	return fmt.Sprintf("select %[1]s from (select %[1]s, 1 as side from %[2]s union all select %[1]s, -1 as side from %[3]s) group by %[1]s having sum(side) <> 0", columns, a, b)
}

// measure notes rows, changes and touched partitions of a settled model.
func (r *run) measure(ctx context.Context, m *model.Model) error {
	computed, err := r.count(ctx, "select count(*) from new_"+m.Name)
	if err != nil {
		return fmt.Errorf("count %s: %w", m.Name, err)
	}
	if r.deltas[m.Name], err = r.delta(ctx, m, "diff_"+m.Name); err != nil {
		return err
	}
	i := slices.IndexFunc(r.out.Models, func(o ModelResult) bool { return o.Name == m.Name })
	if i < 0 {
		r.out.Models = append(r.out.Models, ModelResult{Name: m.Name})
		i = len(r.out.Models) - 1
	}
	d := r.deltas[m.Name]
	r.out.Models[i].Rows, r.out.Models[i].Changed, r.out.Models[i].Ranges = computed, d.rows, d.ranges
	return nil
}

// delta reads what rows of a model, before and after, there are in a relation.
func (r *run) delta(ctx context.Context, m *model.Model, relation string) (delta, error) {
	if m.Partition == "" {
		n, err := r.count(ctx, "select count(*) from "+relation)
		if err != nil {
			return delta{}, fmt.Errorf("count changes of %s: %w", m.Name, err)
		}
		d := delta{rows: n}
		if n > 0 {
			d.months = []string{""}
		}
		return d, nil
	}
	rows, err := r.engine.Query(ctx, fmt.Sprintf(`select platform, shop_id, substr(cast(dt as varchar), 1, 7) as month, cast(min(dt) as varchar), cast(max(dt) as varchar), count(*), cast(sum(n) as bigint)
		from (select %s, %s as dt, count(*) as n from %s group by all) group by all order by 1, 2, 3`, r.shopColumns(m), sqltext.Ident(m.Partition), relation))
	if err != nil {
		return delta{}, fmt.Errorf("find changed days of %s: %w", m.Name, err)
	}
	defer rows.Close()
	var d delta
	for rows.Next() {
		var g Range
		var month string
		var n int64
		if err := rows.Scan(&g.Shop.Platform, &g.Shop.Shop, &month, &g.From, &g.To, &g.Days, &n); err != nil {
			return delta{}, fmt.Errorf("find changed days of %s: %w", m.Name, err)
		}
		d.add(g, month, n)
	}
	slices.Sort(d.months)
	return d, rows.Err()
}

// add adds the changed days of a shop within a month, in the order of both.
func (d *delta) add(g Range, month string, rows int64) {
	d.rows += rows
	if !slices.Contains(d.months, month) {
		d.months = append(d.months, month)
	}
	if last := len(d.ranges) - 1; last >= 0 && d.ranges[last].Shop == g.Shop {
		d.ranges[last].To = g.To
		d.ranges[last].Days += g.Days
		return
	}
	d.ranges = append(d.ranges, g)
}

// partitions lists the months of a relation's partition column, as 2026-01;
// a table without one has the single partition "".
func (r *run) partitions(ctx context.Context, column, relation string) ([]string, error) {
	if column == "" {
		return []string{""}, nil
	}
	rows, err := r.engine.Query(ctx, fmt.Sprintf("select distinct substr(cast(%s as varchar), 1, 7) from %s order by 1", sqltext.Ident(column), relation))
	if err != nil {
		return nil, fmt.Errorf("find touched months: %w", err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var month string
		if err := rows.Scan(&month); err != nil {
			return nil, fmt.Errorf("find touched months: %w", err)
		}
		out = append(out, month)
	}
	return out, rows.Err()
}

// files returns the published files of one partition.
func filesOf(files []lake.File, partition string) []lake.File {
	return slices.DeleteFunc(slices.Clone(files), func(f lake.File) bool { return f.Partition != partition })
}
