package reconcile

import (
	"context"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"kefu/cmd/etl/internal/whatif"
	"kefu/extract/ledger"
	"kefu/extract/sqltext"
	"kefu/transform/catalogue"
	"kefu/transform/compute"
	"kefu/transform/duckdb"
	"kefu/transform/rule"
)

// Work is everything that a comparison works with.
type Work struct {
	Catalogue *catalogue.Catalogue
	Engine    *duckdb.Engine              // the published tables under their names
	Lab       func() (*whatif.Lab, error) // asked for when there is anything to find out
	State     *ledger.Ledger
	Published ledger.Publication
	Sources   []string // of the shop
	Rules     *rule.Set
	Shop      compute.ShopKey
	Timezone  string
	// Step shows a person what is tried; nil = nobody looks.
	Step func(what string)
}

// Tables are the published tables that a comparison reads.
func Tables() []string {
	return []string{"kpi_agent_day", "kpi_shop_day", "agents", "chat_messages", "orders", "evaluations", "refunds"}
}

// Result is a report beside our numbers.
type Result struct {
	Shop    compute.ShopKey
	Report  *Report
	Cells   []*Cell
	Notes   []string // what is odd and no difference
	Tried   int      // what-ifs that were computed
	Seconds float64
}

// comparison is one under way.
type comparison struct {
	Work
	report *Report
	scope  scope
	ours   numbers
	cells  []*Cell
	agents map[string]string // account → name
	notes  []string
	tried  int
	lab    *whatif.Lab
}

// Compare compares a report with what is published, and proves what it can of
// the differences.
func Compare(ctx context.Context, w Work, r *Report) (*Result, error) {
	started := time.Now()
	c := &comparison{Work: w, report: r, scope: scope{shop: w.Shop, grain: r.Layout.Grain, from: r.Rows[0].From, to: r.Rows[0].To}, ours: numbers{}}
	for _, row := range r.Rows {
		if row.From.Before(c.scope.from) {
			c.scope.from = row.From
		}
		if row.To.After(c.scope.to) {
			c.scope.to = row.To
		}
	}
	steps := []struct {
		doing string
		do    func(context.Context) error
	}{
		{"read our numbers", c.readOurs},
		{"find agents", c.readAgents},
		{"compare", c.compare},
		{"look for rows that the report lacks", c.absent},
		{"look for days without rows", c.emptyDays},
		{"count rows before any rule", func(ctx context.Context) error { return c.bounds(ctx, anyClock) }},
		{"compute what would be", c.attempts},
		{"look for days without rows", c.emptySpans},
		{"count rows before any rule", func(ctx context.Context) error { return c.bounds(ctx, ownClock) }},
	}
	for _, s := range steps {
		if err := s.do(ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", s.doing, err)
		}
	}
	c.aliases()
	for _, cell := range c.cells {
		if cell.open() {
			cell.explain(Unexplained, "")
		}
	}
	return &Result{Shop: w.Shop, Report: r, Cells: c.cells, Notes: c.notes, Tried: c.tried, Seconds: time.Since(started).Seconds()}, nil
}

