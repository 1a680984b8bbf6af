package reconcile

import (
	"context"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"kefu/extract/sqltext"
)

// held is what the lake holds of a dataset of the shop.
type held struct {
	days  map[string]int64 // rows by day of the shop's clock
	first string
	last  string
	at    string // the shop's clock at the last row
}

// messageSections and orderSections are the numbers that need messages, and
// those that need orders.
func needs(parts []string, sections ...string) bool {
	return slices.ContainsFunc(parts, func(p string) bool { return slices.Contains(sections, sectionOf(p)) })
}

// sourcesOf are the datasets without whose rows a KPI cannot be right, the more
// telling one first.
func (c *comparison) sourcesOf(metric string) []string {
	p := parts(c.Catalogue, metric)
	m, _ := c.Catalogue.Metric(metric)
	switch {
	case needs(p, "sales", "aftersales"):
		return []string{"orders", "chat_messages"}
	case needs(p, "conversion"):
		return []string{"chat_messages", "orders"}
	case needs(p, "service"):
		return []string{"chat_messages"}
	}
	return slices.DeleteFunc(slices.Clone(m.Source), func(s string) bool { return s != "chat_messages" && s != "orders" })
}

func missing(dataset string) Reason {
	if dataset == "orders" {
		return MissingOrders
	}
	return MissingMessages
}

func noun(dataset string) string {
	if dataset == "orders" {
		return "order"
	}
	return "message"
}

// eventOf is the column with the moment of a dataset's rows.
var eventOf = map[string]string{"chat_messages": "sent_at", "orders": "created_at"}

// heldOf counts a dataset's rows of the shop by day.
func (c *comparison) heldOf(ctx context.Context, name string) (held, error) {
	out := held{days: map[string]int64{}}
	if !c.has(name) {
		return out, nil
	}
	local := fmt.Sprintf("local_time(%s, %s)", eventOf[name], sqltext.Literal(c.Timezone))
	err := c.Engine.Each(ctx, fmt.Sprintf("select cast(cast(%[1]s as date) as varchar), count(*), cast(max(%[1]s) as varchar) from %[2]s where %[3]s group by 1 order by 1",
		local, name, c.mine()), func(scan func(...any) error) error {
		var day, at string
		var rows int64
		if err := scan(&day, &rows, &at); err != nil {
			return err
		}
		if out.first == "" {
			out.first = day
		}
		out.days[day], out.last, out.at = rows, day, at
		return nil
	})
	return out, err
}

// gap says what is missing on days: nothing came of one of them, or the data
// end before. Without a gap it is "".
func (h held) gap(name string, from, to time.Time) string {
	if len(h.days) == 0 {
		return fmt.Sprintf("the shop has no %s at all", noun(name))
	}
	for d := from; !d.After(to); d = d.AddDate(0, 0, 1) {
		day := d.Format(time.DateOnly)
		switch {
		case day > h.last:
			return fmt.Sprintf("our %ss end on %s", noun(name), strings.TrimSuffix(h.at[:min(len(h.at), 16)], ":"))
		case day < h.first:
			return fmt.Sprintf("our %ss begin on %s", noun(name), h.first)
		case h.days[day] == 0:
			return fmt.Sprintf("no %s of %s came to us, while those of %s to %s did", noun(name), day, h.first, h.last)
		}
	}
	return ""
}

// emptyDays explains cells of single days of which nothing came.
func (c *comparison) emptyDays(ctx context.Context) error {
	return c.gaps(ctx, func(cell *Cell) bool { return cell.From.Equal(cell.To) })
}

func (c *comparison) gaps(ctx context.Context, wanted func(*Cell) bool) error {
	have := map[string]held{}
	for _, cell := range c.cells {
		if !cell.open() || cell.Theirs == nil || !wanted(cell) {
			continue
		}
		m, _ := c.Catalogue.Metric(cell.Metric)
		if amounts(m) && cell.Ours != nil && cell.Ours.Cmp(cell.Theirs.Value) > 0 {
			continue // rows that are missing make no number greater
		}
		for _, name := range c.sourcesOf(cell.Metric) {
			if _, known := have[name]; !known {
				h, err := c.heldOf(ctx, name)
				if err != nil {
					return err
				}
				have[name] = h
			}
			if gap := have[name].gap(name, cell.From, cell.To); gap != "" {
				cell.explain(missing(name), gap)
				break
			}
		}
	}
	return nil
}

// bound is how great a KPI can be at most, whatever the rules, given the rows
// that we have: a select over them.
type bound struct {
	metrics []string
	dataset string
	value   string // of the rows
	only    string // which rows
	agent   bool   // the rows name their agent
	what    string // the rows in words
}

var bounds = []bound{
	{[]string{"received_buyers", "consulted_buyers", "inquiry_buyers", "replied_buyers", "unreplied_buyers", "slow_buyers", "lost_buyers", "ordered_buyers_final", "paid_buyers_final",
		"ordered_buyers_same_day", "paid_buyers_next_day"}, "chat_messages", "count(distinct buyer_id)", "sender = 'buyer'", true, "buyers who wrote"},
	{[]string{"buyer_messages"}, "chat_messages", "count(*)", "sender = 'buyer'", true, "messages of buyers"},
	{[]string{"agent_messages"}, "chat_messages", "count(*)", "sender = 'agent'", true, "messages of the agent"},
	{[]string{"sales_orders", "sales_buyers", "sales_buyers_by_order", "sales_buyers_by_pay", "sales_buyers_by_order_then_pay"}, "orders", "count(*)", "true", false, "paid orders of the whole shop"},
	{[]string{"sales_amount", "sales_amount_by_order", "sales_amount_by_pay", "sales_amount_by_order_then_pay", "own_paid_amount", "shop_paid_amount", "valid_paid_amount",
		"inquiry_deal_amount"}, "orders", "coalesce(sum(paid_amount), 0)", "true", false, "yuan of paid orders of the whole shop"},
	{[]string{"sales_items"}, "orders", "coalesce(sum(quantity), 0)", "quantity is not null", false, "items of paid orders of the whole shop"},
}

