package normalise

// checkOf returns what fills the defaults of a dataset and rejects rows whose
// columns contradict each other.
func checkOf(name string) func(*block) {
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

// finish derives the columns that are no content.
func (n *Normaliser) finish(b *block) {
	switch b.source.Name {
	case chatDataset:
		n.finishChats(b)
	case "orders":
		n.finishOrders(b)
	case "agents":
		finishAgents(b)
	}
}

// values returns the values of a delivered column; the name must exist.
func (b *block) values(name string) *cells {
	_, i := b.source.Column(name)
	return &b.columns[i]
}

func (b *block) fillFlag(name string) { b.values(name).fillZeros(b.rows) }

// within rejects rows whose number is out of bounds.
func (b *block) within(name string, lo, hi int64, reason, hint string) {
	c := b.values(name)
	if c.count == 0 {
		return
	}
	for row, there := range c.there[:b.rows] {
		if there && (c.numbers[row] < lo || c.numbers[row] > hi) {
			b.blame(row, problem{name, reason, hint})
		}
	}
}

func (b *block) notNegative(name string) {
	b.within(name, 0, 1<<62, "negative number", "write 0 or more")
}

func (b *block) scores(names ...string) {
	for _, name := range names {
		b.within(name, 1, 5, "score out of range", "write 1 (worst) to 5 (best)")
	}
}

// ordered rejects rows whose second time or date is before the first.
func (b *block) ordered(first, second, reason string) {
	was, is := b.values(first), b.values(second)
	if was.count == 0 || is.count == 0 {
		return
	}
	for row := range b.rows {
		if was.there[row] && is.there[row] && is.numbers[row] < was.numbers[row] {
			b.blame(row, problem{second, reason, "correct " + first + " or " + second})
		}
	}
}

// require rejects rows that lack a required column.
func (b *block) require() {
	for _, i := range b.required {
		c := &b.columns[i]
		if c.count == b.rows {
			continue
		}
		for row := range b.rows {
			if !c.has(row) {
				b.blame(row, problem{b.layout.columns[i].Name, "missing", "the column is required"})
			}
		}
	}
}

func checkOrders(b *block) {
	b.notNegative("quantity")
	b.ordered("created_at", "paid_at", "paid before it was created")
}

// finishOrders gives masked buyers' ids the keys that chats' buyers are matched by.
func (n *Normaliser) finishOrders(b *block) {
	buyers, keys := b.values("buyer_id"), &b.columns[b.width]
	for row := range b.rows {
		if who := buyers.whose(row); who != nil && who.masked {
			keys.fillText(row, n.hasher.keyOfMask(who.id))
		}
	}
}

func checkItems(b *block) { b.notNegative("quantity") }

func checkEvaluations(b *block) {
	invited, rated := b.values("invited_at"), b.values("rated_at")
	for row := range b.rows {
		if rated.there[row] {
			invited.fillNumber(row, rated.numbers[row])
		}
	}
	b.values("served_by").fillTexts(b.rows, "human")
	b.values("source").fillTexts(b.rows, "buyer")
	b.scores("score")
}

func checkOrderRatings(b *block) { b.scores("item_score", "service_score", "logistics_score") }

func checkPresence(b *block) { b.ordered("from_at", "to_at", "ends before it starts") }

func checkAgents(b *block) {
	b.fillFlag("is_bot")
	b.ordered("valid_from", "valid_to", "ends before it starts")
}

// finishAgents adds how accounts would look as buyers.
func finishAgents(b *block) {
	agents, asBuyers := b.values("agent_id"), &b.columns[b.width]
	for row := range b.rows {
		asBuyers.setText(row, agents.who[row].stored)
	}
}

func checkBuyerFlags(b *block) {
	b.fillFlag("removed")
	b.ordered("valid_from", "valid_to", "ends before it starts")
}

func checkCases(b *block) {
	b.fillFlag("transferred")
	b.within("nps", 0, 10, "score out of range", "write 0 to 10")
}
