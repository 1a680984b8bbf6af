package world

import (
	"fmt"
	"time"
)

// chats draws conversations: a start near a hot instant, then steps whose gaps
// are often exactly a limit.
func (g *generator) chats() {
	for range g.between(8, 30) {
		buyer, agent := pick(g, g.buyers...), pick(g, g.agents...)
		at := g.moment()
		for range g.between(1, 9) {
			at = g.message(at, buyer, agent)
			if g.chance(8) {
				agent = pick(g, g.agents...)
			}
			at = at.Add(g.gap(at))
		}
	}
}

// gap returns the time to the next message; half of them are limits.
func (g *generator) gap(at time.Time) time.Duration {
	rules := g.w.RulesAt(g.w.Dt(at))
	if g.tangle && g.chance(25) {
		return time.Duration(g.between(0, 20)) * time.Hour
	}
	switch g.r.IntN(16) {
	case 0, 1:
		return 0
	case 2:
		return time.Duration(rules.SlowSeconds) * time.Second
	case 3:
		return time.Duration(rules.SlowSeconds)*time.Second + pick(g, 900*time.Millisecond, time.Second)
	case 4:
		return time.Duration(rules.Within.Seconds)*time.Second + pick(g, 0, 0, time.Microsecond)
	case 5:
		return time.Duration(rules.SessionGapMinutes)*time.Minute + pick(g, 0, 0, time.Microsecond, time.Second)
	case 6:
		return rules.ReplyHorizon + pick(g, 0, 0, time.Microsecond, -time.Second)
	case 7:
		return 10*time.Second + pick(g, 0, 900*time.Millisecond, time.Second)
	case 8:
		return time.Duration(rules.LongReceptionMinutes)*time.Minute + pick(g, 0, time.Second)
	case 9:
		return time.Duration(g.between(1, 30)) * time.Hour
	default:
		return time.Duration(g.between(1, 240)) * time.Second
	}
}

var texts = []string{"您好", "欢迎光临", "自动回复 1", "暗号 ok", "多少钱", "什么时候发货", "有货吗", "可以退吗", "好的", ""}

// message adds one message of the conversation and returns its time.
func (g *generator) message(at time.Time, buyer, agent string) time.Time {
	m := ChatMessage{SentAt: at, BuyerID: buyer, AgentID: agent, Kind: "text", Text: pick(g, texts...)}
	if g.chance(40) {
		m.Seq = int64(g.between(1, 3))
	}
	if g.chance(30) {
		m.TextLen = number(int64(g.between(0, 12)))
	}
	n := g.r.IntN(100)
	if g.tangle && g.chance(30) {
		n = g.between(80, 95) // robots and handovers
	}
	switch {
	case n < 45:
		m.Sender = "buyer"
		m.IsLeaveMessage = g.chance(8)
		if g.chance(10) {
			m.Kind, m.ProductID = "product", pick(g, "p1", "p2")
		}
		if g.chance(20) {
			m.Topic = pick(g, "价格", "物流")
		}
	case n < 80:
		m.Sender = "agent"
		m.IsAuto = g.chance(12)
		if g.chance(8) {
			m.Kind, m.ProductID = "product", pick(g, "p1", "p2", "p3", "")
		} else if g.chance(8) {
			m.ProductID = pick(g, "p1", "p2")
		}
	case n < 88:
		m.Sender = "bot"
		m.IsAuto = g.chance(30)
	case n < 95:
		m.Sender, m.Kind, m.ToAgentID = pick(g, "agent", "system", "agent"), "transfer", pick(g, g.agents...)
	case n < 97:
		m.Sender, m.Kind = "agent", "rating_invite"
	default:
		m.Sender = "system"
	}
	g.add(m)
	return at
}

// add stores a message under an id whose order is not that of time.
func (g *generator) add(m ChatMessage) {
	m.ID = fmt.Sprintf("m%02d-%04d", g.r.IntN(100), len(g.w.Messages))
	g.w.Messages = append(g.w.Messages, m)
}

// presence draws rows that end at instants, stay open, overlap or are away.
func (g *generator) presence() {
	if g.chance(30) {
		return
	}
	seen := map[string]bool{}
	for range g.between(2, 14) {
		p := Presence{AgentID: pick(g, g.agents...), FromAt: g.moment(), State: pick(g, "online", "online", "online", "away")}
		if key := p.AgentID + p.FromAt.String(); seen[key] {
			continue
		} else {
			seen[key] = true
		}
		switch g.r.IntN(5) {
		case 0: // open
		case 1:
			p.ToAt = g.w.End(g.w.Dt(p.FromAt))
		case 2:
			p.ToAt = p.FromAt.Add(time.Duration(g.between(1, 60)) * time.Hour)
		default:
			p.ToAt = p.FromAt.Add(time.Duration(g.between(1, 7200)) * time.Second)
		}
		g.w.Presence = append(g.w.Presence, p)
	}
}

// evaluations draws invitations, at night, by robots, rated later or never.
func (g *generator) evaluations() {
	for i := range g.between(0, 10) {
		e := Evaluation{
			ID: fmt.Sprintf("e%d", i), InvitedAt: g.moment(), BuyerID: pick(g, append(g.buyers, "")...),
			AgentID: pick(g, append(g.agents, "")...), ServedBy: pick(g, "", "human", "human", "bot"),
			Source: pick(g, "", "buyer", "agent", "system"),
		}
		if g.chance(75) {
			e.Score, e.RatedAt = int64(g.between(1, 5)), e.InvitedAt.Add(time.Duration(g.between(0, 90000))*time.Second)
		}
		g.w.Evaluations = append(g.w.Evaluations, e)
	}
}

// flags draws dated, open and removed flags.
func (g *generator) flags() {
	seen := map[string]bool{}
	for range g.between(0, 3) {
		f := BuyerFlag{BuyerID: pick(g, g.buyers...), Flag: pick(g, "advertiser", "malicious", "malicious", "internal")}
		if g.chance(80) {
			f.ValidFrom = g.first + Date(g.between(0, g.days))
			if g.chance(70) {
				f.ValidTo = f.ValidFrom + Date(g.between(0, 3))
			}
		}
		f.Removed = g.chance(20)
		if key := f.BuyerID + f.Flag + f.ValidFrom.String(); !seen[key] {
			seen[key] = true
			g.w.Flags = append(g.w.Flags, f)
		}
	}
	for range g.between(0, 3) {
		if len(g.w.Messages) == 0 {
			return
		}
		m := pick(g, g.w.Messages...)
		l := LossReason{AgentID: m.AgentID, BuyerID: m.BuyerID, Dt: g.w.Dt(m.SentAt), Reason: "价格高"}
		if key := l.AgentID + "/" + l.BuyerID + l.Dt.String(); !seen[key] {
			seen[key] = true
			g.w.LossReasons = append(g.w.LossReasons, l)
		}
	}
}
