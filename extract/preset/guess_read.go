package preset

import (
	"fmt"
	"slices"
	"strings"

	"kefu/extract/dataset"
)

// read says how a header's cells become the column's values.
func (g *guesser) read(p *proposed, c *dataset.Column, have *proposedColumn) {
	values, s := g.table.values(have.header), g.shapes[have.header]
	switch {
	case have.score == likeByName:
		have.notes = append(have.notes, "by its name")
	case s.n == 0:
		have.notes = append(have.notes, "empty in the rows that were looked at")
	}
	switch c.Type {
	case dataset.Instant, dataset.Date:
		g.readTime(have, s)
	case dataset.Money:
		g.readNumber(have, s)
		if s.negative > 0 {
			g.doubt(have, "%d of %d are negative and will be rejected: skip those rows, or turn the sign with factor: -1", s.negative, s.n)
		}
		if s.n > 0 && s.whole == s.n && s.pointZero == 0 {
			g.doubt(have, "all are whole numbers: if they count fen, add unit: fen")
		}
	case dataset.Integer, dataset.Long:
		g.readNumber(have, s)
		if s.negative > 0 && c.Name != "seq" {
			g.doubt(have, "%d of %d are negative and will be rejected: skip those rows", s.negative, s.n)
		}
	case dataset.String:
		switch {
		case c.Enum != nil:
			g.readList(p, c, have, values)
		case s.pointZero > 0 && s.pointZero == s.n:
			have.parts = append(have.parts, keyed{"pattern", quoteYAML(`^(\d+)(?:\.0)?$`)})
			have.notes = append(have.notes, "ids that were numbers lose their .0")
		case !c.Literal:
			g.readID(c, have, values)
		}
	default:
	}
}

func (g *guesser) readNumber(have *proposedColumn, s shape) {
	if s.numbers < s.n {
		g.doubt(have, "%d of %d are no numbers", s.n-s.numbers, s.n)
	}
}

func (g *guesser) readTime(have *proposedColumn, s shape) {
	switch {
	case s.unit != "":
		have.parts = append(have.parts, keyed{"unit", s.unit})
	case s.form != "":
		have.parts = append(have.parts, keyed{"times", quoteYAML(s.form)})
		if s.forms > 1 {
			g.doubt(have, "other forms fit as well: say which is the day and which the month")
		}
	}
	if s.times < s.n {
		g.doubt(have, "%d of %d are no times", s.n-s.times, s.n)
	}
}

// readList maps the values that some preset or another word for them tells.
func (g *guesser) readList(p *proposed, c *dataset.Column, have *proposedColumn, values []string) {
	var pairs, unknown []string
	for _, v := range distinct(values) {
		to := meaningOf(p.schema.Name, c, v)
		switch {
		case to == v:
		case to != "":
			pairs = append(pairs, quoteYAML(v)+": "+to)
		default:
			unknown = append(unknown, quoteYAML(v))
		}
	}
	if len(pairs) > 0 {
		have.parts = append(have.parts, keyed{"map", "{" + strings.Join(pairs, ", ") + "}"})
	}
	if len(unknown) > 0 {
		g.doubt(have, "not mapped yet, so rejected: %s (%s)", strings.Join(unknown, ", "), strings.Join(c.Enum, ", "))
	}
}

// meaningOf is the value of the column's list that a file's value stands for.
func meaningOf(set string, c *dataset.Column, v string) string {
	if slices.Contains(c.Enum, v) {
		return v
	}
	for _, meanings := range lexicon().columns {
		for _, m := range meanings {
			if m.dataset != set || m.column != c.Name || m.mapping.Map == nil {
				continue
			}
			b := bound{}
			b.bindMap(m.mapping.Map)
			reject := "reject"
			b.other = &reject
			if to, fault := b.lookUp(v, "", func(s string) string { return s }); fault == nil && slices.Contains(c.Enum, to) {
				return to
			}
		}
	}
	lower := strings.ToLower(v)
	if slices.Contains(c.Enum, lower) {
		return lower
	}
	if to := synonyms[c.Name][lower]; slices.Contains(c.Enum, to) {
		return to
	}
	return ""
}