// metrics are the KPIs of the report.
func (c *comparison) metrics() []string {
	var out []string
	for name := range c.report.Layout.Metrics {
		if slices.ContainsFunc(c.report.Rows, func(r Row) bool {
			return slices.ContainsFunc(r.Cells, func(p Printed) bool { return p.Metric == name })
		}) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

func (c *comparison) readOurs(ctx context.Context) error {
	model, names := "kpi_"+c.scope.grain+"_day", partsOf(c.Catalogue, c.metrics())
	rows, err := c.Engine.Query(ctx, selectOf(c.scope, model, model, names))
	if err != nil {
		return err
	}
	return c.ours.take(rows, names)
}

// readAgents learns which accounts the datasets know.
func (c *comparison) readAgents(ctx context.Context) error {
	c.agents = map[string]string{}
	if c.scope.grain != "agent" {
		return nil
	}
	var parts []string
	for _, of := range []struct{ dataset, name string }{{"agents", "name"}, {"chat_messages", "cast(null as varchar)"}} {
		if c.has(of.dataset) {
			parts = append(parts, fmt.Sprintf("select distinct agent_id, %s as name from %s where %s and agent_id is not null", of.name, of.dataset, c.mine()))
		}
	}
	if len(parts) == 0 {
		return nil
	}
	return c.Engine.Each(ctx, "select agent_id, coalesce(max(name), '') from ("+strings.Join(parts, " union all ")+") group by 1", func(scan func(...any) error) error {
		var id, name string
		if err := scan(&id, &name); err != nil {
			return err
		}
		c.agents[id] = name
		return nil
	})
}

// has tells whether a dataset was ever delivered.
func (c *comparison) has(name string) bool { _, ok := c.Published.Tables[name]; return ok }

// mine chooses the shop's rows.
func (c *comparison) mine() string {
	return fmt.Sprintf("platform = %s and shop_id = %s", sqltext.Literal(c.Shop.Platform), sqltext.Literal(c.Shop.Shop))
}

// account finds whose account a name is: the account itself, the part of it
// behind the shop's name, or the name of an agent; "" for none and for several.
func (c *comparison) account(named string) string {
	short := func(s string) string {
		s = strings.ReplaceAll(s, "：", ":")
		return strings.ToLower(s[strings.LastIndexByte(s, ':')+1:])
	}
	for _, fits := range []func(id, name string) bool{
		func(id, _ string) bool { return id == named },
		func(id, _ string) bool { return strings.EqualFold(strings.ReplaceAll(named, "：", ":"), id) },
		func(id, _ string) bool { return short(id) == short(named) },
		func(_, name string) bool { return name != "" && name == named },
	} {
		found := ""
		for id, name := range c.agents {
			switch {
			case !fits(id, name):
			case found != "":
				return ""
			default:
				found = id
			}
		}
		if found != "" {
			return found
		}
	}
	return ""
}

// compare makes the cells and judges them.
func (c *comparison) compare(context.Context) error {
	for _, row := range c.report.Rows {
		entity, known := "", true
		if c.scope.grain == "agent" {
			entity = c.account(row.Entity)
			known = entity != ""
		}
		for _, p := range row.Cells {
			cell := &Cell{Line: row.Line, Column: p.Column, Named: row.Entity, Entity: entity, From: row.From, To: row.To, Metric: p.Metric, Text: p.Text,
				Theirs: p.Number, delayed: p.Delayed}
			c.cells = append(c.cells, cell)
			c.settle(cell, known, row.Line == c.report.CutOff)
		}
	}
	return nil
}

// settle judges a cell and gives the reasons that it shows by itself.
func (c *comparison) settle(cell *Cell, known, cutOff bool) {
	m, _ := c.Catalogue.Metric(cell.Metric)
	if !known {
		cell.Status = Different
		switch {
		case cell.delayed:
			cell.explain(DelayedCell, "the report has no number yet: "+cell.Text)
		case cell.Theirs == nil || cell.Theirs.Value.Sign() == 0:
			cell.Status = Equal
		default:
			cell.explain(UnknownAgent, fmt.Sprintf("no message and no list of agents names the account %s", cell.Named))
		}
		return
	}
	var told bool
	cell.Ours, told = c.ours.value(c.Catalogue, cell.Metric, cell.Entity, cell.From, cell.To)
	if !told {
		cell.Status, cell.Proof = Untold, "the days of this KPI do not add up to several"
		return
	}
	if cell.Status = judge(m, cell, cell.Ours); cell.Status != Different {
		return
	}
	switch {
	case cell.delayed:
		cell.explain(DelayedCell, "the report has no number yet: "+cell.Text)
	case cell.Theirs == nil && cutOff:
		cell.explain(TruncatedExport, fmt.Sprintf("line %d, the last, ends before this column", cell.Line))
	case cell.Theirs == nil:
		cell.explain(DelayedCell, "the report has no number in this cell")
	case cell.Ours == nil:
	case cell.Theirs.equals(cell.Ours):
		cell.explain(Rounding, "it is ours, rounded to the digits that are printed")
	case cell.Theirs.cut(cell.Ours).Cmp(cell.Theirs.Value) == 0 && cell.Ours.Sign() > 0 && cell.Theirs.Value.Sign() != 0:
		cell.explain(Rounding, "it is ours with the digits that are not printed cut off")
	case cell.Theirs.raised(cell.Ours).Cmp(cell.Theirs.Value) == 0 && new(big.Rat).Add(cell.Ours, cell.Theirs.Step).Cmp(cell.Theirs.Value) > 0 && !amounts(m):
		cell.explain(Rounding, "it is ours, rounded up to the digits that are printed")
	}
}
