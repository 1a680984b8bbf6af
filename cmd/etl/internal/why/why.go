// Package why owns the account of a published number: its two sides, the rules
// that were in force, and the orders, receptions, turns and so on behind it,
// added up again and held against what is published.
package why

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"kefu/extract/sqltext"
	"kefu/transform/catalogue"
	"kefu/transform/evidence"
)

// Tables are the tables of a publication, each under its own name, and what
// the engine spells in its own way.
type Tables interface {
	Query(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	// Each calls row for each row of a select, with what scans it.
	Each(ctx context.Context, query string, row func(scan func(...any) error) error, args ...any) error
}

// Question names a KPI of an entity and its days.
type Question struct {
	Metric         catalogue.Metric
	Platform, Shop string
	Grain          string // agent, group or shop
	Entity         string // agent, group ("" = none); "" at the shop
	Date           time.Time
	Window         int // days: 7, 28, 30 or 180; 0 = the day alone
	Limit          int // rows to list of each kind; 0 = all
}

// From is the first day that the number is about.
func (q Question) From() time.Time { return q.Date.AddDate(0, 0, 1-max(1, q.Window)) }

// Answer is the account of a number.
type Answer struct {
	Metric     string     `json:"metric"`
	LabelZH    string     `json:"label_zh"`
	LabelEN    string     `json:"label_en"`
	Unit       string     `json:"unit"`
	Definition string     `json:"definition"`
	Platform   string     `json:"platform"`
	Shop       string     `json:"shop"`
	Grain      string     `json:"grain"`
	Entity     string     `json:"entity"`
	From       string     `json:"from"`
	To         string     `json:"to"`
	WindowDays int        `json:"window_days"` // 1 = the day alone
	Published  bool       `json:"published"`   // whether there is a row for it
	Value      any        `json:"value"`
	Parts      []Part     `json:"parts"` // what the value is made of
	Rules      []Rule     `json:"rules"`
	Evidence   []Evidence `json:"evidence"`
	Verified   bool       `json:"verified"` // every part is what its rows add up to
}

// Part is a number that the value is made of, or the value itself.
type Part struct {
	Metric  string `json:"metric"`
	LabelZH string `json:"label_zh"`
	LabelEN string `json:"label_en"`
	Role    string `json:"role"` // numerator, denominator, term or value
	Value   any    `json:"value"`
	Rows    any    `json:"rows_add_up_to"`
	Agrees  bool   `json:"agrees"`
	Why     string `json:"no_rows_because,omitempty"`
}

// Rule is a rule's value that was in force on days of the number.
type Rule struct {
	Rule    string `json:"rule"`
	LabelZH string `json:"label_zh,omitempty"`
	Value   string `json:"value"`
	From    string `json:"from,omitempty"` // first day; "" = without limit
	To      string `json:"to,omitempty"`
	Origin  string `json:"origin"` // file and line of the configuration, or what ships
}

// Evidence is a list of rows behind parts of the number.
type Evidence struct {
	Rows        string   `json:"rows"`
	Row         string   `json:"row"` // what a row is
	Description string   `json:"description"`
	Metrics     []string `json:"metrics"` // those that the rows add up to
	Found       int64    `json:"found"`   // rows, counting or not
	Reasons     Table    `json:"reasons"` // how many of them for which reason, and what these add
	List        Table    `json:"list"`    // the first of them
}

// Table is the result of a select.
type Table struct {
	Columns []Column
	Cells   [][]any
}

// Column of a Table.
type Column struct {
	Name, Type string
	Shown      bool // to people; machines get all
}

// Reader answers questions from the tables of a publication.
type Reader struct {
	tables Tables
	book   *evidence.Book
	known  *catalogue.Catalogue
}

// New returns a reader.
func New(tables Tables, book *evidence.Book, known *catalogue.Catalogue) *Reader {
	return &Reader{tables, book, known}
}

// Statements returns the selects that an answer needs, for what they read.
func Statements(book *evidence.Book, metric string) ([]string, error) {
	groups, _, err := book.Groups(metric)
	if err != nil {
		return nil, err
	}
	out := []string{}
	for _, g := range groups {
		out = append(out, g.SQL)
	}
	return out, nil
}

// KPITable is the published table that holds the number of a question.
func (q Question) KPITable() string {
	if q.Window > 0 {
		return "kpi_" + q.Grain + "_window"
	}
	return "kpi_" + q.Grain + "_day"
}

// row is a select of the published row.
func (q Question) row() string {
	where := fmt.Sprintf("platform = %s and shop_id = %s and dt = date %s", sqltext.Literal(q.Platform), sqltext.Literal(q.Shop), sqltext.Literal(q.Date.Format(time.DateOnly)))
	switch q.Grain {
	case "agent":
		where += " and agent_id = " + sqltext.Literal(q.Entity)
	case "group":
		where += " and agent_group = " + sqltext.Literal(q.Entity)
	}
	if q.Window > 0 {
		where += fmt.Sprintf(" and window_days = %d", q.Window)
	}
	return "select * from " + q.KPITable() + " where " + where
}

func (q Question) scope() evidence.Scope {
	return evidence.One(q.Platform, q.Shop, q.Grain, q.Entity, q.From().Format(time.DateOnly), q.Date.Format(time.DateOnly))
}

// Answer gives the account.
func (r *Reader) Answer(ctx context.Context, q Question) (*Answer, error) {
	a := &Answer{
		Metric: q.Metric.Name, LabelZH: q.Metric.LabelZH, LabelEN: q.Metric.LabelEN, Unit: q.Metric.Unit, Definition: q.Metric.Definition(),
		Platform: q.Platform, Shop: q.Shop, Grain: q.Grain, Entity: q.Entity, From: q.From().Format(time.DateOnly), To: q.Date.Format(time.DateOnly),
		WindowDays: max(1, q.Window), Verified: true,
	}
	if err := r.value(ctx, q, a); err != nil {
		return nil, fmt.Errorf("read %s: %w", q.KPITable(), err)
	}
	groups, without, err := r.book.Groups(q.Metric.Name)
	if err != nil {
		return nil, err
	}
	for _, g := range groups {
		e, err := r.group(ctx, q, g, a)
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", g.Name, err)
		}
		a.Evidence = append(a.Evidence, e)
	}
	for _, m := range without {
		p := part(q.Metric, m)
		p.Agrees = true
		if m.Evidence != nil {
			p.Why = m.Evidence.None
		}
		a.Parts = append(a.Parts, p)
	}
	a.order(r.known)
	names, err := r.book.Rules(q.Metric.Name)
	if err != nil {
		return nil, err
	}
	a.Rules, err = r.rules(ctx, q, names)
	return a, err
}

