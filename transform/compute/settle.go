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
func (r *run) settle(ctx context.Context, m *model.Model, computed string) error {
	replaced := r.replaced(m)
	columns, err := r.describe(ctx, sqltext.Ident(computed))
	if err != nil {
		return err
	}
	r.cols[m.Name] = columns
	if computed != "new_"+m.Name {
		if err := r.bind(ctx, "table", "new_"+m.Name, "select * from "+sqltext.Ident(computed)); err != nil {
			return err
		}
	}
	if err := r.bindPublished(ctx, m.Name); err != nil {
		return err
	}
	list := r.columnList(m.Name)
	diff := fmt.Sprintf("select %s from new_%s", list, m.Name)
	if len(r.in.Marts[m.Name])+len(r.in.Marts[currentName(m.Name)]) > 0 {
		old := fmt.Sprintf("select %s from prev_%s o where %s", list, m.Name, replaced)
		diff = differing(list, "("+diff+")", "("+old+")")
	}
	if err := r.bind(ctx, "table", "diff_"+m.Name, diff); err != nil {
		return err
	}
	overlay := fmt.Sprintf("select %[1]s from prev_%[2]s o where not (%[3]s) union all select %[1]s from new_%[2]s", list, m.Name, replaced)
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
	changed, err := r.count(ctx, "select count(*) from diff_"+m.Name)
	if err != nil {
		return fmt.Errorf("count changes of %s: %w", m.Name, err)
	}
	d := delta{rows: changed}
	if changed > 0 {
		if d.months, err = r.partitions(ctx, m.Partition, "diff_"+m.Name); err != nil {
			return err
		}
	}
	r.deltas[m.Name] = d
	i := slices.IndexFunc(r.out.Models, func(o ModelResult) bool { return o.Name == m.Name })
	if i < 0 {
		r.out.Models = append(r.out.Models, ModelResult{Name: m.Name})
		i = len(r.out.Models) - 1
	}
	r.out.Models[i].Rows, r.out.Models[i].Changed = computed, changed
	r.out.Models[i].Ranges, err = r.ranges(ctx, m)
	return err
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

func (r *run) ranges(ctx context.Context, m *model.Model) ([]Range, error) {
	if m.Partition == "" || r.deltas[m.Name].rows == 0 {
		return nil, nil
	}
	rows, err := r.engine.Query(ctx, fmt.Sprintf(
		"select platform, shop_id, cast(min(%[1]s) as varchar), cast(max(%[1]s) as varchar), count(distinct %[1]s) from diff_%[2]s group by 1, 2 order by 1, 2", sqltext.Ident(m.Partition), m.Name))
	if err != nil {
		return nil, fmt.Errorf("find changed days of %s: %w", m.Name, err)
	}
	defer rows.Close()
	var out []Range
	for rows.Next() {
		var g Range
		if err := rows.Scan(&g.Shop.Platform, &g.Shop.Shop, &g.From, &g.To, &g.Days); err != nil {
			return nil, fmt.Errorf("find changed days of %s: %w", m.Name, err)
		}
		out = append(out, g)
	}
	return out, rows.Err()
}

// files returns the published files of one partition.
func filesOf(files []lake.File, partition string) []lake.File {
	return slices.DeleteFunc(slices.Clone(files), func(f lake.File) bool { return f.Partition != partition })
}
