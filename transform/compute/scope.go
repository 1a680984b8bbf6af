package compute

import (
	"context"
	"fmt"
	"strings"

	"kefu/extract/dataset"
	"kefu/extract/lake"
	"kefu/extract/sqltext"
)

// measureScopes tells what of each shop was computed anew. Days that the shop
// does not reach are left out: nothing is published of them.
func (r *run) measureScopes(ctx context.Context) error {
	span := func(table string) string {
		return fmt.Sprintf("select s.platform, s.shop_id, cast(min(s.dt) as varchar) as first, cast(max(s.dt) as varchar) as last, count(*) as n from %s s "+
			"join overlay_int_shop_horizon h on h.platform = s.platform and h.shop_id = s.shop_id and s.dt <= h.last_dt group by 1, 2", table)
	}
	rows, err := r.engine.Query(ctx, fmt.Sprintf(`select s.platform, s.shop_id, coalesce(b.n, 0),
		coalesce(d.first, ''), coalesce(d.last, ''), coalesce(d.n, 0), coalesce(w.first, ''), coalesce(w.last, ''), coalesce(w.n, 0)
		from scope_shops s
		left join (select platform, shop_id, count(*) as n from scope_buyers group by 1, 2) b on b.platform = s.platform and b.shop_id = s.shop_id
		left join (%s) d on d.platform = s.platform and d.shop_id = s.shop_id
		left join (%s) w on w.platform = s.platform and w.shop_id = s.shop_id
		order by 1, 2`, span("scope_days"), span("scope_window_days")))
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var s Scope
		if err := rows.Scan(&s.Shop.Platform, &s.Shop.Shop, &s.Buyers, &s.Days.From, &s.Days.To, &s.Days.Days, &s.Windows.From, &s.Windows.To, &s.Windows.Days); err != nil {
			return err
		}
		r.out.Scopes = append(r.out.Scopes, s)
	}
	return rows.Err()
}

// sourcesOf names the sources that the changed rows of a shop came from, by the
// files, before and after, that the changes were found in.
func (r *run) sourcesOf(ctx context.Context, s *dataset.Schema, shop ShopKey, files []lake.File) ([]string, error) {
	columns := []lake.Column{{Name: "platform", Type: "VARCHAR"}, {Name: "shop_id", Type: "VARCHAR"}, {Name: "source_file", Type: "VARCHAR"}}
	var keys []string
	for _, name := range s.Key {
		keys = append(keys, fmt.Sprintf("c.%[1]s is not distinct from x.%[1]s", sqltext.Ident(name)))
		for _, c := range datasetColumns(s) {
			if c.Name == name {
				columns = append(columns, c)
			}
		}
	}
	rows, err := r.engine.Query(ctx, fmt.Sprintf(`select distinct split_part(x.source_file, '/', 1) from %[1]s x
		where (x.platform, x.shop_id) = (%[2]s, %[3]s) and exists (select 1 from changed_%[4]s c where c.platform = x.platform and c.shop_id = x.shop_id and %[5]s)
		order by 1`, scan(columns, files), sqltext.Literal(shop.Platform), sqltext.Literal(shop.Shop), s.Name, strings.Join(keys, " and ")))
	if err != nil {
		return nil, fmt.Errorf("find the sources of changed %s: %w", s.Name, err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, fmt.Errorf("find the sources of changed %s: %w", s.Name, err)
		}
		out = append(out, name)
	}
	return out, rows.Err()
}

// changedRules tells which rules of a shop differ from those that its days were
// computed by, and on which days.
func (r *run) changedRules(ctx context.Context, shop ShopKey) ([]RuleChange, error) {
	var casts, names []string
	for _, c := range r.cols["rule_day"] {
		switch c.Name {
		case "platform", "shop_id", "dt", "day_start_at", "day_end_at": // the last two follow from cut_minutes
			continue
		}
		names = append(names, sqltext.Ident(c.Name))
		casts = append(casts, fmt.Sprintf("coalesce(cast(%[1]s as varchar), '') as %[1]s", sqltext.Ident(c.Name)))
	}
	long := func(table, value string) string {
		return fmt.Sprintf("select dt, rule, %s from (unpivot (select dt, %s from %s where (platform, shop_id) = (%s, %s)) on %s into name rule value %[1]s)",
			value, strings.Join(casts, ", "), table, sqltext.Literal(shop.Platform), sqltext.Literal(shop.Shop), strings.Join(names, ", "))
	}
	rows, err := r.engine.Query(ctx, fmt.Sprintf(`select rule, old_value, new_value, cast(min(dt) as varchar), cast(max(dt) as varchar), count(*)
		from (%s) o join (%s) n using (dt, rule) where old_value <> new_value group by 1, 2, 3 order by min(dt), 1, 2, 3`,
		long("prev_rule_day", "old_value"), long("rule_day", "new_value")))
	if err != nil {
		return nil, fmt.Errorf("name changed rules: %w", err)
	}
	defer rows.Close()
	var out []RuleChange
	for rows.Next() {
		var c RuleChange
		if err := rows.Scan(&c.Rule, &c.Old, &c.New, &c.From, &c.To, &c.Days); err != nil {
			return nil, fmt.Errorf("name changed rules: %w", err)
		}
		out = append(out, c)
	}
	return out, rows.Err()
}
