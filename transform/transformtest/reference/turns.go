package reference

import (
	"slices"
	"sort"
	"time"

	"kefu/transform/transformtest/world"
)

// An outcome is how a turn ended.
type outcome string

const (
	answered   outcome = "answered"
	unanswered outcome = "unanswered"
	botServed  outcome = "bot_served"
	handedOver outcome = "handed_over"
)

// turn is one question and what became of it.
type turn struct {
	agent, buyer string
	dt           world.Date
	opening      *message // a buyer's message or a transfer
	lastBuyerAt  time.Time
	outcome      outcome
	handedTo     string   // of a turn handed over
	answer       *message // of answered and bot-served turns
	seconds      int64    // response_seconds of an answered turn
}

func (t *turn) openedAt() time.Time { return t.opening.SentAt }

// counts tells whether the turn has a result of its agent's.
func (t *turn) counts() bool { return t.outcome == answered || t.outcome == unanswered }

// pairTurns pairs the human turns and the turns of reply_within of every
// (agent, buyer) stream and hands them to their receptions.
func (c *calc) pairTurns() {
	buyers := make([]string, 0, len(c.streams))
	for b := range c.streams {
		buyers = append(buyers, b)
	}
	slices.Sort(buyers)
	for _, buyer := range buyers {
		human := c.pairAgents(buyer, c.botCloses)
		for _, t := range human {
			if t.outcome == answered {
				t.seconds = c.responseSeconds(t)
			}
			if r := c.byKey[receptionKey{t.agent, buyer, t.dt}]; r != nil && r.filter == "" {
				r.turns = append(r.turns, t)
				c.human[pair{t.agent, buyer}] = append(c.human[pair{t.agent, buyer}], t)
			}
		}
		for _, t := range c.pairAgents(buyer, c.botAnswers) {
			if r := c.byKey[receptionKey{t.agent, buyer, t.dt}]; r != nil && r.filter == "" {
				c.own[pair{t.agent, buyer}] = append(c.own[pair{t.agent, buyer}], t)
			}
		}
	}
}

// botCloses is what a robot's message does to an open human turn.
func (c *calc) botCloses(t *turn) outcome {
	if c.w.RulesAt(t.dt).ServedBy == "human_only" {
		return botServed
	}
	return unanswered
}

// botAnswers is what it does to an open turn of reply_within.
func (c *calc) botAnswers(t *turn) outcome {
	if c.w.RulesAt(t.dt).BotsAnswer() {
		return answered
	}
	return botServed
}

// pairAgents walks through all that happened with one buyer, with one open turn
// per agent at most. onBot says what a robot's message makes of an open turn;
// unanswered leaves it open.
func (c *calc) pairAgents(buyer string, onBot func(*turn) outcome) []*turn {
	var turns []*turn
	open := map[string]*turn{}
	openNow := func(agent string, at time.Time) *turn {
		if t := open[agent]; t != nil && c.expired(t, at) {
			delete(open, agent)
		}
		return open[agent]
	}
	start := func(agent string, m *message) {
		t := &turn{agent: agent, buyer: buyer, dt: m.dt, opening: m, lastBuyerAt: m.SentAt, outcome: unanswered}
		open[agent] = t
		turns = append(turns, t)
	}
	for _, m := range c.streams[buyer] {
		t := openNow(m.AgentID, m.SentAt)
		switch m.part {
		case byBuyer:
			if m.IsLeaveMessage {
				continue
			}
			if t == nil {
				start(m.AgentID, m)
			} else {
				t.lastBuyerAt = m.SentAt
			}
		case byAgent:
			if t != nil {
				t.outcome, t.answer = answered, m
				delete(open, m.AgentID)
			}
		case byBot:
			if t != nil && onBot(t) != unanswered {
				t.outcome, t.answer = onBot(t), m
				delete(open, m.AgentID)
			}
		case isTransfer:
			if t == nil {
				continue
			}
			t.outcome, t.handedTo = handedOver, m.ToAgentID
			delete(open, m.AgentID)
			to := m.ToAgentID
			if openNow(to, m.SentAt) == nil && !c.w.ExcludesAgent(to, m.dt) && !c.w.IsBot(to, m.dt) {
				start(to, m)
			}
		default:
		}
	}
	return turns
}

// pairShop pairs the buyer's stream over all agents, for reply_within of the
// shop: a person's message answers, a robot's too or it takes the turn away.
func (c *calc) pairShop(buyer string) []*turn {
	var turns []*turn
	var open *turn
	for _, m := range c.streams[buyer] {
		if open != nil && c.expired(open, m.SentAt) {
			open = nil
		}
		switch m.part {
		case byBuyer:
			if open == nil && !m.IsLeaveMessage {
				open = &turn{agent: shopEntity, buyer: buyer, dt: m.dt, opening: m, outcome: unanswered}
				turns = append(turns, open)
			}
		case byAgent, byBot:
			if open != nil {
				open.outcome, open.answer = answered, m
				if m.part == byBot {
					open.outcome = c.botAnswers(open)
				}
				open = nil
			}
		default:
		}
	}
	return turns
}

// expired tells whether the turn's horizon has passed at that time: at exactly
// the horizon it has not.
func (c *calc) expired(t *turn, at time.Time) bool {
	return at.After(t.openedAt().Add(c.w.RulesAt(t.dt).ReplyHorizon))
}

// responseSeconds is the exact time from the turn's first or last buyer message
// to its answer, less the agent's offline time where that is subtracted,
// truncated to whole seconds.
func (c *calc) responseSeconds(t *turn) int64 {
	rules := c.w.RulesAt(t.dt)
	from, to := t.openedAt(), t.answer.SentAt
	if rules.ResponseFrom == "last" {
		from = t.lastBuyerAt
	}
	if !rules.SubtractOffline {
		return int64(to.Sub(from) / time.Second)
	}
	var sum time.Duration
	for d := c.w.Dt(from); d <= c.w.Dt(to); d++ {
		part := cut(interval{from, to}, c.w.Start(d), c.w.End(d))
		if part.empty() {
			continue
		}
		if !c.hasPresence(t.agent, d) {
			sum += part.length()
			continue
		}
		for _, on := range union(c.online(t.agent, d)) {
			sum += cut(part, on.from, on.to).length()
		}
	}
	return int64(sum / time.Second)
}

func turnsInOrder(a, b []*turn) []*turn {
	out := slices.Concat(a, b)
	sort.SliceStable(out, func(i, j int) bool { return out[i].opening.rank < out[j].opening.rank })
	return out
}