func (r *Reader) value(ctx context.Context, q Question, a *Answer) error {
	table, err := r.read(ctx, "select "+q.Metric.Name+" from ("+q.row()+")")
	if err != nil {
		return err
	}
	if a.Published = len(table.Cells) > 0; a.Published {
		a.Value = table.Cells[0][0]
	}
	return nil
}

// group adds the rows of one select up, compares, and lists them.
func (r *Reader) group(ctx context.Context, q Question, g evidence.Group, a *Answer) (Evidence, error) {
	e := Evidence{Rows: g.Name, Row: g.Row, Description: g.Description}
	columns := make([]string, len(g.Metrics))
	for i, m := range g.Metrics {
		e.Metrics = append(e.Metrics, m.Name)
		// Without a row nothing counts: as good as 0.
		published := fmt.Sprintf("case when p.platform is null then t.%[1]s else p.%[1]s end", m.Name)
		columns[i] = fmt.Sprintf("p.%[1]s, t.%[1]s, %[2]s", m.Name, evidence.Agree("("+published+")", "t."+m.Name))
	}
	totals, err := r.read(ctx, fmt.Sprintf("select t.found, %s from (%s) as t left join (%s) as p on true", strings.Join(columns, ", "), g.Totals(q.scope()), q.row()))
	if err != nil {
		return e, err
	}
	e.Found, _ = totals.Cells[0][0].(int64)
	for i, m := range g.Metrics {
		p := part(q.Metric, m)
		p.Value, p.Rows = totals.Cells[0][1+3*i], totals.Cells[0][2+3*i]
		p.Agrees, _ = totals.Cells[0][3+3*i].(bool)
		if len(m.Evidence.Windows) > 0 && q.Window > 0 && !slices.Contains(m.Evidence.Windows, q.Window) {
			p.Agrees = p.Value == nil // the window does not have it
		}
		a.Verified = a.Verified && p.Agrees
		a.Parts = append(a.Parts, p)
	}
	list := g.List(q.scope())
	if e.Reasons, err = r.read(ctx, g.Reasons(q.scope())); err != nil {
		return e, err
	}
	if q.Limit > 0 {
		list = fmt.Sprintf("%s limit %d", list, q.Limit)
	}
	if e.List, err = r.read(ctx, list); err != nil {
		return e, err
	}
	for i, c := range e.List.Columns {
		e.List.Columns[i].Shown = i < len(g.Metrics) || c.Name == "dt" && q.Window > 0 || slices.Contains(g.Shows, c.Name) && (c.Name != "agent_id" || q.Grain != "agent")
	}
	return e, nil
}