// around are the hours before and after the days of a cell whose rows are
// counted, too.
type around struct {
	before, after int
	words         string
}

var (
	// anyClock leaves room for every time zone: what is missing then is missing.
	anyClock = around{16, 16, "of these days and 16 hours around them"}
	// ownClock leaves room for the latest cut of a day.
	ownClock = around{0, 6, "of these days"}
)

// emptySpans explains cells of several days of one of which nothing came.
func (c *comparison) emptySpans(ctx context.Context) error {
	return c.gaps(ctx, func(cell *Cell) bool { return !cell.From.Equal(cell.To) })
}

// bounds explains numbers that are greater than all rows that we have could
// make, and what of the same agent and days is made of the same rows.
func (c *comparison) bounds(ctx context.Context, hours around) error {
	type place struct {
		entity   string
		from, to time.Time
		dataset  string
	}
	proved := map[place]*Cell{}
	for _, cell := range c.cells {
		if !cell.open() || cell.Theirs == nil || cell.Ours == nil || cell.Ours.Cmp(cell.Theirs.Value) > 0 {
			continue
		}
		for _, b := range bounds {
			if !slices.Contains(b.metrics, cell.Metric) {
				continue
			}
			most, err := c.most(ctx, b, cell, hours)
			if err != nil {
				return err
			}
			if most != nil && cell.Theirs.Value.Cmp(most) > 0 {
				cell.explain(missing(b.dataset), fmt.Sprintf("all that came to us %s, before any rule, are %s %s: %s or more are missing",
					hours.words, Text(most), b.what, Text(new(big.Rat).Sub(cell.Theirs.Value, most))))
				proved[place{cell.Entity, cell.From, cell.To, b.dataset}] = cell
			}
		}
	}
	for _, cell := range c.cells {
		if !cell.open() || cell.Theirs == nil {
			continue
		}
		for _, name := range c.sourcesOf(cell.Metric) {
			if by := proved[place{cell.Entity, cell.From, cell.To, name}]; by != nil {
				cell.explain(missing(name), fmt.Sprintf("it is made of rows that %s (line %d) proves missing", by.Column, by.Line))
				break
			}
		}
	}
	return nil
}

// most is the bound of a cell over the rows of its days and of hours around
// them; nil where there is none.
func (c *comparison) most(ctx context.Context, b bound, cell *Cell, hours around) (*big.Rat, error) {
	if !c.has(b.dataset) {
		return new(big.Rat), nil
	}
	at := eventOf[b.dataset]
	if b.dataset == "orders" {
		at = "coalesce(paid_at, shipped_at)"
	}
	local := fmt.Sprintf("local_time(%s, %s)", at, sqltext.Literal(c.Timezone))
	from, to := cell.From.Add(-time.Duration(hours.before)*time.Hour), cell.To.AddDate(0, 0, 1).Add(time.Duration(hours.after)*time.Hour)
	where := fmt.Sprintf("%s and %s and %s >= timestamp '%s' and %s < timestamp '%s'", c.mine(), b.only, local, from.Format(time.DateTime), local, to.Format(time.DateTime))
	if b.agent && cell.Entity != "" {
		where += " and agent_id = " + sqltext.Literal(cell.Entity)
	}
	if days := int64(cell.To.Sub(cell.From).Hours()/24) + 1; b.agent && strings.Contains(b.value, "distinct") && days > 1 {
		return nil, nil // a buyer counts on each of his days
	}
	var most *big.Rat
	err := c.Engine.Each(ctx, "select "+b.value+" from "+b.dataset+" where "+where, func(scan func(...any) error) error {
		var v any
		err := scan(&v)
		most = exact(v)
		return err
	})
	return most, err
}

// aliases proposes whose account an unknown one may be: an agent of ours whom
// the report lacks and who has the very same numbers.
func (c *comparison) aliases() {
	lines := map[int][]*Cell{}
	for _, cell := range c.cells {
		if cell.Reason == UnknownAgent {
			lines[cell.Line] = append(lines[cell.Line], cell)
		}
	}
	for _, row := range lines {
		for id := range c.agents {
			if slices.ContainsFunc(c.cells, func(o *Cell) bool {
				return o.Line > 0 && o.Entity == id && o.From.Equal(row[0].From) && o.To.Equal(row[0].To)
			}) {
				continue
			}
			same := 0
			for _, cell := range row {
				m, _ := c.Catalogue.Metric(cell.Metric)
				ours, told := c.ours.value(c.Catalogue, cell.Metric, id, cell.From, cell.To)
				if !told || judge(m, cell, ours) == Different {
					same = -1
					break
				}
				same++
			}
			if same < 2 {
				continue
			}
			for _, cell := range row {
				cell.Proof += fmt.Sprintf("; all %d numbers of the row are those of %s: another name of that account", same, id)
			}
		}
	}
}
