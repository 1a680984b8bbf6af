package cases

import (
	"fmt"
	"strconv"
	"strings"

	"kefu/transform/transformtest/world"
)

// serviceCase reads `case c1: of b1, 06 10:00, about o1, agent a1, type 物流,
// replied 06 10:01, resolved 07 10:00, nps 9, transferred`.
func (b *builder) serviceCase(text string) error {
	id, list := phrases(text)
	c := world.Case{ID: id, Status: "open"}
	for _, p := range list {
		word, rest, _ := strings.Cut(p, " ")
		var err error
		switch word {
		case "of":
			c.BuyerID = rest
		case "about":
			c.OrderID = rest
		case "agent":
			c.AgentID = rest
		case "type":
			c.Type = rest
		case "replied":
			c.FirstReplyAt, err = b.at(rest)
		case "resolved":
			c.Status = "resolved"
			c.ResolvedAt, err = b.at(rest)
		case "nps":
			c.NPS, err = integer(rest)
		case "transferred":
			c.Transferred = true
		default:
			c.OpenedAt, err = b.at(p)
		}
		if err != nil {
			return err
		}
	}
	b.c.World.Cases = append(b.c.World.Cases, c)
	return nil
}

// event reads `event e1: training of a1, 05 10:00`.
func (b *builder) event(text string) error {
	id, list := phrases(text)
	if len(list) != 2 {
		return fmt.Errorf("an event needs a kind, an agent and a time")
	}
	e := world.AgentEvent{ID: id}
	e.Kind, e.AgentID, _ = strings.Cut(list[0], " of ")
	var err error
	e.At, err = b.at(list[1])
	b.c.World.Events = append(b.c.World.Events, e)
	return err
}

// evaluation reads `evaluation e1: of b1, agent a1, 05 12:00, score 5`.
func (b *builder) evaluation(text string) error {
	id, list := phrases(text)
	e := world.Evaluation{ID: id}
	for _, p := range list {
		word, rest, _ := strings.Cut(p, " ")
		var err error
		switch word {
		case "of":
			e.BuyerID = rest
		case "agent":
			e.AgentID = rest
		case "score":
			e.Score, err = strconv.ParseInt(rest, 10, 64)
		default:
			e.InvitedAt, err = b.at(p)
		}
		if err != nil {
			return err
		}
	}
	b.c.World.Evaluations = append(b.c.World.Evaluations, e)
	return nil
}

// agent reads `agent a1: group g, 45.50 an hour, from 6th, to 20th, robot`.
func (b *builder) agent(text string) error {
	id, list := phrases(text)
	a := world.Agent{ID: id}
	for _, p := range list {
		word, rest, _ := strings.Cut(p, " ")
		var err error
		switch {
		case p == "":
		case word == "group":
			a.Group = rest
		case word == "from":
			a.ValidFrom, err = day(rest)
		case word == "to":
			a.ValidTo, err = day(rest)
		case word == "robot":
			a.IsBot = true
		case rest == "an hour":
			a.HourlyCost, err = cents(word)
		default:
			err = fmt.Errorf("unknown phrase %q", p)
		}
		if err != nil {
			return err
		}
	}
	b.c.World.Agents = append(b.c.World.Agents, a)
	return nil
}

// product reads `product p1: 12.50 yuan`.
func (b *builder) product(text string) error {
	id, price, _ := strings.Cut(text, ": ")
	p := world.Product{ID: id}
	var err error
	p.Price, err = cents(strings.TrimSuffix(price, " yuan"))
	b.c.World.Products = append(b.c.World.Products, p)
	return err
}

// careTarget names the row of a list of care: `reminder a1 b1 5th`,
// `recommendation a1 b1 p1 5th`, `case type 物流 5th`, `topic 价格 5th`, `training
// effect e1 csat`.
func (w *want) careTarget(parts []string) (bool, error) {
	var err error
	switch {
	case parts[0] == "reminder" && len(parts) == 4:
		w.table, w.key["agent_id"], w.key["buyer_id"] = "reminders", parts[1], parts[2]
	case parts[0] == "recommendation" && len(parts) == 5:
		w.table, w.key["agent_id"], w.key["buyer_id"], w.key["product_id"] = "recommendations", parts[1], parts[2], parts[3]
	case parts[0] == "case" && len(parts) == 4:
		w.table, w.key["type"] = "case_types", parts[2]
	case parts[0] == "topic" && len(parts) == 3:
		w.table, w.key["topic"] = "kpi_topic_day", parts[1]
	case parts[0] == "training" && len(parts) == 4:
		w.table, w.key["event_id"], w.key["metric"] = "training_effects", parts[2], parts[3]
		return true, nil
	default:
		return false, nil
	}
	w.key["dt"], err = day(parts[len(parts)-1])
	return true, err
}
