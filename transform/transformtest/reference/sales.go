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

// countCredits adds the order to its credited agents and to the shop, under the
// rule in force and the three judgements; it returns the amount credited.
func (c *calc) countCredits(o *order) *big.Rat {
	shop, credited := c.day(shopEntity, o.paidDt), new(big.Rat)
	for agent, share := range o.credits["in_force"] {
		amount, items := times(o.paid, share), times(whole(o.quantity), share)
		credited.Add(credited, amount)
		for _, day := range []*tally{c.day(agent, o.paidDt), shop} {
			day.amount("sales_amount", amount)
			day.amount("sales_items", items)
			day.buyer("sales_buyers", o.buyer)
		}
		c.day(agent, o.paidDt).count("sales_orders", 1)
	}
	if len(o.credits["in_force"]) > 0 {
		shop.count("sales_orders", 1)
	}
	for rule, suffix := range map[string]string{"order_agent": "by_order", "order_then_pay": "by_order_then_pay", "pay_agent": "by_pay"} {
		for agent, share := range o.credits[rule] {
			for _, day := range []*tally{c.day(agent, o.paidDt), shop} {
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
		if agent != "" {
			c.day(agent, o.paidDt).amount(column, o.paid)
			c.day(shopEntity, o.paidDt).amount(column, o.paid)
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
		c.day(a, o.paidDt).count("assisted_orders", 1)
	}
	if len(o.assisting) > 0 {
		c.day(shopEntity, o.paidDt).count("assisted_orders", 1)
	}
}

// countDeal adds the order to its order agent's deals from inquiries.
func (c *calc) countDeal(o *order) {
	if o.orderAgent == "" {
		return
	}
	for _, day := range []*tally{c.day(o.orderAgent, o.paidDt), c.day(shopEntity, o.paidDt)} {
		day.amount("inquiry_deal_amount", o.paid)
		day.count("inquiry_deal_items", o.quantity)
		day.buyer("inquiry_deal_buyers", o.buyer)
	}
}
