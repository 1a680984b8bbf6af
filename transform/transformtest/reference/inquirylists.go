package reference

// writeInquiries writes inquiries and lost_inquiries.
func (c *calc) writeInquiries() {
	for _, q := range c.inquiries {
		r := c.row()
		r["grain"], r["agent_id"] = "agent", text(q.rec.agent)
		if q.rec.agent == shopEntity {
			r["grain"] = "shop"
		}
		r["buyer_id"], r["dt"], r["window_end_dt"] = q.rec.buyer, q.rec.dt, q.windowEnd
		r["first_buyer_at"] = nil
		if !q.firstAt.IsZero() {
			r["first_buyer_at"] = q.firstAt
		}
		r["excluded_reason"], r["status"] = text(q.reason), text(q.status)
		r["ordered_same_day"], r["ordered_final"] = q.sameDay, q.final
		r["paid_next_day"], r["paid_final"] = q.paidNext, q.paidFinal
		r["first_order_id"] = nil
		if q.final {
			r["first_order_id"] = q.behind[0].ID
		}
		c.add("inquiries", r)
		if q.rec.agent != shopEntity && (q.status == "lost" || q.status == "ordered_unpaid") {
			c.add("lost_inquiries", c.lostRow(q))
		}
	}
}

func (c *calc) lostRow(q *inquiry) Row {
	rec := q.rec
	r := c.pairRow(rec)
	r["status"], r["first_buyer_at"], r["last_message_at"] = q.status, q.firstAt, rec.last().SentAt
	r["last_word_by"] = string(rec.last().part)
	r["topic"], r["product_id"] = nil, nil
	for _, m := range rec.buyers {
		if r["topic"] == nil {
			r["topic"] = text(m.Topic)
		}
		if r["product_id"] == nil {
			r["product_id"] = text(m.ProductID)
		}
	}
	r["first_response_seconds"] = nil
	if t := rec.firstTurn(); t != nil && t.outcome == answered {
		r["first_response_seconds"] = t.seconds
	}
	r["slow"], r["unreplied"] = c.slow(rec), c.unreplied(rec)
	r["bought_later_dt"] = nil
	var best *order
	for _, o := range c.validOrders(rec.buyer) {
		if !o.CreatedAt.Before(q.firstAt) && !o.paidAt.IsZero() && (best == nil || o.paidAt.Before(best.paidAt)) {
			best = o
		}
	}
	if best != nil {
		r["bought_later_dt"] = best.paidDt
	}
	r["loss_reason"] = nil
	for _, l := range c.w.LossReasons {
		if l.AgentID == rec.agent && l.BuyerID == rec.buyer && l.Dt == rec.dt {
			r["loss_reason"] = text(l.Reason)
		}
	}
	return r
}
