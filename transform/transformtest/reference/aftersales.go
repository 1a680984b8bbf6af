package reference

import (
	"math/big"
	"time"

	"kefu/transform/transformtest/world"
)

// shares lists whom a count of an order goes to: its credited agents and their
// groups of the paid day by share, and the shop as a whole. An unknown order (nil)
// goes to the shop alone, an invalid one nowhere.
func (c *calc) shares(o *order) map[string]*big.Rat {
	if o != nil && !o.valid {
		return nil
	}
	out := map[string]*big.Rat{shopEntity: whole(1)}
	if o != nil {
		for agent, share := range o.credits["in_force"] {
			out[agent] = share
			group := c.groupOf(agent, o.paidDt)
			if out[group] == nil {
				out[group] = new(big.Rat)
			}
			out[group] = new(big.Rat).Add(out[group], share)
		}
	}
	return out
}

// countAftersales adds deals, refunds, disputes and complaints.
func (c *calc) countAftersales() {
	for _, o := range c.orders {
		if o.paidAt.IsZero() || len(o.items) == 0 {
			continue
		}
		for entity, share := range c.shares(o) {
			c.day(entity, o.paidDt).amount("deals", times(whole(int64(len(o.items))), share))
		}
	}
	for i := range c.w.Refunds {
		if r := &c.w.Refunds[i]; r.Type != "exchange" {
			c.countRefund(r)
		}
	}
	c.countComplaints()
}

func (c *calc) countRefund(r *world.Refund) {
	o := c.orderByID[r.OrderID]
	for entity, share := range c.shares(o) {
		requested := c.day(entity, c.w.Dt(r.RequestedAt))
		requested.amount("refunds", share)
		if b := c.refundBuyer(r, o); b != "" {
			requested.buyer("distinct_refund_buyers", b)
		}
		if !r.DisputedAt.IsZero() {
			c.day(entity, c.w.Dt(r.DisputedAt)).amount("disputes", share)
		}
		if (r.Status != "succeeded" && r.Status != "closed") || r.CompletedAt.IsZero() {
			continue
		}
		completed := c.day(entity, c.w.Dt(r.CompletedAt))
		completed.amount("refunds_completed", share)
		completed.amount("refund_hours_sum", times(hoursOf(r.CompletedAt.Sub(r.RequestedAt)), share))
		if r.ClosedBy != "platform" && r.DisputedAt.IsZero() {
			completed.amount("self_completed", share)
		}
		if r.Status == "succeeded" && entity != shopEntity {
			amount := times(yuan(r.Amount), share)
			completed.amount("refunded_amount", amount)
			if !isGroup(entity) {
				c.day(shopEntity, c.w.Dt(r.CompletedAt)).amount("refunded_amount", amount)
			}
		}
	}
}

// refundBuyer is the order's buyer as order_attribution shows him, else the
// refund's own.
func (c *calc) refundBuyer(r *world.Refund, o *order) string {
	if o != nil && o.buyer != "" {
		return o.buyer
	}
	return r.BuyerID
}

// countComplaints counts an (order, item) once, on the day of its earliest
// complaint; a complaint without an order by itself, at the shop.
func (c *calc) countComplaints() {
	earliest := map[[2]string]*world.Complaint{}
	for i := range c.w.Complaints {
		p := &c.w.Complaints[i]
		k := [2]string{p.OrderID, p.ItemID}
		if p.OrderID == "" {
			k = [2]string{"", p.ID}
		}
		if e := earliest[k]; e == nil || p.CreatedAt.Before(e.CreatedAt) {
			earliest[k] = p
		}
	}
	for _, p := range earliest {
		for entity, share := range c.shares(c.orderByID[p.OrderID]) {
			c.day(entity, c.w.Dt(p.CreatedAt)).amount("complaints", share)
		}
	}
}

// hoursOf is exact to the microsecond.
func hoursOf(d time.Duration) *big.Rat { return big.NewRat(d.Microseconds(), 3600_000_000) }
