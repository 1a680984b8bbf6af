package compute

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"kefu/extract/dataset"
	"kefu/extract/lake"
	"kefu/extract/sqltext"
	"kefu/transform/rule"
)

func datasets() []*dataset.Schema { return append(dataset.All(), dataset.Internals()...) }

// isBookkeeping tells the columns that say where a row came from and when it
// was exported; a change in them alone changes no number.
func isBookkeeping(column string) bool {
	switch column {
	case "digest", "own_latest_at", "source_file", "source_line", "version_at", "updated_at":
		return true
	}
	return false
}

// quoteNames lists column names.
func quoteNames(names []string) string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = sqltext.Ident(n)
	}
	return strings.Join(out, ", ")
}

// scan is a relation over data files, with the columns named; without files it
// is an empty relation of the same columns.
func scan(columns []lake.Column, files []lake.File) string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.Name
	}
	if len(files) == 0 {
		nulls := make([]string, len(columns))
		for i, c := range columns {
			nulls[i] = fmt.Sprintf("cast(null as %s) as %s", c.Type, sqltext.Ident(c.Name))
		}
		return "(select " + strings.Join(nulls, ", ") + " where false)"
	}
	paths := make([]string, len(files))
	for i, f := range files {
		paths[i] = sqltext.Literal(f.Path)
	}
	return "(select " + quoteNames(names) + " from read_parquet([" + strings.Join(paths, ", ") + "], hive_partitioning = false))"
}

// rowsOf is a dataset as the computation sees it.
func (r *run) rowsOf(s *dataset.Schema) string {
	rows := scan(datasetColumns(s), r.in.Current[s.Name])
	if edit := r.in.Edits[s.Name]; edit != "" {
		return "(" + strings.ReplaceAll(edit, "{rows}", rows) + ")"
	}
	return rows
}

func datasetColumns(s *dataset.Schema) []lake.Column {
	var out []lake.Column
	for _, c := range s.Stored() {
		out = append(out, lake.Column{Name: c.Name, Type: c.Type.SQL()})
	}
	return out
}

// bind makes name stand for a select, as a view or a table.
func (c *Computer) bind(ctx context.Context, kind, name, query string) error {
	if err := c.unbind(ctx, name); err != nil {
		return err
	}
	if err := c.engine.Exec(ctx, fmt.Sprintf("create temp %s %s as %s", kind, sqltext.Ident(name), query)); err != nil {
		return fmt.Errorf("bind %s: %w", name, err)
	}
	c.bound[name] = kind
	return nil
}

// rename gives a table that is bound another name, in place of what had it.
func (c *Computer) rename(ctx context.Context, from, to string) error {
	if err := c.unbind(ctx, to); err != nil {
		return err
	}
	if err := c.engine.Exec(ctx, fmt.Sprintf("alter table %s rename to %s", sqltext.Ident(from), sqltext.Ident(to))); err != nil {
		return fmt.Errorf("rename %s: %w", from, err)
	}
	delete(c.bound, from)
	c.bound[to] = "table"
	return nil
}

func (c *Computer) unbind(ctx context.Context, name string) error {
	kind, ok := c.bound[name]
	if !ok {
		return nil
	}
	delete(c.bound, name)
	if err := c.engine.Exec(ctx, fmt.Sprintf("drop %s if exists %s", kind, sqltext.Ident(name))); err != nil {
		return fmt.Errorf("unbind %s: %w", name, err)
	}
	return nil
}

// bindLake makes lake_<dataset> stand for the files now and loads the small
// relations.
func (r *run) bindLake(ctx context.Context) error {
	for _, s := range datasets() {
		if err := r.bind(ctx, "view", "lake_"+s.Name, "select * from "+r.rowsOf(s)); err != nil {
			return err
		}
	}
	shops := shopsRelation()
	for _, s := range r.in.Shops {
		shops.Rows = append(shops.Rows, []any{s.Platform, s.Shop, s.Name, s.Timezone, dateOrNull(s.ChatsUntil), dateOrNull(s.OrdersUntil)})
	}
	if err := r.load(ctx, shops); err != nil {
		return err
	}
	for _, rel := range r.in.Relations {
		if err := r.load(ctx, rel); err != nil {
			return err
		}
	}
	if err := r.loadRules(ctx); err != nil {
		return err
	}
	return r.takeRows(ctx)
}

func shopsRelation() Relation {
	return Relation{Name: "shops", Columns: []RelationColumn{{"platform", "VARCHAR"}, {"shop_id", "VARCHAR"}, {"name", "VARCHAR"}, {"timezone", "VARCHAR"},
		{"chats_complete_until", "DATE"}, {"orders_complete_until", "DATE"}}}
}

func dateOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

// load makes a small relation. Decimals come as text and are read by the
// engine, so that they stay exact.
func (r *run) load(ctx context.Context, rel Relation) error {
	defs, casts := make([]string, len(rel.Columns)), make([]string, len(rel.Columns))
	for i, c := range rel.Columns {
		kind := c.Type
		if strings.HasPrefix(kind, "DECIMAL") {
			kind = "VARCHAR"
		}
		defs[i] = sqltext.Ident(c.Name) + " " + kind
		casts[i] = fmt.Sprintf("cast(%[1]s as %[2]s) as %[1]s", sqltext.Ident(c.Name), c.Type)
	}
	if err := r.exec(ctx, "make "+rel.Name, "create or replace temp table incoming_relation ("+strings.Join(defs, ", ")+")"); err != nil {
		return err
	}
	if err := r.engine.Append(ctx, "incoming_relation", rel.Rows); err != nil {
		return fmt.Errorf("fill %s: %w", rel.Name, err)
	}
	return r.bind(ctx, "table", rel.Name, "select "+strings.Join(casts, ", ")+" from incoming_relation")
}

// loadRules fills rule_day for every day of the calendar.
func (r *run) loadRules(ctx context.Context) error {
	if r.in.Calendar == nil {
		calendar, err := r.FindCalendar(ctx, r.in)
		if err != nil {
			return err
		}
		r.in.Calendar = &calendar
	}
	rel := Relation{Name: "rule_day"}
	for _, c := range rule.Columns() {
		rel.Columns = append(rel.Columns, RelationColumn{c.Name, c.SQL})
	}
	if c := *r.in.Calendar; c != (Calendar{}) {
		shops, err := r.ruleShops()
		if err != nil {
			return err
		}
		for _, s := range slices.Concat(r.in.Shops, r.in.Others) { // the day to whose end a shop is complete may lie beyond its rows
			for _, until := range []time.Time{s.ChatsUntil, s.OrdersUntil} {
				if !until.IsZero() && until.Before(c.From) {
					c.From = until
				}
				if until.After(c.To) {
					c.To = until
				}
			}
		}
		days := r.in.Rules.Days(shops, c.From.AddDate(0, 0, -calendarMargin), c.To.AddDate(0, 0, calendarMargin))
		for i := range days {
			rel.Rows = append(rel.Rows, days[i].Values())
		}
	}
	return r.load(ctx, rel)
}

func (r *run) ruleShops() ([]rule.Shop, error) {
	out := make([]rule.Shop, len(r.in.Shops))
	for i, s := range r.in.Shops {
		zone, err := time.LoadLocation(s.Timezone)
		if err != nil {
			return nil, fmt.Errorf("find the time zone of shop %s: %w", s.ShopKey, err)
		}
		out[i] = rule.Shop{Platform: s.Platform, ID: s.Shop, Zone: zone}
	}
	return out, nil
}