// readID notes ids that stand apart from the others: those of one letter
// before digits are often of another kind, such as cancellations.
func (g *guesser) readID(c *dataset.Column, have *proposedColumn, values []string) {
	if c.Name != "order_id" && c.Name != "refund_id" {
		return
	}
	odd := map[string]int{}
	digits := 0
	for _, v := range values {
		rest := strings.TrimLeft(v, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
		if rest != "" && strings.Trim(rest, "0123456789") == "" {
			if head := v[:len(v)-len(rest)]; head != "" {
				odd[head]++
			} else {
				digits++
			}
		}
	}
	for _, head := range sortedNames(odd) {
		if n := odd[head]; n*2 < digits {
			g.doubt(have, "%d of %d begin with %s: if those are cancellations, leave them out with skip_rows, when: {%s: %s}",
				n, len(values), head, c.Name, quoteYAML(head+"*"))
		}
	}
}

// lines proposes orders and items of a file that has a line for each item, or
// nil where its order ids do not repeat.
func (g *guesser) lines() []*proposed {
	orders, items := g.propose(dataset.ByName("orders")), g.propose(dataset.ByName("order_items"))
	id, product := orders.columns["order_id"], items.columns["product_id"]
	if id == nil || product == nil {
		return nil
	}
	if s := g.shapes[id.header]; s.distinct == s.n {
		return nil
	}
	orders.group = true
	price := slices.IndexFunc(g.table.Header, func(name string) bool { return prices.MatchString(normal(name)) })
	quantity := items.columns["quantity"]
	g.complete(orders)
	g.complete(items)
	if items.columns["item_id"].score <= likeByShape || items.columns["item_id"].header == product.header {
		items.columns["item_id"] = &proposedColumn{header: product.header, parts: []keyed{{"number", "{within: [order_id]}"}},
			notes: []string{"the product; a second line of it is #2"}}
	}
	if price >= 0 && quantity != nil && g.shapes[price].numbers*4 >= g.shapes[price].n*3 {
		parts := []keyed{{"multiply", "[" + quoteYAML(g.table.Header[quantity.header]) + ", " + quoteYAML(g.table.Header[price]) + "]"}}
		if items.columns["amount"] == nil {
			items.columns["amount"] = &proposedColumn{header: -1, parts: parts}
		}
		if orders.columns["amount"] == nil {
			orders.columns["amount"] = &proposedColumn{header: -1, parts: parts}
		}
		if orders.columns["paid_amount"] == nil {
			orders.columns["paid_amount"] = &proposedColumn{header: -1, parts: parts}
			g.doubt(orders.columns["paid_amount"], "taken as paid in full")
		}
	}
	if orders.columns["paid_at"] == nil {
		created := orders.columns["created_at"]
		paid := &proposedColumn{header: created.header, parts: slices.Clone(created.parts), value: created.value}
		g.doubt(paid, "taken as paid when it was made")
		orders.columns["paid_at"] = paid
	}
	if quantity != nil {
		orders.columns["quantity"] = &proposedColumn{header: quantity.header}
	}
	g.take(orders, id.header)
	return []*proposed{orders, items}
}

// take says what an order takes of its lines where they may differ.
func (g *guesser) take(orders *proposed, id int) {
	for _, name := range orders.sortedColumns() {
		c, _ := orders.schema.Column(name)
		col := orders.columns[name]
		switch {
		case name == "order_id" || (col.header < 0 && len(col.parts) == 0):
		case name == "quantity" || (col.header < 0 && c.Type == dataset.Money):
			col.parts = append(col.parts, keyed{"take", takeSum})
		case c.Type == dataset.Money && g.differs(id, col.header):
			col.parts = append(col.parts, keyed{"take", takeSum})
			g.doubt(col, "lines of one order differ in it, so they are summed")
		case c.Type == dataset.Instant:
			col.parts = append(col.parts, keyed{"take", takeMin})
		case col.header >= 0 && g.differs(id, col.header):
			col.parts = append(col.parts, keyed{"take", takeFirst})
			g.doubt(col, "lines of one order differ in it, so the first is taken")
		}
	}
}

// differs tells whether rows of one order have different cells in the column.
func (g *guesser) differs(id, column int) bool {
	first := map[string]string{}
	for _, row := range g.table.Rows {
		if id >= len(row) || column >= len(row) {
			continue
		}
		v, seen := first[row[id]]
		if seen && v != row[column] {
			return true
		}
		first[row[id]] = row[column]
	}
	return false
}

func distinct(values []string) []string {
	var out []string
	for _, v := range values {
		if !slices.Contains(out, v) {
			out = append(out, v)
		}
	}
	return out
}

func sortedNames(m map[string]int) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// note is a comment of one line.
func note(notes []string) string {
	if len(notes) == 0 {
		return ""
	}
	return "  # " + strings.Join(strings.Fields(strings.Join(notes, "; ")), " ")
}

// describe sums up what the guess rests on.
func (g *guesser) describe() string {
	return fmt.Sprintf("%d columns, %d rows looked at", len(g.table.Header), len(g.table.Rows))
}
