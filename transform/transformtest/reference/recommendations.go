package reference

import (
	"math/big"
	"slices"
	"sort"
	"time"

	"kefu/transform/transformtest/world"
)

// pitch is a product recommended to a buyer on a day by an agent, or by anyone
// of a group or the shop.
type pitch struct {
	entity, buyer, product string
	dt                     world.Date
}

// countRecommendations finds the first time of every pitch and what was bought
// after it.
func (c *calc) countRecommendations() {
	byAgents, byAll := map[pitch]time.Time{}, map[pitch]time.Time{}
	note := func(first map[pitch]time.Time, p pitch, at time.Time) {
		if earlier, ok := first[p]; !ok || at.Before(earlier) {
			first[p] = at
		}
	}
	for _, list := range c.streams {
		for _, m := range list {
			if m.part != byAgent || m.ProductID == "" || (m.Kind != "product" && !c.w.IsMarked(m.ChatMessage)) {
				continue
			}
			note(byAgents, pitch{m.AgentID, m.BuyerID, m.ProductID, m.dt}, m.SentAt)
			for _, entity := range c.entities(m.AgentID, m.dt) {
				note(byAll, pitch{entity, m.BuyerID, m.ProductID, m.dt}, m.SentAt)
			}
		}
	}
	for p, at := range byAll {
		bought, amount := c.boughtAfter(p, at)
		day := c.day(p.entity, p.dt)
		day.count("recommended_buyers", 1)
		day.when(bought, "recommended_bought")
		day.amount("recommended_amount", amount)
	}
	for p, at := range byAgents {
		bought, amount := c.boughtAfter(p, at)
		row := c.row()
		row["agent_id"], row["buyer_id"], row["product_id"], row["dt"] = p.entity, p.buyer, p.product, p.dt
		row["recommended_at"], row["bought"], row["amount"] = at, bought, amount
		c.add("recommendations", row)
	}
}

// boughtAfter adds up the product's items in orders that the buyer created
// after that time and paid, both on the day of the pitch.
func (c *calc) boughtAfter(p pitch, at time.Time) (bool, *big.Rat) {
	bought, amount := false, new(big.Rat)
	for _, o := range c.validOrders(p.buyer) {
		if !o.CreatedAt.After(at) || o.createdDt != p.dt || o.paidAt.IsZero() || o.paidDt != p.dt {
			continue
		}
		cents := c.itemCents(o)
		for _, item := range o.items {
			if item.ProductID == p.product {
				bought = true
				amount.Add(amount, big.NewRat(cents[item], 100))
			}
		}
	}
	return bought, amount
}

// itemCents says what was paid for each item of an order. Items without an
// amount share what the others leave of the order's paid amount: by price times
// quantity, by quantity where a price is missing, equally where all that is 0;
// the cents that remain go to the largest remainders.
func (c *calc) itemCents(o *order) map[*world.OrderItem]int64 {
	cents := map[*world.OrderItem]int64{}
	left := int64(0)
	if o.PaidAmount != nil {
		left = *o.PaidAmount
	}
	var open []*world.OrderItem
	priced := true
	for _, item := range o.items {
		if item.Amount != nil {
			cents[item] = *item.Amount
			left -= *item.Amount
			continue
		}
		open = append(open, item)
		priced = priced && c.priceOf(item.ProductID) != nil
	}
	weights, sum := c.itemWeights(open, priced)
	if left <= 0 || len(open) == 0 {
		return cents
	}
	total, rests := left, map[*world.OrderItem]int64{}
	for _, item := range open {
		cents[item], rests[item] = total*weights[item]/sum, total*weights[item]%sum
		left -= cents[item]
	}
	sort.Slice(open, func(i, j int) bool { return open[i].ItemID < open[j].ItemID })
	sort.SliceStable(open, func(i, j int) bool { return rests[open[i]] > rests[open[j]] })
	for _, item := range open[:left] {
		cents[item]++
	}
	return cents
}

func (c *calc) itemWeights(items []*world.OrderItem, priced bool) (weights map[*world.OrderItem]int64, sum int64) {
	weights = map[*world.OrderItem]int64{}
	for _, item := range items {
		weights[item] = 1
		if item.Quantity != nil {
			weights[item] = *item.Quantity
		}
		if priced {
			weights[item] *= *c.priceOf(item.ProductID)
		}
		sum += weights[item]
	}
	if sum == 0 {
		for _, item := range items {
			weights[item] = 1
		}
		sum = int64(len(items))
	}
	return weights, sum
}

func (c *calc) priceOf(product string) *int64 {
	i := slices.IndexFunc(c.w.Products, func(p world.Product) bool { return p.ID == product })
	if product == "" || i < 0 {
		return nil
	}
	return c.w.Products[i].Price
}
