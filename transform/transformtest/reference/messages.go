package reference

import (
	"slices"
	"sort"

	"kefu/transform/transformtest/world"
)

// A part is what a message is to the conversation.
type part string

const (
	byBuyer    part = "buyer"    // counted buyer message
	byAgent    part = "agent"    // manual agent message
	byBot      part = "bot"      // robot's message that is no auto-reply
	isTransfer part = "transfer" // handover to another account
	isNothing  part = ""
)

// message is a chat message with what the definitions say of it.
type message struct {
	*world.ChatMessage
	dt         world.Date
	sender     string // agents of robots' accounts read as bot
	rank       int    // place in the order of messages
	part       part
	botAccount bool
}

// readMessages puts all messages in order and decides what each one is.
func (c *calc) readMessages() {
	for _, a := range c.w.Agents {
		c.ownAccounts[a.ID] = true
	}
	for i := range c.w.Messages {
		m := &message{ChatMessage: &c.w.Messages[i]}
		c.ownAccounts[m.AgentID] = true
		m.dt = c.w.Dt(m.SentAt)
		m.botAccount = c.w.IsBot(m.AgentID, m.dt)
		m.sender = m.Sender
		if m.Sender == "agent" && m.botAccount {
			m.sender = "bot"
		}
		c.messages = append(c.messages, m)
	}
	sort.Slice(c.messages, func(i, j int) bool { return before(c.messages[i], c.messages[j]) })
	for i, m := range c.messages {
		m.rank = i
		m.part = c.partOf(m)
	}
}

func before(a, b *message) bool {
	rank := map[string]int{"buyer": 0, "agent": 1, "bot": 2, "system": 3}
	switch {
	case !a.SentAt.Equal(b.SentAt):
		return a.SentAt.Before(b.SentAt)
	case a.Seq != b.Seq:
		return a.Seq < b.Seq
	case rank[a.sender] != rank[b.sender]:
		return rank[a.sender] < rank[b.sender]
	default:
		return a.ID < b.ID
	}
}

func (c *calc) partOf(m *message) part {
	if c.excludesBuyer(m.BuyerID, m.dt) || c.w.ExcludesAgent(m.AgentID, m.dt) {
		return isNothing
	}
	if m.Kind == "transfer" {
		if m.ToAgentID == "" || m.ToAgentID == m.AgentID {
			return isNothing
		}
		return isTransfer
	}
	if m.Kind == "rating_invite" {
		return isNothing
	}
	switch m.sender {
	case "buyer":
		return byBuyer
	case "agent":
		if !c.w.IsAutomatic(m.ChatMessage) {
			return byAgent
		}
	case "bot":
		if !c.w.IsAutomatic(m.ChatMessage) {
			return byBot
		}
	}
	return isNothing
}

// excludesBuyer tells whether the buyer carries a flag on that day that the
// day's rules exclude; own accounts are internal by themselves.
func (c *calc) excludesBuyer(buyer string, d world.Date) bool {
	if buyer == "" {
		return false
	}
	flags := c.w.RulesAt(d).ExcludeFlags
	if c.ownAccounts[buyer] && slices.Contains(flags, "internal") {
		return true
	}
	for _, f := range c.w.Flags {
		if f.BuyerID == buyer && !f.Removed && slices.Contains(flags, f.Flag) &&
			(f.ValidFrom == 0 || f.ValidFrom <= d) && (f.ValidTo == 0 || d <= f.ValidTo) {
			return true
		}
	}
	return false
}
