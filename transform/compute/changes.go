package compute

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"kefu/extract/dataset"
	"kefu/extract/lake"
	"kefu/extract/sqltext"
	"kefu/transform/model"
	"kefu/transform/rule"
)

// layerFingerprint changes when any model of the scopes does.
func (c *Computer) layerFingerprint(scopes ...model.Scope) string {
	h := sha256.New()
	for _, m := range c.graph.Ordered {
		if slices.Contains(scopes, m.Scope) {
			fmt.Fprintf(h, "%s %s\n", m.Name, c.graph.Fingerprint(m.Name))
		}
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

// exec runs a statement and says in an error what it was for.
func (r *run) exec(ctx context.Context, doing, statement string) error {
	if err := r.engine.Exec(ctx, statement); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return nil
}

// scopeTables hold what this computation covers. They are filled step by step.
const scopeTables = `
create or replace temp table scope_shops (platform varchar, shop_id varchar);   -- shops with anything to do
create or replace temp table full_shops (platform varchar, shop_id varchar);    -- shops whose facts are computed anew as a whole
create or replace temp table found_buyers (platform varchar, shop_id varchar, buyer_key varchar);
create or replace temp table found_days (platform varchar, shop_id varchar, dt date);
create or replace temp table found_window_days (platform varchar, shop_id varchar, dt date);
create or replace temp table changed_rule_days (platform varchar, shop_id varchar, dt date);
create or replace temp table forced_days (platform varchar, shop_id varchar, dt date);
create or replace temp table failed_shops (platform varchar, shop_id varchar);
`

// Now is what the shops of the input are known by once they are computed.
func (c *Computer) Now(in Input) map[ShopKey]Known {
	now := Known{Inputs: in.Snapshots, Facts: c.layerFingerprint(model.Shop, model.Buyer), Days: c.layerFingerprint(model.Day),
		Window: c.layerFingerprint(model.Window), Full: c.definitionsFingerprint(in)}
	out := map[ShopKey]Known{}
	for _, s := range in.Shops {
		now.Reach = s.reach()
		out[s.ShopKey] = now
	}
	return out
}

// findChanges compares the lake, the rules and the models with what each shop
// was last computed from.
func (r *run) findChanges(ctx context.Context) error {
	if err := r.exec(ctx, "make scope tables", scopeTables); err != nil {
		return err
	}
	if err := r.bindLocks(ctx, locksNow, r.in.Locks); err != nil {
		return err
	}
	r.out.Known = r.Now(r.in)
	for _, s := range r.in.Shops {
		known, ok := r.in.Known[s.ShopKey]
		if err := r.compareModels(ctx, s.ShopKey, known, ok, r.out.Known[s.ShopKey]); err != nil {
			return err
		}
	}
	for _, s := range datasets() {
		if err := r.compareDataset(ctx, s); err != nil {
			return err
		}
	}
	if err := r.compareRules(ctx); err != nil {
		return err
	}
	return r.force(ctx)
}

func (r *run) reason(ctx context.Context, reason Reason) error {
	r.out.Reasons = append(r.out.Reasons, reason)
	if slices.Contains(r.scope, reason.Shop) {
		return nil
	}
	r.scope = append(r.scope, reason.Shop)
	return r.exec(ctx, "note shop in scope", fmt.Sprintf("insert into scope_shops values (%s, %s)",
		sqltext.Literal(reason.Shop.Platform), sqltext.Literal(reason.Shop.Shop)))
}

// asAWhole notes a shop whose facts are computed anew as a whole.
func (r *run) asAWhole(ctx context.Context, shop ShopKey) error {
	r.whole = append(r.whole, shop)
	return r.exec(ctx, "note full shop", fmt.Sprintf("insert into full_shops values (%s, %s)", sqltext.Literal(shop.Platform), sqltext.Literal(shop.Shop)))
}

func (r *run) compareModels(ctx context.Context, shop ShopKey, known Known, ok bool, now Known) error {
	literal := sqltext.Literal(shop.Platform) + ", " + sqltext.Literal(shop.Shop)
	allDays := func(table string) error {
		return r.exec(ctx, "note days in scope", fmt.Sprintf("insert into %s select platform, shop_id, dt from rule_day where (platform, shop_id) = (%s)", table, literal))
	}
	switch {
	case !ok:
		// A shop without a row has nothing to compute.
		if n, err := r.count(ctx, "select count(*) from ("+r.anyRow(literal)+")"); err != nil || n == 0 {
			return err
		}
		if err := r.asAWhole(ctx, shop); err != nil {
			return err
		}
		return r.reason(ctx, Reason{Shop: shop, Kind: "first_run", Detail: "never computed"})
	case known.Facts != now.Facts:
		if err := r.asAWhole(ctx, shop); err != nil {
			return err
		}
		if err := allDays("found_days"); err != nil {
			return err
		}
		return r.reason(ctx, Reason{Shop: shop, Kind: "model", Detail: "the text of fact models changed"})
	case known.Days != now.Days:
		if err := allDays("found_days"); err != nil {
			return err
		}
		return r.reason(ctx, Reason{Shop: shop, Kind: "model", Detail: "the text of day models changed"})
	case known.Window != now.Window:
		if err := allDays("found_window_days"); err != nil {
			return err
		}
		return r.reason(ctx, Reason{Shop: shop, Kind: "model", Detail: "the text of window models changed"})
	case known.Reach != now.Reach:
		detail := "sources state: " + now.Reach
		if now.Reach == "" {
			detail = "sources no longer state how far they are complete"
		}
		return r.reason(ctx, Reason{Shop: shop, Kind: "horizon", Detail: detail})
	case known.Full != now.Full:
		// The small tables are computed in every run that computes anything;
		// nothing else of the shop is in scope.
		r.out.Reasons = append(r.out.Reasons, Reason{Shop: shop, Kind: "definitions", Detail: "names, rules or definitions of KPIs changed"})
	}
	return nil
}

// definitionsFingerprint changes when what the full models are made of, beside
// the data, does.
func (c *Computer) definitionsFingerprint(in Input) string {
	h, shops := sha256.New(), slices.Concat(in.Shops, in.Others)
	slices.SortFunc(shops, func(a, b Shop) int { return strings.Compare(a.String(), b.String()) })
	fmt.Fprintln(h, c.layerFingerprint(model.Full))
	for _, s := range shops {
		fmt.Fprintf(h, "%q %q %q %q %q\n", s.Platform, s.Shop, s.Name, s.Timezone, s.reach())
	}
	for _, rel := range in.Relations {
		fmt.Fprintf(h, "%s %v %v\n", rel.Name, rel.Columns, rel.Rows)
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

// anyRow selects one row per dataset in which the shop has any.
func (r *run) anyRow(shopLiteral string) string {
	var parts []string
	for _, s := range datasets() {
		parts = append(parts, fmt.Sprintf("(select 1 from lake_%s where (platform, shop_id) = (%s) limit 1)", s.Name, shopLiteral))
	}
	return strings.Join(parts, " union all ")
}

func (r *run) count(ctx context.Context, query string) (int64, error) {
	rows, err := r.engine.Query(ctx, query)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	var n int64
	for rows.Next() {
		if err := rows.Scan(&n); err != nil {
			return 0, err
		}
	}
	return n, rows.Err()
}

// contentColumns are the columns whose change means something.
func contentColumns(s *dataset.Schema) []lake.Column {
	return slices.DeleteFunc(datasetColumns(s), func(c lake.Column) bool { return isBookkeeping(c.Name) })
}

// compareDataset fills changed_<dataset> with the rows, before and after, that
// differ for any shop from what it was last computed from.
func (r *run) compareDataset(ctx context.Context, s *dataset.Schema) error {
	columns := contentColumns(s)
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = sqltext.Ident(c.Name)
	}
	table := "changed_" + s.Name
	if err := r.bind(ctx, "table", table, "select * from "+scan(columns, nil)); err != nil {
		return err
	}
	// Shops computed from the same snapshot are compared together.
	groups := map[int64][]string{}
	for _, shop := range r.in.Shops {
		if known, ok := r.in.Known[shop.ShopKey]; ok && known.Inputs[s.Name] != r.in.Snapshots[s.Name] {
			snapshot := known.Inputs[s.Name]
			groups[snapshot] = append(groups[snapshot], "("+sqltext.Literal(shop.Platform)+", "+sqltext.Literal(shop.Shop)+")")
		}
	}
	var found []lake.File // in which the changed rows are
	for snapshot, shops := range groups {
		var before []lake.File
		if snapshot != 0 {
			var err error
			if before, err = r.in.FilesAt(s.Name, snapshot); err != nil {
				return fmt.Errorf("find the files of %s as last computed: %w", s.Name, err)
			}
		}
		gone, come := subtract(before, r.in.Current[s.Name]), subtract(r.in.Current[s.Name], before)
		if len(gone) == 0 && len(come) == 0 {
			continue
		}
		found = append(found, append(gone, come...)...)
		where := " where (platform, shop_id) in (" + strings.Join(shops, ", ") + ")"
		old, new := "select * from "+scan(columns, gone)+where, "select * from "+scan(columns, come)+where
		err := r.exec(ctx, "compare "+s.Name, fmt.Sprintf(
			"insert into %s (%s) %s", table, strings.Join(names, ", "), differing(strings.Join(names, ", "), "("+old+")", "("+new+")")))
		if err != nil {
			return err
		}
	}
	return r.noteData(ctx, s, found)
}

func subtract(a, b []lake.File) []lake.File {
	in := map[string]bool{}
	for _, f := range b {
		in[f.Path] = true
	}
	return slices.DeleteFunc(slices.Clone(a), func(f lake.File) bool { return in[f.Path] })
}

func (r *run) noteData(ctx context.Context, s *dataset.Schema, found []lake.File) error {
	date := "null"
	if s.EventTime != "" {
		date = "event_date"
	}
	rows, err := r.engine.Query(ctx, fmt.Sprintf(
		"select platform, shop_id, count(*), coalesce(cast(min(%[1]s) as varchar), ''), coalesce(cast(max(%[1]s) as varchar), '') from changed_%[2]s group by 1, 2 order by 1, 2", date, s.Name))
	if err != nil {
		return fmt.Errorf("count changed %s: %w", s.Name, err)
	}
	defer rows.Close()
	var reasons []Reason
	for rows.Next() {
		reason := Reason{Kind: "data", Detail: s.Name}
		if err := rows.Scan(&reason.Shop.Platform, &reason.Shop.Shop, &reason.Rows, &reason.From, &reason.To); err != nil {
			return fmt.Errorf("count changed %s: %w", s.Name, err)
		}
		reasons = append(reasons, reason)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("count changed %s: %w", s.Name, err)
	}
	for _, reason := range reasons {
		if !s.Internal {
			if reason.Sources, err = r.sourcesOf(ctx, s, reason.Shop, found); err != nil {
				return err
			}
		}
		if err := r.reason(ctx, reason); err != nil {
			return err
		}
	}
	return nil
}

// compareRules notes the days, already computed, whose rules differ now.
func (r *run) compareRules(ctx context.Context) error {
	columns := make([]lake.Column, 0, len(rule.Columns()))
	for _, c := range rule.Columns() {
		columns = append(columns, lake.Column{Name: c.Name, Type: c.SQL})
	}
	r.cols["rule_day"] = columns
	if err := r.bindPublished(ctx, "rule_day"); err != nil {
		return err
	}
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = sqltext.Ident(c.Name)
	}
	list := strings.Join(names, ", ")
	err := r.exec(ctx, "compare rules", fmt.Sprintf(`insert into changed_rule_days
		select distinct platform, shop_id, dt from (select %[1]s from prev_rule_day except all select %[1]s from rule_day)
		where (platform, shop_id, dt) in (select (platform, shop_id, dt) from rule_day)`, list))
	if err != nil {
		return err
	}
	if err := r.exec(ctx, "note days of changed rules", "insert into found_days select * from changed_rule_days"); err != nil {
		return err
	}
	rows, err := r.engine.Query(ctx, "select platform, shop_id, count(*), cast(min(dt) as varchar), cast(max(dt) as varchar) from changed_rule_days group by 1, 2 order by 1, 2")
	if err != nil {
		return fmt.Errorf("count days of changed rules: %w", err)
	}
	defer rows.Close()
	var reasons []Reason
	for rows.Next() {
		reason := Reason{Kind: "rule"}
		if err := rows.Scan(&reason.Shop.Platform, &reason.Shop.Shop, &reason.Rows, &reason.From, &reason.To); err != nil {
			return fmt.Errorf("count days of changed rules: %w", err)
		}
		reasons = append(reasons, reason)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("count days of changed rules: %w", err)
	}
	for _, reason := range reasons {
		if reason.Rules, err = r.changedRules(ctx, reason.Shop); err != nil {
			return err
		}
		reason.Detail = ruleNames(reason.Rules)
		if err := r.reason(ctx, reason); err != nil {
			return err
		}
	}
	return nil
}

func ruleNames(changes []RuleChange) string {
	var names []string
	for _, c := range changes {
		if !slices.Contains(names, c.Rule) {
			names = append(names, c.Rule)
		}
	}
	return strings.Join(names, ", ")
}

// tables are those of the scope that forced days are put in.
func (f Force) tables() []string {
	switch f.Scope {
	case model.Full:
		return nil // small tables are computed whenever anything is
	case model.Window:
		return []string{"found_window_days"}
	case model.Day:
		return []string{"found_days"}
	default:
		return []string{"forced_days", "changed_rule_days", "found_days"}
	}
}

func (r *run) force(ctx context.Context) error {
	for _, f := range r.in.Forced {
		for _, s := range r.in.Shops {
			if f.Shop != nil && *f.Shop != s.ShopKey {
				continue
			}
			from, to := f.From.Format("2006-01-02"), f.To.Format("2006-01-02")
			days := fmt.Sprintf("select platform, shop_id, dt from rule_day where (platform, shop_id) = (%s, %s) and dt between date '%s' and date '%s'",
				sqltext.Literal(s.Platform), sqltext.Literal(s.Shop), from, to)
			for _, table := range f.tables() {
				if err := r.exec(ctx, "note forced days", "insert into "+table+" "+days); err != nil {
					return err
				}
			}
			if err := r.reason(ctx, Reason{Shop: s.ShopKey, Kind: "forced", Detail: "asked for", From: from, To: to}); err != nil {
				return err
			}
		}
	}
	return nil
}
