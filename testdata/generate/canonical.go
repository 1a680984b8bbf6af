package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strconv"
	"time"

	"kefu/extract/dataset"
)

// canonical writes canonical files: all datasets, or those that the platform's
// own exports do not hold.
type canonical struct {
	shop     *shop
	folder   string
	all      bool
	tables   map[string]table
	opened   []table
	messages int
	ratings  int
}

func openCanonical(s *shop, folder string, all bool) (*canonical, error) {
	c := &canonical{shop: s, folder: folder, all: all, tables: map[string]table{}}
	names := []string{"agents", "agent_presence", "order_ratings", "buyer_flags", "products", "complaints"}
	if all || s.platform == "tmall" {
		names = append(names, "evaluations")
	}
	if all || s.platform == "jd" {
		names = append(names, "refunds")
	}
	if all {
		names = append(names, "chat_messages", "orders", "order_items")
	}
	for _, name := range names {
		var header []string
		for _, col := range dataset.ByName(name).Columns {
			header = append(header, col.Name)
		}
		t, err := createCSV(filepath.Join(folder, name+".csv"), "utf-8", header)
		if err != nil {
			return nil, err
		}
		c.tables[name] = t
		c.opened = append(c.opened, t)
	}
	return c, c.people()
}

// write puts named cells into a row of a dataset that is written at all.
func (c *canonical) write(name string, cells map[string]string) error {
	t := c.tables[name]
	if t == nil {
		return nil
	}
	schema := dataset.ByName(name)
	row := make([]string, len(schema.Columns))
	used := 0
	for i, col := range schema.Columns {
		if v, ok := cells[col.Name]; ok {
			row[i] = v
			used++
		}
	}
	if used != len(cells) {
		return fmt.Errorf("write %s: a cell has no column", name)
	}
	return t.row(row...)
}

// people writes what does not change from day to day.
func (c *canonical) people() error {
	var errs []error
	s := c.shop
	for _, a := range append(append([]*agent{}, s.agents...), s.bot) {
		cells := map[string]string{
			"agent_id": a.id, "valid_from": dateOf(firstDay + int64(a.joined)*day), "name": a.name, "group": a.group, "role": a.role,
			"shift": a.shift, "is_bot": strconv.FormatBool(a.bot),
		}
		if a.cost > 0 {
			cells["hourly_cost"] = yuan(a.cost)
		}
		errs = append(errs, c.write("agents", cells))
	}
	for _, p := range s.products {
		errs = append(errs, c.write("products", map[string]string{"product_id": p.id, "title": p.title, "category": p.category, "price": yuan(p.price)}))
	}
	for n := range advertisersOf(s) {
		errs = append(errs, c.write("buyer_flags", map[string]string{
			"buyer_id": s.nick(n), "flag": "advertiser", "flagged_at": clock(firstDay + int64(n%s.days)*day + 18*hour),
			"valid_from": dateOf(firstDay + int64(n%5)*day), "removed": strconv.FormatBool(n == 7),
		}))
	}
	if !c.all { // rows for the quarantine
		errs = append(errs,
			c.write("order_ratings", map[string]string{"order_id": "330000000000000001", "item_id": "1", "rated_at": clock(firstDay), "item_score": "6"}),
			c.write("agent_presence", map[string]string{"agent_id": s.agents[0].id, "from_at": clock(firstDay + 12*hour), "to_at": clock(firstDay + 9*hour), "state": "online"}),
			c.write("evaluations", map[string]string{"evaluation_id": "e-without-time", "score": "5"}),
		)
	}
	return errors.Join(errs...)
}

func (c *canonical) conversation(v *conversation) error {
	var errs []error
	if c.all {
		for i := range v.messages {
			m := &v.messages[i]
			c.messages++
			cells := map[string]string{
				"message_id": fmt.Sprintf("m%010d", c.messages), "sent_at": clock(m.at), "buyer_id": v.buyer, "agent_id": m.agent, "sender": m.sender,
				"is_auto": strconv.FormatBool(m.auto), "kind": m.kind, "product_id": m.product, "order_id": m.order, "to_agent_id": m.transferTo,
				"is_leave_message": strconv.FormatBool(m.leave), "text": m.text, "seq": strconv.Itoa(i),
			}
			errs = append(errs, c.write("chat_messages", cells))
		}
	}
	if r := v.rating; r != nil {
		c.ratings++
		cells := map[string]string{
			"evaluation_id": fmt.Sprintf("e%08d", c.ratings), "invited_at": clock(r.invited), "buyer_id": v.buyer, "agent_id": r.agent.id,
			"served_by": "human", "source": r.source, "updated_at": clock(max(r.invited, r.rated)),
		}
		if r.score > 0 {
			cells["rated_at"], cells["score"] = clock(r.rated), strconv.Itoa(r.score)
		}
		errs = append(errs, c.write("evaluations", cells))
	}
	return errors.Join(errs...)
}