// part tells what one number is to another.
func part(whole, m catalogue.Metric) Part {
	p := Part{Metric: m.Name, LabelZH: m.LabelZH, LabelEN: m.LabelEN, Role: "term"}
	numerator, denominator := whole.Sides()
	switch {
	case m.Name == whole.Name:
		p.Role = "value"
	case slices.Contains(numerator, m.Name):
		p.Role = "numerator"
	case slices.Contains(denominator, m.Name):
		p.Role = "denominator"
	}
	return p
}

// order puts the parts as the metric names them: numerators first.
func (a *Answer) order(known *catalogue.Catalogue) {
	parts, _ := known.Parts(a.Metric) // it was found before
	place := func(p Part) int {
		return slices.IndexFunc(parts, func(m catalogue.Metric) bool { return m.Name == p.Metric })
	}
	slices.SortStableFunc(a.Parts, func(x, y Part) int { return place(x) - place(y) })
}

// rules lists the values in force on any day of the number, as published.
func (r *Reader) rules(ctx context.Context, q Question, names []string) ([]Rule, error) {
	out := []Rule{}
	if len(names) == 0 {
		return out, nil
	}
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = sqltext.Literal(n)
	}
	err := r.tables.Each(ctx, fmt.Sprintf(`select rule, coalesce(label_zh, ''), coalesce(value, ''), coalesce(cast(valid_from as varchar), ''), coalesce(cast(valid_to as varchar), ''), coalesce(origin, '')
		from dim_rule where platform = %s and shop_id = %s and rule in (%s)
		  and coalesce(valid_from, date '1900-01-01') <= date %s and coalesce(valid_to, date '9999-12-31') >= date %s
		order by rule, valid_from`,
		sqltext.Literal(q.Platform), sqltext.Literal(q.Shop), strings.Join(quoted, ", "), sqltext.Literal(q.Date.Format(time.DateOnly)), sqltext.Literal(q.From().Format(time.DateOnly))), func(scan func(...any) error) error {
		var x Rule
		err := scan(&x.Rule, &x.LabelZH, &x.Value, &x.From, &x.To, &x.Origin)
		if x.From <= "1900-01-01" {
			x.From = ""
		}
		if x.To >= "2999-12-31" {
			x.To = ""
		}
		out = append(out, x)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read rules: %w", err)
	}
	return out, nil
}

// read runs a select whose result is small.
func (r *Reader) read(ctx context.Context, query string) (Table, error) {
	return Read(ctx, r.tables, query)
}

// Read runs a select whose result is small.
func Read(ctx context.Context, tables Tables, query string) (Table, error) {
	rows, err := tables.Query(ctx, query)
	if err != nil {
		return Table{}, err
	}
	defer rows.Close()
	types, err := rows.ColumnTypes()
	if err != nil {
		return Table{}, err
	}
	var out Table
	for _, t := range types {
		out.Columns = append(out.Columns, Column{Name: t.Name(), Type: t.DatabaseTypeName(), Shown: true})
	}
	for rows.Next() {
		cells, into := make([]any, len(types)), make([]any, len(types))
		for i := range cells {
			into[i] = &cells[i]
		}
		if err := rows.Scan(into...); err != nil {
			return Table{}, err
		}
		out.Cells = append(out.Cells, cells)
	}
	return out, rows.Err()
}
