package preset

import (
	"math/big"
	"slices"
	"strconv"
	"strings"

	"kefu/extract/dataset"
)

// Prorate gives items the part of their order's paid_amount that their price ×
// quantity has in the order's sum: to the fen, what remains by largest
// remainder, the earlier row first. The order is a dataset of the same layout.
// Orders with a row that names no price or quantity, or without a paid_amount,
// give their items nothing.
type Prorate struct {
	Price    Strings `yaml:"price"`
	Quantity Strings `yaml:"quantity"`
}

// prorating collects the rows of every order before they are mapped.
type prorating struct {
	order, paid     *bound
	price, quantity []int
	orders          map[string]*shared
	amounts         map[int]string // line -> share
}

// shared is one order whose paid amount is shared out.
type shared struct {
	total   int64 // fen
	ok      bool
	lines   []int
	weights []int64
}

func newProrating(layout *Layout, targets []*boundTarget, h *header) *prorating {
	for i, t := range layout.targets() {
		for name, c := range t.columns(targets[i].schema) {
			if c.Prorate == nil {
				continue
			}
			p := &prorating{price: h.slots(c.Prorate.Price), quantity: h.slots(c.Prorate.Quantity), orders: map[string]*shared{}, amounts: map[int]string{}}
			for _, sibling := range targets {
				if sibling.schema.Name == "orders" {
					p.order, p.paid = sibling.column("order_id"), sibling.column("paid_amount")
				}
			}
			at := targets[i].column(name)
			if p.order == nil || p.paid == nil || len(p.price) == 0 || len(p.quantity) == 0 {
				return nil
			}
			at.shares, at.simple = p, false
			return p
		}
	}
	return nil
}

func (t *boundTarget) column(name string) *bound {
	if i := slices.IndexFunc(t.columns, func(b *bound) bool { return b.name == name }); i >= 0 {
		return t.columns[i]
	}
	return nil
}

// weigh notes a row's part in its order.
func (m *Mapper) weigh(row *Row) {
	p := m.prorating
	id, fault := m.value(p.order, row)
	if fault != nil || id == "" {
		return
	}
	o := p.orders[id]
	if o == nil {
		o = &shared{}
		paid, fault := m.value(p.paid, row)
		o.total, o.ok = fen(paid)
		o.ok = o.ok && fault == nil && o.total >= 0
		p.orders[strings.Clone(id)] = o
	}
	price, _, _ := m.pick(p.price, row, false)
	quantity, _, _ := m.pick(p.quantity, row, false)
	each, priced := fen(moneyText(price, false))
	n, err := strconv.ParseInt(integerText(quantity), 10, 32)
	if !priced || err != nil || each < 0 || n < 0 || each > 1e12 {
		o.ok = false
		return
	}
	o.lines, o.weights = append(o.lines, row.Line), append(o.weights, each*n)
}

// settle shares out what the weighed rows showed.
func (p *prorating) settle() {
	for _, o := range p.orders {
		if !o.ok {
			continue
		}
		for i, part := range largestRemainder(o.total, o.weights) {
			p.amounts[o.lines[i]] = yuan(part)
		}
	}
	p.orders = nil
}

// largestRemainder splits a total by weights; without any weight there is
// nothing to split by.
func largestRemainder(total int64, weights []int64) []int64 {
	sum := new(big.Int)
	for _, w := range weights {
		sum.Add(sum, big.NewInt(w))
	}
	if sum.Sign() == 0 {
		return nil
	}
	parts, rests, order := make([]int64, len(weights)), make([]*big.Int, len(weights)), make([]int, len(weights))
	left := total
	for i, w := range weights {
		q, r := new(big.Int).QuoRem(new(big.Int).Mul(big.NewInt(total), big.NewInt(w)), sum, new(big.Int))
		parts[i], rests[i], order[i] = q.Int64(), r, i
		left -= parts[i]
	}
	slices.SortStableFunc(order, func(a, b int) int { return rests[b].Cmp(rests[a]) })
	for _, i := range order[:left] {
		parts[i]++
	}
	return parts
}

// fen reads yuan with at most two decimals.
func fen(s string) (int64, bool) {
	whole, frac, _ := strings.Cut(s, ".")
	frac = strings.TrimRight(frac, "0")
	if whole == "" || len(frac) > 2 {
		return 0, false
	}
	for len(frac) < 2 {
		frac += "0"
	}
	n, err := strconv.ParseInt(whole+frac, 10, 64)
	return n, err == nil
}

func yuan(n int64) string {
	return strconv.FormatInt(n/100, 10) + "." + strconv.FormatInt(n/10%10, 10) + strconv.FormatInt(n%10, 10)
}

// checkProrate tells where a share of an order has no order to come from.
func (c *checker) checkProrate(l *Layout, at, name string, col *Column, schema *dataset.Schema) {
	if col == nil || col.Prorate == nil {
		return
	}
	if into, _ := schema.Column(name); into == nil || into.Type != dataset.Money {
		c.add(at, "prorate is for amounts of money")
	}
	if len(col.Prorate.Price) == 0 || len(col.Prorate.Quantity) == 0 {
		c.add(at, "prorate needs price and quantity")
	}
	for _, t := range l.targets() {
		if paid := t.Columns["paid_amount"]; t.Dataset == "orders" && paid != nil && paid.Take != "" {
			c.add(at, "prorate needs a paid_amount that stands in every row, not one taken of several")
		}
	}
	if !slices.ContainsFunc(l.targets(), func(t *Target) bool { return t.Dataset == "orders" }) {
		c.add(at, "prorate needs the dataset orders in the same layout")
	}
}
