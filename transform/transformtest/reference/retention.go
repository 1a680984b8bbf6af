package reference

import (
	"time"

	"kefu/transform/transformtest/world"
)

// countServed adds the buyers who opened a case or requested a refund, and
// those of them who came back.
func (c *calc) countServed() {
	for _, s := range c.countedCases() {
		if buyer := c.caseBuyer(s); buyer != "" {
			dt := c.w.Dt(s.OpenedAt)
			c.countServedBuyer(c.owners(s.AgentID, dt), buyer, s.OpenedAt, s.OrderID)
		}
	}
	for i := range c.w.Refunds {
		r := &c.w.Refunds[i]
		o := c.orderByID[r.OrderID]
		buyer := r.BuyerID
		if o != nil {
			buyer = o.buyer
		}
		if r.Type == "exchange" || buyer == "" || isMasked(buyer) || (o != nil && !o.linked) {
			continue
		}
		var days []*tally
		for entity := range c.shares(o) {
			days = append(days, c.day(entity, c.w.Dt(r.RequestedAt)))
		}
		c.countServedBuyer(days, buyer, r.RequestedAt, r.OrderID)
	}
}

func (c *calc) countServedBuyer(days []*tally, buyer string, at time.Time, concerned string) {
	retained, sameProduct := c.cameBack(buyer, at, concerned)
	for _, day := range days {
		day.buyer("served_buyers", buyer)
		if retained {
			day.buyer("retained_buyers", buyer)
		}
		if sameProduct {
			day.buyer("same_product_buyers", buyer)
		}
	}
}

// cameBack tells whether the buyer paid a valid order within retention_days of
// that time, and one with a product of the order concerned, if that was his.
func (c *calc) cameBack(buyer string, at time.Time, concerned string) (retained, sameProduct bool) {
	until := at.Add(time.Duration(c.w.RulesAt(c.w.Dt(at)).RetentionDays) * 24 * time.Hour)
	first := c.orderByID[concerned]
	for _, o := range c.validOrders(buyer) {
		if !o.paidAt.After(at) || o.paidAt.After(until) {
			continue
		}
		retained = true
		if first == nil || !first.linked || first.buyer != buyer {
			continue
		}
		for _, item := range o.items {
			for _, before := range first.items {
				sameProduct = sameProduct || (item.ProductID != "" && item.ProductID == before.ProductID)
			}
		}
	}
	return retained, sameProduct
}

// fillRetention writes the rates, which are unknown until retention_days have
// passed by the horizon.
func (c *calc) fillRetention(r Row, dt world.Date, values sums) {
	r["retention_rate"], r["churn_rate"], r["same_product_repurchase_rate"] = nil, nil, nil
	if c.horizon == 0 || int(dt)+c.w.RulesAt(dt).RetentionDays > int(c.horizon) || values.get("served_buyers").Sign() == 0 {
		return
	}
	retained := ratio(values.get("retained_buyers"), values.get("served_buyers")).(float64)
	r["retention_rate"], r["churn_rate"] = retained, 1-retained
	r["same_product_repurchase_rate"] = ratio(values.get("same_product_buyers"), values.get("served_buyers"))
}

// fillCare writes what is no plain ratio of sums of the days that end with dt.
func (c *calc) fillCare(r Row, entity string, dt, days world.Date, values sums) {
	c.fillRetention(r, dt, values)
	r["nps"] = npsOf(values)
	if entity == shopEntity {
		c.fillTurnover(r, dt-days+1, dt)
	}
}

// fillRepurchase writes the buyers who paid in the window of 180 days, and
// those who paid twice: at an agent, orders credited to him.
func (c *calc) fillRepurchase(r Row, entity string, asOf, window world.Date) {
	r["repurchase_buyers"], r["paid_buyers_180"], r["repurchase_rate"] = nil, nil, nil
	if window != 180 {
		return
	}
	orders := map[string]int{}
	for _, o := range c.orders {
		if !o.valid || !o.linked || o.paidAt.IsZero() || o.paidDt <= asOf-window || o.paidDt > asOf {
			continue
		}
		if _, ok := c.shares(o)[entity]; ok {
			orders[o.buyer]++
		}
	}
	var again int64
	for _, n := range orders {
		if n >= 2 {
			again++
		}
	}
	all := int64(len(orders))
	r["repurchase_buyers"], r["paid_buyers_180"], r["repurchase_rate"] = again, all, ratio(whole(again), whole(all))
}