func (c *canonical) order(o *order) error {
	asOf := c.shop.exported
	return errors.Join(c.orderRow(o, asOf), c.itemRows(o), c.ratingRow(o, asOf), c.refundRow(o, asOf), c.complaintRow(o, asOf))
}

func (c *canonical) orderRow(o *order, asOf int64) error {
	if !c.all {
		return nil
	}
	cells := map[string]string{
		"order_id": o.id, "created_at": clock(o.created), "buyer_id": o.buyer, "pay_type": "online", "deposit_paid_at": clock(before(o.deposit, asOf)),
		"paid_at": clock(before(o.paid, asOf)), "shipped_at": clock(before(o.shipped, asOf)),
		"ended_at": clock(before(max(o.finished, o.closed), asOf)), "status": o.status(asOf), "amount": yuan(o.amount()),
		"quantity": strconv.Itoa(o.quantity()), "updated_at": clock(asOf),
	}
	switch {
	case o.cod:
		cells["pay_type"] = "cod"
	case o.staged:
		cells["pay_type"] = "staged"
	}
	if cells["paid_at"] != "" {
		cells["paid_amount"] = yuan(o.amount())
	}
	if o.phone {
		cells["tags"] = "手机订单"
	}
	return c.write("orders", cells)
}

func (c *canonical) itemRows(o *order) error {
	if !c.all {
		return nil
	}
	for _, i := range o.items {
		err := c.write("order_items", map[string]string{
			"order_id": o.id, "item_id": i.id, "product_id": i.product.id, "sku_id": i.product.sku, "title": i.product.title,
			"quantity": strconv.Itoa(i.quantity), "amount": yuan(i.paid), "updated_at": clock(c.shop.exported),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *canonical) ratingRow(o *order, asOf int64) error {
	if o.rated == 0 || o.rated > asOf {
		return nil
	}
	return c.write("order_ratings", map[string]string{
		"order_id": o.id, "item_id": o.items[0].id, "rated_at": clock(o.rated), "buyer_id": o.buyer, "item_score": strconv.Itoa(o.scores[0]),
		"service_score": strconv.Itoa(o.scores[1]), "logistics_score": strconv.Itoa(o.scores[2]), "updated_at": clock(o.rated),
	})
}

func (c *canonical) refundRow(o *order, asOf int64) error {
	r := o.refund
	if r == nil || r.requested > asOf {
		return nil
	}
	cells := map[string]string{
		"refund_id": r.id, "requested_at": clock(r.requested), "order_id": o.id, "item_id": o.items[0].id, "buyer_id": o.buyer, "type": r.kind,
		"status": "open", "amount": yuan(r.amount), "reason": r.reason, "updated_at": clock(asOf),
	}
	if r.completed <= asOf {
		cells["status"], cells["completed_at"], cells["closed_by"] = r.status, clock(r.completed), r.by
	}
	if r.disputed {
		cells["disputed_at"] = clock(r.requested + (r.completed-r.requested)/2)
	}
	return c.write("refunds", cells)
}

func (c *canonical) complaintRow(o *order, asOf int64) error {
	if o.complaint == 0 || o.complaint > asOf {
		return nil
	}
	return c.write("complaints", map[string]string{
		"complaint_id": "c" + o.id, "created_at": clock(o.complaint), "order_id": o.id, "item_id": o.items[0].id, "buyer_id": o.buyer,
		"agent_id": o.complaintAgent, "category": o.complaintCategory, "status": "closed", "updated_at": clock(o.complaint + day),
	})
}

// endOfDay writes who was online: from shift to shift with a break for lunch.
func (c *canonical) endOfDay(d int) error {
	var errs []error
	start := firstDay + int64(d)*day
	for n, a := range c.shop.agents {
		if d < a.joined || int(time.Unix(start, 0).UTC().Weekday()) == a.off {
			continue
		}
		jitter := int64((d*37+n*11)%9) * minute
		from, to := start+a.from-jitter, start+min(a.to+jitter, day-1)
		lunch := start + (a.from+a.to)/2 + jitter
		back := lunch + 35*minute
		for _, p := range []struct {
			from, to int64
			state    string
		}{{from, lunch, "online"}, {lunch, back, "away"}, {back, to, "online"}} {
			errs = append(errs, c.write("agent_presence", map[string]string{
				"agent_id": a.id, "from_at": clock(p.from), "to_at": clock(p.to), "state": p.state,
			}))
		}
	}
	return errors.Join(errs...)
}

func (c *canonical) close() error { return closeAll(c.opened...) }
