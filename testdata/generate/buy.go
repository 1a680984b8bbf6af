package main

import "fmt"

// silentOrder is an order of a buyer who asked nothing.
func (m *simulation) silentOrder(d int) {
	m.placeOrder(m.anyBuyer(), m.moment(d), pick(m, m.shop.products), nil)
}

// placeOrder makes an order with its whole life, or nil when it would come after
// the period.
func (m *simulation) placeOrder(buyer int, at int64, p *product, seller *agent) *order {
	if !m.within(at) {
		return nil
	}
	m.orders++
	o := &order{id: m.orderID(m.orders, 0), buyer: m.shop.nick(buyer), created: at, agent: seller, phone: m.chance(.8)}
	lines := 1
	if m.chance(.22) {
		lines += 1 + m.IntN(2)
	}
	for i := range lines {
		it := item{id: o.id, product: p, quantity: 1}
		if lines > 1 && m.shop.platform == "tmall" {
			it.id = m.orderID(m.orders, i+1)
		}
		if m.chance(.15) {
			it.quantity += 1 + m.IntN(2)
		}
		it.paid = it.product.price * it.quantity
		if m.chance(.4) {
			it.paid -= it.paid / 10
		}
		if m.shop.platform == "jd" {
			it.id = p.id
		}
		o.items = append(o.items, it)
		o.goods += it.paid
		p = m.otherProduct(o)
	}
	if m.chance(.1) {
		o.postage = 800
	}
	m.pay(o)
	if o.paid != 0 {
		m.deliver(o)
	} else if seller != nil && o.closed != 0 && m.chance(.3) {
		m.remind(o, buyer, seller)
	}
	a := m.on(dayOf(at))
	a.orders = append(a.orders, o)
	if o.shipped != 0 && m.chance(.2) {
		m.later(visit{at: m.moment(dayOf(o.shipped) + 1 + m.IntN(8)), buyer: buyer, why: toComplain, order: o})
	}
	return o
}

// otherProduct is one that the order does not have yet.
func (m *simulation) otherProduct(o *order) *product {
	for {
		p := pick(m, m.shop.products)
		found := false
		for _, i := range o.items {
			found = found || i.product == p
		}
		if !found {
			return p
		}
	}
}

// orderID is the id of the n-th order, or of its i-th item.
func (m *simulation) orderID(n, i int) string {
	if m.shop.platform == "jd" {
		return fmt.Sprintf("29%010d", 100003+n*17)
	}
	return fmt.Sprintf("33%017d", 1_000_000_007+n*1009+i)
}

func (m *simulation) later(v visit) {
	if m.within(v.at) {
		a := m.on(dayOf(v.at))
		a.visits = append(a.visits, v)
	}
}

// pay decides whether and when the order is paid; a few take weeks.
func (m *simulation) pay(o *order) {
	switch r := m.Float64(); {
	case m.shop.platform == "jd" && r < .07:
		o.cod = true
		o.shipped = o.created + m.between(4*hour, 40*hour)
		o.finished = o.shipped + m.between(day, 4*day)
		o.paid = o.finished
	case m.shop.platform == "tmall" && r < .03:
		o.staged = true
		o.deposit = o.created + m.between(20, 8*minute)
		o.paid = o.deposit + m.between(day, 5*day)
	case r < .78:
		o.paid = o.created + m.between(15, 9*minute)
	case r < .86:
		o.paid = o.created + m.between(10*minute, 20*hour)
	case r < .885:
		o.paid = o.created + m.between(2*day, 18*day)
	case r < .9:
		o.paid = o.created + m.between(20*day, 28*day)
	default:
		o.closed = o.created + m.between(day, 3*day)
	}
}

// deliver ships a paid order and plays what follows.
func (m *simulation) deliver(o *order) {
	if !o.cod {
		o.shipped = o.paid + m.between(3*hour, 44*hour)
		if m.chance(.04) {
			o.shipped += m.between(2*day, 5*day)
		}
		o.finished = o.shipped + m.between(2*day, 9*day)
	}
	if m.chance(.08) {
		m.sendBack(o)
	}
	if o.closed == 0 && m.chance(.3) {
		o.rated = o.finished + m.between(hour, 4*day)
		for i := range o.scores {
			o.scores[i] = 5 - min(m.IntN(12)/6+m.IntN(9)/8, 4)
		}
		if m.chance(.05) {
			o.scores = [3]int{1 + m.IntN(2), 1 + m.IntN(3), 3}
		}
	}
	if m.chance(.006) {
		o.complaint = o.shipped + m.between(day, 6*day)
		o.complaintCategory = pick(m, complaintKinds)
		if o.agent != nil {
			o.complaintAgent = o.agent.id
		}
	}
}

// sendBack plays a refund: of the whole order or an item, with the platform
// stepping in now and then.
func (m *simulation) sendBack(o *order) {
	m.refs++
	r := &refund{id: fmt.Sprintf("77%014d", 50021+m.refs*13), kind: "refund_only", status: "succeeded", by: "merchant", reason: pick(m, refundReasons)}
	r.requested = o.paid + m.between(hour, 7*day)
	if r.requested > o.shipped && m.chance(.7) {
		r.kind = "return_refund"
	}
	r.amount = o.items[0].paid
	whole := len(o.items) == 1
	if whole {
		r.amount = o.amount()
	}
	r.completed = r.requested + m.between(2*hour, 6*day)
	switch x := m.Float64(); {
	case x < .05:
		r.disputed, r.by = true, "platform"
		r.completed += m.between(2*day, 6*day)
	case x < .15:
		r.status, r.by = "closed", "buyer"
	case x < .2:
		r.status, r.by = "closed", "system"
	case x < .3:
		r.by = "system"
	}
	if r.status == "succeeded" && whole {
		o.closed, o.finished = r.completed, 0
	}
	if r.by == "merchant" {
		r.agent = m.shop.agents[3]
	}
	o.refund = r
}

// remind lets the seller write to a buyer who has not paid.
func (m *simulation) remind(o *order, buyer int, seller *agent) {
	at := o.created + m.between(20*minute, 3*hour)
	if !m.within(at) || !seller.works(at) {
		return
	}
	t := m.open(visit{at: at, buyer: buyer, order: o}, seller)
	t.says(seller, reminder).order = o.id
	t.done()
}
