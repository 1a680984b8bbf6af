package reference

import (
	"slices"

	"kefu/transform/transformtest/world"
)

// topicDay names a topic of a day.
type topicDay struct {
	topic string
	dt    world.Date
}

// topicOf is the topic of the buyer's earliest message with one.
func (r *reception) topicOf() string {
	for _, m := range r.buyers {
		if m.Topic != "" {
			return m.Topic
		}
	}
	return ""
}

// writeTopics writes what the received buyers of each day asked about, and how
// they were served.
func (c *calc) writeTopics() {
	tallies, asked := map[topicDay]*tally{}, map[world.Date]int64{}
	for _, r := range c.shops {
		k := topicDay{r.topicOf(), r.dt}
		if k.topic == "" || !r.received() || r.dt > c.lastDt {
			continue
		}
		if tallies[k] == nil {
			tallies[k] = newTally()
		}
		asked[r.dt]++
		c.countTopic(tallies[k], r)
	}
	for k, t := range tallies {
		row := c.row()
		row["topic"], row["dt"] = k.topic, k.dt
		for _, column := range []string{"buyers", "rated", "good", "inquiry_buyers", "paid_buyers_final", "response_turns", "response_sum_s"} {
			row[column] = t.counts[column]
		}
		part := func(numerator, denominator int64) any { return ratio(whole(numerator), whole(denominator)) }
		row["share"] = part(t.counts["buyers"], asked[k.dt])
		row["good_rate"] = part(t.counts["good"], t.counts["rated"])
		row["inquiry_to_pay_rate"] = part(t.counts["paid_buyers_final"], t.counts["inquiry_buyers"])
		row["response_avg_s"] = part(t.counts["response_sum_s"], t.counts["response_turns"])
		c.add("kpi_topic_day", row)
	}
}

func (c *calc) countTopic(t *tally, r *reception) {
	t.count("buyers", 1)
	for _, turn := range r.turns {
		if turn.outcome == answered {
			t.count("response_turns", 1)
			t.count("response_sum_s", turn.seconds)
		}
	}
	for i := range c.w.Evaluations {
		e := &c.w.Evaluations[i]
		dt, inScope, counts := c.judgeEvaluation(e)
		if counts && inScope && dt == r.dt && e.BuyerID == r.buyer && e.Score != 0 {
			t.count("rated", 1)
			t.when(e.Score >= 4, "good")
		}
	}
	i := slices.IndexFunc(c.inquiries, func(q *inquiry) bool { return q.rec == r && q.reason == "" })
	if i >= 0 {
		t.count("inquiry_buyers", 1)
		t.when(c.inquiries[i].paidFinal, "paid_buyers_final")
	}
}
