package reference

import (
	"math/big"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"kefu/transform/transformtest/world"
)

// order is an order with its buyer, days and everything attribution says of it.
type order struct {
	*world.Order
	items     []*world.OrderItem
	buyer     string
	linked    bool
	createdDt world.Date
	paidAt    time.Time // zero while unpaid
	paidDt    world.Date
	paid      *big.Rat // paid_amount in yuan
	quantity  int64
	valid     bool

	orderAgent, payAgent, followUp string
	assisting                      []string
	kind, creditRule               string
	credits                        map[string]map[string]*big.Rat // rule, agent: share
}

// readOrders resolves the buyers and decides which orders are valid.
func (c *calc) readOrders() {
	for i := range c.w.Orders {
		o := &order{Order: &c.w.Orders[i]}
		o.createdDt = c.w.Dt(o.CreatedAt)
		o.paidAt = o.PaidAt
		if o.PayType == "cod" && !o.ShippedAt.IsZero() {
			o.paidAt = o.ShippedAt
		}
		if !o.paidAt.IsZero() {
			o.paidDt = c.w.Dt(o.paidAt)
		}
		o.paid = yuan(o.PaidAmount)
		for j := range c.w.Items {
			if item := &c.w.Items[j]; item.OrderID == o.ID {
				o.items = append(o.items, item)
				if o.Quantity == nil && item.Quantity != nil {
					o.quantity += *item.Quantity
				}
			}
		}
		if o.Quantity != nil {
			o.quantity = *o.Quantity
		}
		o.buyer, o.linked = c.buyerOf(o)
		o.valid = !c.excluded(o) && !c.excludesBuyer(o.buyer, o.createdDt)
		c.orders = append(c.orders, o)
		c.orderByID[o.ID] = o
	}
	slices.SortFunc(c.orders, func(a, b *order) int {
		if d := a.CreatedAt.Compare(b.CreatedAt); d != 0 {
			return d
		}
		return strings.Compare(a.ID, b.ID)
	})
}

func isMasked(id string) bool { return strings.Contains(id, "*") }

// buyerOf finds whose order it is: a message that names it, its own id, a
// rating that names it, a mask that exactly one buyer of the day fits.
func (c *calc) buyerOf(o *order) (buyer string, linked bool) {
	for _, m := range c.messages {
		if m.OrderID == o.ID {
			return m.BuyerID, true
		}
	}
	if o.BuyerID != "" && !isMasked(o.BuyerID) {
		return o.BuyerID, true
	}
	var best *world.OrderRating
	for i := range c.w.Ratings {
		r := &c.w.Ratings[i]
		if r.OrderID != o.ID || r.BuyerID == "" || isMasked(r.BuyerID) {
			continue
		}
		if best == nil || r.RatedAt.Before(best.RatedAt) || (r.RatedAt.Equal(best.RatedAt) && r.ItemID < best.ItemID) {
			best = r
		}
	}
	if best != nil {
		return best.BuyerID, true
	}
	if isMasked(o.BuyerID) {
		fitting := map[string]bool{}
		for _, m := range c.messages {
			if m.dt == o.createdDt && !isMasked(m.BuyerID) && fits(o.BuyerID, m.BuyerID) {
				fitting[m.BuyerID] = true
			}
		}
		if len(fitting) == 1 {
			for b := range fitting {
				return b, true
			}
		}
	}
	return o.BuyerID, false
}

// fits tells whether id starts and ends as the mask does, whatever the length.
// Masks that show less than one or more than three characters at the start, or
// more than four at the end, are not matched.
func fits(mask, id string) bool {
	start, _, _ := strings.Cut(mask, "*")
	end := mask[strings.LastIndex(mask, "*")+1:]
	p, s := utf8.RuneCountInString(start), utf8.RuneCountInString(end)
	return p >= 1 && p <= 3 && s <= 4 && utf8.RuneCountInString(id) >= p+s &&
		strings.HasPrefix(id, start) && strings.HasSuffix(id, end)
}

// excluded tells whether exclude_orders takes the order out.
func (c *calc) excluded(o *order) bool {
	rule := c.w.RulesAt(o.createdDt).ExcludeOrders
	if slices.Contains(rule.IDs, o.ID) || (o.Amount != nil && *o.Amount < rule.MinCents) {
		return true
	}
	for _, tag := range o.Tags {
		if slices.Contains(rule.Tags, tag) {
			return true
		}
	}
	for _, item := range o.items {
		if item.ProductID != "" && slices.Contains(rule.Products, item.ProductID) {
			return true
		}
	}
	return false
}

// validOrders lists the valid orders of a buyer by creation.
func (c *calc) validOrders(buyer string) []*order {
	var out []*order
	for _, o := range c.orders {
		if o.valid && o.linked && o.buyer == buyer {
			out = append(out, o)
		}
	}
	return out
}
