package world

import "strings"

// delivered returns the rows of every dataset as a source delivers them.
func (w *World) delivered() map[string][]fields {
	out := map[string][]fields{
		"chat_messages": make([]fields, 0, len(w.Messages)), "orders": make([]fields, 0, len(w.Orders)),
		"order_items": nil, "refunds": nil, "complaints": nil, "evaluations": nil, "order_ratings": nil,
		"agent_presence": nil, "agents": nil, "products": nil, "buyer_flags": nil, "loss_reasons": nil,
		"cases": nil, "agent_events": nil, "adjustments": nil,
	}
	add := func(name string, f fields) { out[name] = append(out[name], f) }
	for _, m := range w.Messages {
		add("chat_messages", m.fields())
	}
	for _, o := range w.Orders {
		add("orders", o.fields())
	}
	for _, i := range w.Items {
		add("order_items", fields{
			"order_id": i.OrderID, "item_id": i.ItemID, "product_id": i.ProductID, "sku_id": i.SkuID, "title": i.Title,
			"quantity": optional(i.Quantity), "amount": optionalCents(i.Amount), "updated_at": i.UpdatedAt,
		})
	}
	for _, r := range w.Refunds {
		add("refunds", r.fields())
	}
	for _, c := range w.Complaints {
		add("complaints", fields{
			"complaint_id": c.ID, "created_at": c.CreatedAt, "order_id": c.OrderID, "item_id": c.ItemID, "buyer_id": c.BuyerID,
			"agent_id": c.AgentID, "category": c.Category, "status": c.Status, "updated_at": c.UpdatedAt,
		})
	}
	for _, e := range w.Evaluations {
		add("evaluations", fields{
			"evaluation_id": e.ID, "invited_at": e.InvitedAt, "rated_at": e.RatedAt, "buyer_id": e.BuyerID, "agent_id": e.AgentID,
			"served_by": e.ServedBy, "source": e.Source, "score": optionalScore(e.Score), "updated_at": e.UpdatedAt,
		})
	}
	for _, r := range w.Ratings {
		add("order_ratings", fields{
			"order_id": r.OrderID, "item_id": r.ItemID, "rated_at": r.RatedAt, "buyer_id": r.BuyerID,
			"item_score": optionalScore(r.ItemScore), "service_score": optionalScore(r.ServiceScore),
			"logistics_score": optionalScore(r.LogisticsScore), "updated_at": r.UpdatedAt,
		})
	}
	for _, p := range w.Presence {
		add("agent_presence", fields{"agent_id": p.AgentID, "from_at": p.FromAt, "to_at": p.ToAt, "state": p.State})
	}
	w.addDimensions(add)
	return out
}

func (w *World) addDimensions(add func(string, fields)) {
	for _, a := range w.Agents {
		add("agents", fields{
			"agent_id": a.ID, "valid_from": a.ValidFrom, "valid_to": a.ValidTo, "name": a.Name, "group": a.Group,
			"role": a.Role, "shift": a.Shift, "hourly_cost": optionalCents(a.HourlyCost), "is_bot": a.IsBot,
		})
	}
	for _, p := range w.Products {
		add("products", fields{
			"product_id": p.ID, "title": p.Title, "category": p.Category, "price": optionalCents(p.Price), "updated_at": p.UpdatedAt,
		})
	}
	for _, f := range w.Flags {
		add("buyer_flags", fields{
			"buyer_id": f.BuyerID, "flag": f.Flag, "flagged_at": f.FlaggedAt, "valid_from": f.ValidFrom, "valid_to": f.ValidTo,
			"removed": f.Removed, "updated_at": f.UpdatedAt,
		})
	}
	for _, l := range w.LossReasons {
		add("loss_reasons", fields{
			"agent_id": l.AgentID, "buyer_id": l.BuyerID, "dt": l.Dt, "reason": l.Reason, "note": l.Note, "author": l.Author,
			"updated_at": l.UpdatedAt,
		})
	}
	for _, c := range w.Cases {
		add("cases", fields{
			"case_id": c.ID, "opened_at": c.OpenedAt, "buyer_id": c.BuyerID, "order_id": c.OrderID, "agent_id": c.AgentID,
			"type": c.Type, "status": c.Status, "first_reply_at": c.FirstReplyAt, "resolved_at": c.ResolvedAt,
			"transferred": c.Transferred, "nps": optional(c.NPS), "updated_at": c.UpdatedAt,
		})
	}
	for _, e := range w.Events {
		add("agent_events", fields{
			"event_id": e.ID, "at": e.At, "agent_id": e.AgentID, "kind": e.Kind, "case_id": e.CaseID, "topic": e.Topic,
		})
	}
	for _, a := range w.Adjustments {
		add("adjustments", fields{
			"adjustment_id": a.ID, "agent_id": a.AgentID, "dt": a.Dt, "metric": a.Metric, "value": Cents(a.Value),
			"author": a.Author, "reason": a.Reason, "decided_at": a.DecidedAt, "withdrawn": a.Withdrawn,
		})
	}
}

func (m *ChatMessage) fields() fields {
	f := fields{
		"message_id": m.ID, "sent_at": m.SentAt, "buyer_id": m.BuyerID, "agent_id": m.AgentID, "sender": m.Sender,
		"is_auto": m.IsAuto, "kind": m.Kind, "product_id": m.ProductID, "order_id": m.OrderID, "to_agent_id": m.ToAgentID,
		"is_leave_message": m.IsLeaveMessage, "text": m.Text, "text_len": optional(m.TextLen), "case_id": m.CaseID,
	}
	if m.Seq != 0 {
		f["seq"] = m.Seq
	}
	return f
}

func (o *Order) fields() fields {
	return fields{
		"order_id": o.ID, "created_at": o.CreatedAt, "buyer_id": o.BuyerID, "pay_type": o.PayType,
		"deposit_paid_at": o.DepositPaidAt, "paid_at": o.PaidAt, "shipped_at": o.ShippedAt, "ended_at": o.EndedAt,
		"status": o.Status, "amount": optionalCents(o.Amount), "paid_amount": optionalCents(o.PaidAmount),
		"quantity": optional(o.Quantity), "tags": strings.Join(o.Tags, "|"), "updated_at": o.UpdatedAt,
	}
}

func (r *Refund) fields() fields {
	return fields{
		"refund_id": r.ID, "requested_at": r.RequestedAt, "order_id": r.OrderID, "item_id": r.ItemID, "buyer_id": r.BuyerID,
		"type": r.Type, "status": r.Status, "completed_at": r.CompletedAt, "amount": optionalCents(r.Amount), "reason": r.Reason,
		"disputed_at": r.DisputedAt, "closed_by": r.ClosedBy, "updated_at": r.UpdatedAt,
	}
}
