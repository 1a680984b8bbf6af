package reference

import "math/big"

// countSales adds paid orders to their paid days.
func (c *calc) countSales() {
	for _, o := range c.orders {
		if o.paidAt.IsZero() {
			continue
		}
		shop := c.day(shopEntity, o.paidDt)
		shop.amount("shop_paid_amount", o.paid)
		if !o.valid {
			shop.amount("excluded_amount", o.paid)
			continue
		}
		shop.amount("valid_paid_amount", o.paid)
		switch o.kind {
		case "unlinked":
			shop.amount("unlinked_amount", o.paid)
		case "fully_silent", "fully_silent_followed":
			shop.amount("silent_amount", o.paid)
		case "assisted":
			shop.amount("assisted_amount", o.paid)
		}
		credited := c.countCredits(o)
		shop.amount("uncredited_amount", new(big.Rat).Sub(o.paid, credited))
		c.countParts(o)
		c.countDeal(o)
	}
}

// countCredits adds the order to its credited agents, their groups and the shop, under the
// rule in force and the three judgements; it returns the amount credited.
func (c *calc) countCredits(o *order) *big.Rat {
	credited := new(big.Rat)
	for agent, share := range o.credits["in_force"] {
		amount, items := times(o.paid, share), times(whole(o.quantity), share)
		credited.Add(credited, amount)
		for _, day := range c.owners(agent, o.paidDt) {
			day.amount("sales_amount", amount)
			day.amount("sales_items", items)
			day.buyer("sales_buyers", o.buyer)
			day.order("sales_orders", o.ID)
		}
	}
	for rule, suffix := range map[string]string{"order_agent": "by_order", "order_then_pay": "by_order_then_pay", "pay_agent": "by_pay"} {
		for agent, share := range o.credits[rule] {
			for _, day := range c.owners(agent, o.paidDt) {
				day.amount("sales_amount_"+suffix, times(o.paid, share))
				day.buyer("sales_buyers_"+suffix, o.buyer)
			}
		}
	}
	return credited
}

// countParts adds the parts of who took the order and who got it paid.
func (c *calc) countParts(o *order) {
	add := func(agent, column string) {
		if agent == "" {
			return
		}
		for _, day := range c.owners(agent, o.paidDt) {
			day.amount(column, o.paid)
		}
	}
	switch {
	case o.orderAgent != "" && o.orderAgent == o.payAgent:
		add(o.orderAgent, "own_paid_amount")
	case o.orderAgent != "":
		add(o.orderAgent, "own_order_others_pay_amount")
		add(o.payAgent, "others_order_own_pay_amount")
	default:
		add(o.payAgent, "silent_own_pay_amount")
		add(o.followUp, "silent_follow_up_amount")
	}
	for _, a := range o.assisting {
		for _, day := range c.owners(a, o.paidDt) {
			day.order("assisted_orders", o.ID)
		}
	}
}

// countDeal adds the order to its order agent's deals from inquiries.
func (c *calc) countDeal(o *order) {
	if o.orderAgent == "" {
		return
	}
	for _, day := range c.owners(o.orderAgent, o.paidDt) {
		day.amount("inquiry_deal_amount", o.paid)
		day.count("inquiry_deal_items", o.quantity)
		day.buyer("inquiry_deal_buyers", o.buyer)
	}
}
