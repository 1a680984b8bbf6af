package normalise

// checkOf returns what fills the defaults of a dataset and rejects rows whose
// columns contradict each other.
func checkOf(name string) func(*table) {
	switch name {
	case chatDataset:
		return checkChats
	case "orders":
		return checkOrders
	case "order_items":
		return checkItems
	case "evaluations":
		return checkEvaluations
	case "order_ratings":
		return checkOrderRatings
	case "agent_presence":
		return checkPresence
	case "agents":
		return checkAgents
	case "buyer_flags":
		return checkBuyerFlags
	case "cases":
		return checkCases
	default:
		return nil
	}
}

// finishOf returns what derives the columns of a dataset that are no content.
func finishOf(name string) func(*Normaliser, *table, *shop) {
	switch name {
	case chatDataset:
		return finishChats
	case "orders":
		return finishOrders
	case "agents":
		return finishAgents
	default:
		return nil
	}
}

// column returns the values of a delivered column; the name must exist.
func (t *table) column(name string) *cells {
	_, i := t.source.Column(name)
	return &t.hand.columns[i]
}

func (t *table) fillFlag(name string) { t.column(name).fillZeros(t.hand.rows) }

// within rejects rows whose number is out of bounds.
func (t *table) within(name string, lo, hi int64, reason, hint string) {
	c := t.column(name)
	if c.count == 0 {
		return
	}
	for row, there := range c.there[:t.hand.rows] {
		if there && (c.numbers[row] < lo || c.numbers[row] > hi) {
			t.hand.blame(row, problem{name, reason, hint})
		}
	}
}

func (t *table) notNegative(name string) {
	t.within(name, 0, 1<<62, "negative number", "write 0 or more")
}

func (t *table) scores(names ...string) {
	for _, name := range names {
		t.within(name, 1, 5, "score out of range", "write 1 (worst) to 5 (best)")
	}
}

// ordered rejects rows whose second time or date is before the first.
func (t *table) ordered(first, second, reason string) {
	a, b := t.column(first), t.column(second)
	if a.count == 0 || b.count == 0 {
		return
	}
	for row := range t.hand.rows {
		if a.there[row] && b.there[row] && b.numbers[row] < a.numbers[row] {
			t.hand.blame(row, problem{second, reason, "correct " + first + " or " + second})
		}
	}
}

// require rejects rows that lack a required column.
func (t *table) require() {
	for _, i := range t.required {
		c := &t.hand.columns[i]
		if c.count == t.hand.rows {
			continue
		}
		for row := range t.hand.rows {
			if !c.has(row) {
				t.hand.blame(row, problem{t.columns[i].Name, "missing", "the column is required"})
			}
		}
	}
}

func checkOrders(t *table) {
	t.notNegative("quantity")
	t.ordered("created_at", "paid_at", "paid before it was created")
}

// finishOrders gives masked buyers' ids the keys that chats' buyers are matched by.
func finishOrders(n *Normaliser, t *table, _ *shop) {
	buyers, keys := t.column("buyer_id"), &t.hand.columns[len(t.columns)]
	for row := range t.hand.rows {
		if b := buyers.whose(row); b != nil && b.masked {
			keys.fillText(row, n.hasher.keyOfMask(b.id))
		}
	}
}

func checkItems(t *table) { t.notNegative("quantity") }

func checkEvaluations(t *table) {
	invited, rated := t.column("invited_at"), t.column("rated_at")
	for row := range t.hand.rows {
		if rated.there[row] {
			invited.fillNumber(row, rated.numbers[row])
		}
	}
	t.column("served_by").fillTexts(t.hand.rows, "human")
	t.column("source").fillTexts(t.hand.rows, "buyer")
	t.scores("score")
}

func checkOrderRatings(t *table) { t.scores("item_score", "service_score", "logistics_score") }

func checkPresence(t *table) { t.ordered("from_at", "to_at", "ends before it starts") }

func checkAgents(t *table) {
	t.fillFlag("is_bot")
	t.ordered("valid_from", "valid_to", "ends before it starts")
}

// finishAgents adds how accounts would look as buyers.
func finishAgents(_ *Normaliser, t *table, _ *shop) {
	agents, asBuyers := t.column("agent_id"), &t.hand.columns[len(t.columns)]
	for row := range t.hand.rows {
		asBuyers.setText(row, agents.who[row].stored)
	}
}

func checkBuyerFlags(t *table) {
	t.fillFlag("removed")
	t.ordered("valid_from", "valid_to", "ends before it starts")
}

func checkCases(t *table) {
	t.fillFlag("transferred")
	t.within("nps", 0, 10, "score out of range", "write 0 to 10")
}
