package compute

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"kefu/extract/sqltext"
	"kefu/transform/model"
)

// audit checks what was computed. A shop that fails keeps its published
// numbers: its rows are left out of what is staged.
func (r *run) audit(ctx context.Context) error {
	for _, m := range r.graph.Stored() {
		if r.deltas[m.Name].rows == 0 {
			continue
		}
		if err := r.checkGrain(ctx, m); err != nil {
			return err
		}
		if err := r.checkRows(ctx, m, m.Checks, "failed"); err != nil {
			return err
		}
		if err := r.checkRows(ctx, m, m.Warnings, "warning"); err != nil {
			return err
		}
	}
	for _, c := range r.out.Checks {
		if c.Status == "failed" {
			r.fail(c.Shop)
		}
	}
	for _, s := range r.out.Failed {
		if err := r.exec(ctx, "note failed shop", fmt.Sprintf("insert into failed_shops values (%s, %s)", sqltext.Literal(s.Platform), sqltext.Literal(s.Shop))); err != nil {
			return err
		}
		delete(r.out.Known, s)
		if known, ok := r.in.Known[s]; ok {
			r.out.Known[s] = known
		}
	}
	return nil
}

// fail marks a shop; a violation that belongs to no shop fails all of them.
func (r *run) fail(shop ShopKey) {
	if shop == (ShopKey{}) {
		for _, s := range r.in.Shops {
			r.fail(s.ShopKey)
		}
		return
	}
	if !slices.Contains(r.out.Failed, shop) {
		r.out.Failed = append(r.out.Failed, shop)
	}
}

// shopColumns selects the shop of a row, or empty names where the model has none.
func (r *run) shopColumns(m *model.Model) string {
	for _, c := range r.cols[m.Name] {
		if c.Name == "shop_id" {
			return "platform, shop_id"
		}
	}
	return "'' as platform, '' as shop_id"
}

func (r *run) checkGrain(ctx context.Context, m *model.Model) error {
	grain := quoteNames(m.Grain)
	// Where no two hashes are alike no two rows are; hashes are much narrower.
	alike, err := r.count(ctx, fmt.Sprintf("select count(*) from (select hash(%s) as h from new_%s group by h having count(*) > 1)", grain, m.Name))
	if err != nil {
		return fmt.Errorf("check grain_is_unique of %s: %w", m.Path, err)
	}
	if alike == 0 {
		r.out.Checks = append(r.out.Checks, CheckResult{Name: "grain_is_unique", Model: m.Name, Status: "ok"})
		return nil
	}
	shop := r.shopColumns(m)
	return r.collect(ctx, m, "grain_is_unique", "failed", fmt.Sprintf(
		"select platform, shop_id, count(*), any_value(sample) from (select %s, concat_ws(' ', %s) as sample from new_%s group by %s having count(*) > 1) group by 1, 2",
		shop, grain, m.Name, grain))
}

func (r *run) checkRows(ctx context.Context, m *model.Model, checks []model.Check, status string) error {
	for _, c := range checks {
		query := fmt.Sprintf("select platform, shop_id, count(*), any_value(sample) from (select %s, concat_ws(' ', %s) as sample from new_%s where not coalesce(%s, true)) group by 1, 2",
			r.shopColumns(m), quoteNames(m.Grain), m.Name, c.Expr)
		if err := r.collect(ctx, m, c.Name, status, query); err != nil {
			return err
		}
	}
	return nil
}

// collect runs a check's query, which gives a row for each shop that breaks it.
func (r *run) collect(ctx context.Context, m *model.Model, name, status, query string) error {
	rows, err := r.engine.Query(ctx, query)
	if err != nil {
		return fmt.Errorf("check %s of %s: %w", name, m.Path, err)
	}
	defer rows.Close()
	found := false
	for rows.Next() {
		result := CheckResult{Name: name, Model: m.Name, Status: status}
		var sample any
		if err := rows.Scan(&result.Shop.Platform, &result.Shop.Shop, &result.Violations, &sample); err != nil {
			return fmt.Errorf("check %s of %s: %w", name, m.Path, err)
		}
		// A buyer's id is personal data: only models without one show a sample.
		if !slices.ContainsFunc(m.Grain, func(c string) bool { return strings.HasPrefix(c, "buyer") }) {
			result.Sample = fmt.Sprint(sample)
		}
		r.out.Checks = append(r.out.Checks, result)
		found = true
	}
	if !found {
		r.out.Checks = append(r.out.Checks, CheckResult{Name: name, Model: m.Name, Status: "ok"})
	}
	return rows.Err()
}
