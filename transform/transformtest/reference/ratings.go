package reference

import (
	"slices"
	"sort"
	"strings"

	"kefu/transform/transformtest/world"
)

// countedRating is an order rating that the monthly cap lets through.
type countedRating struct {
	*world.OrderRating
	createdDt world.Date // of its order
}

// judgeEvaluation returns the invited day, whether the evaluation lies in the
// hours and comes from a source that count, and whether it counts at all.
func (c *calc) judgeEvaluation(e *world.Evaluation) (dt world.Date, inScope, counts bool) {
	at := e.InvitedAt
	if at.IsZero() {
		at = e.RatedAt
	}
	dt = c.w.Dt(at)
	rules := c.w.RulesAt(dt)
	if c.excludesBuyer(e.BuyerID, dt) || c.w.ExcludesAgent(e.AgentID, dt) {
		return dt, false, false
	}
	if e.ServedBy == "bot" && rules.ServedBy != "human_and_bot" {
		return dt, false, false
	}
	source := e.Source
	if source == "" {
		source = "buyer"
	}
	inScope = slices.Contains(rules.RatingSources, source) && world.InHours(c.w.Local(at), rules.RatingFrom, rules.RatingTo)
	return dt, inScope, inScope || e.Score != 0
}

// countEvaluations adds evaluations to their invited days.
func (c *calc) countEvaluations() {
	for i := range c.w.Evaluations {
		e := &c.w.Evaluations[i]
		dt, inScope, counts := c.judgeEvaluation(e)
		if !counts {
			continue
		}
		for _, day := range c.owners(e.AgentID, dt) {
			day.when(inScope, "invited")
			if e.Score == 0 {
				continue
			}
			day.count("csat_rated", 1)
			day.when(e.Score >= 4, "csat_good")
			if inScope {
				day.count("rated", 1)
				day.count("score_sum", e.Score)
				day.when(e.Score >= 4, "good")
				day.when(e.Score == 3, "neutral")
				day.when(e.Score <= 2, "bad")
			}
		}
	}
}

// capRatings keeps, per buyer and month, the earliest ratings up to the cap.
func (c *calc) capRatings() {
	type month struct {
		buyer string
		month world.Date
	}
	groups := map[month][]countedRating{}
	for i := range c.w.Ratings {
		r := &c.w.Ratings[i]
		o := c.orderByID[r.OrderID]
		if o == nil || !o.valid {
			continue
		}
		buyer := "order:" + o.ID
		if o.linked {
			buyer = o.buyer
		}
		k := month{buyer, c.w.Dt(r.RatedAt).Month()}
		groups[k] = append(groups[k], countedRating{r, o.createdDt})
	}
	for _, list := range groups {
		sort.Slice(list, func(i, j int) bool {
			a, b := list[i], list[j]
			if !a.RatedAt.Equal(b.RatedAt) {
				return a.RatedAt.Before(b.RatedAt)
			}
			if a.OrderID != b.OrderID {
				return strings.Compare(a.OrderID, b.OrderID) < 0
			}
			return a.ItemID < b.ItemID
		})
		for i, r := range list {
			if i < c.w.RulesAt(c.w.Dt(r.RatedAt)).DSRMaxPerMonth {
				c.ratings = append(c.ratings, r)
			}
		}
	}
}
