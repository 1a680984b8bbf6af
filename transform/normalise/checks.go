package normalise

// checkOf returns what fills the defaults of a dataset and rejects rows whose
// columns contradict each other.
func checkOf(name string) func(*Normaliser, *table, *shop) *problem {
	switch name {
	case chatDataset:
		return checkChat
	case "orders":
		return checkOrder
	case "order_items":
		return notNegativeIn("quantity")
	case "evaluations":
		return checkEvaluation
	case "order_ratings":
		return checkOrderRating
	case "agent_presence":
		return checkPresence
	case "agents":
		return checkAgent
	case "buyer_flags":
		return checkBuyerFlag
	case "cases":
		return checkCase
	default:
		return nil
	}
}

// finishOf returns what derives the columns of a dataset that are no content.
func finishOf(name string) func(*Normaliser, *table, *shop) {
	switch name {
	case chatDataset:
		return finishChat
	case "orders":
		return finishOrder
	case "agents":
		return finishAgent
	default:
		return nil
	}
}

func fillFlag(c *cell) { c.set = true }

func fillText(c *cell, value string) {
	if !c.set {
		*c = cell{set: true, s: value}
	}
}

func notNegative(t *table, index int) *problem {
	return within(t, index, 0, 1<<62, "negative number", "write 0 or more")
}

func notNegativeIn(name string) func(*Normaliser, *table, *shop) *problem {
	return func(_ *Normaliser, t *table, _ *shop) *problem {
		_, i := t.source.Column(name)
		return notNegative(t, i)
	}
}

func within(t *table, index int, lo, hi int64, reason, hint string) *problem {
	if c := &t.cells[index]; c.set && (c.n < lo || c.n > hi) {
		return &problem{t.columns[index].Name, reason, hint}
	}
	return nil
}

func score(t *table, names ...string) *problem {
	for _, name := range names {
		_, i := t.source.Column(name)
		if p := within(t, i, 1, 5, "score out of range", "write 1 (worst) to 5 (best)"); p != nil {
			return p
		}
	}
	return nil
}

// ordered rejects a row whose second time or date is before the first.
func ordered(t *table, first, second, reason string) *problem {
	a, b := t.cell(first), t.cell(second)
	if a.set && b.set && b.n < a.n {
		return &problem{second, reason, "correct " + first + " or " + second}
	}
	return nil
}

func checkOrder(_ *Normaliser, t *table, _ *shop) *problem {
	_, quantity := t.source.Column("quantity")
	if p := notNegative(t, quantity); p != nil {
		return p
	}
	return ordered(t, "created_at", "paid_at", "paid before it was created")
}

// finishOrder gives a masked buyer's id the key that chats' buyers are matched by.
func finishOrder(n *Normaliser, t *table, _ *shop) {
	if n.buyer == nil || !n.buyer.masked {
		return
	}
	if key := n.hasher.keyOfMask(n.buyer.id); key != "" {
		t.cells[len(t.columns)] = cell{set: true, s: key}
	}
}

func checkEvaluation(_ *Normaliser, t *table, _ *shop) *problem {
	invited := t.cell("invited_at")
	if !invited.set {
		*invited = *t.cell("rated_at")
	}
	fillText(t.cell("served_by"), "human")
	fillText(t.cell("source"), "buyer")
	return score(t, "score")
}

func checkOrderRating(_ *Normaliser, t *table, _ *shop) *problem {
	return score(t, "item_score", "service_score", "logistics_score")
}

func checkPresence(_ *Normaliser, t *table, _ *shop) *problem {
	return ordered(t, "from_at", "to_at", "ends before it starts")
}

func checkAgent(_ *Normaliser, t *table, _ *shop) *problem {
	fillFlag(t.cell("is_bot"))
	return ordered(t, "valid_from", "valid_to", "ends before it starts")
}

func finishAgent(n *Normaliser, t *table, _ *shop) {
	t.cells[len(t.columns)] = cell{set: true, s: n.agent.stored}
}

func checkBuyerFlag(_ *Normaliser, t *table, _ *shop) *problem {
	fillFlag(t.cell("removed"))
	return ordered(t, "valid_from", "valid_to", "ends before it starts")
}

func checkCase(_ *Normaliser, t *table, _ *shop) *problem {
	fillFlag(t.cell("transferred"))
	_, nps := t.source.Column("nps")
	return within(t, nps, 0, 10, "score out of range", "write 0 to 10")
}
