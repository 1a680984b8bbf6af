package reference

import (
	"math"
	"math/big"
	"slices"

	"kefu/transform/transformtest/world"
)

// payTerm is one term of an agent's pay as computed, or after adjustments.
type payTerm struct {
	metric                        string
	numerator, denominator, value any
	reading                       string
	attainment                    *big.Rat // nil unless measured
	paid, effective, amount       *big.Rat
}

// writePay writes the adjustments, the terms of every agent's pay and the
// statements.
func (c *calc) writePay() {
	months := c.months()
	granted, amounts := map[entityMonth]map[string]*big.Rat{}, map[entityMonth]*big.Rat{}
	for _, a := range c.w.Adjustments {
		at := entityMonth{a.AgentID, monthOf(a.Dt)}
		effect := effectOfAdjustment(a, len(months[at]) > 0)
		row := c.row()
		row["adjustment_id"], row["agent_id"], row["month"], row["dt"] = a.ID, a.AgentID, at.month, a.Dt
		row["metric"], row["value"], row["author"], row["reason"] = text(a.Metric), yuan(&a.Value), a.Author, a.Reason
		row["decided_at"], row["effect"] = a.DecidedAt, effect
		c.add("pay_adjustments", row)
		switch effect {
		case "kpi":
			if granted[at] == nil {
				granted[at] = map[string]*big.Rat{}
			}
			granted[at][a.Metric] = plusRat(granted[at][a.Metric], yuan(&a.Value))
		case "pay":
			amounts[at] = plusRat(amounts[at], yuan(&a.Value))
		}
	}
	for at, days := range months {
		if isPooled(at.entity) || c.w.IsBot(at.entity, days[len(days)-1]) || len(c.w.RulesAt(monthEnd(at.month)).PayPlan.Terms) == 0 {
			continue
		}
		c.payAgent(at, days, granted[at], amounts[at])
		delete(amounts, at)
	}
	for at, amount := range amounts {
		c.payStatement(at, nil, new(big.Rat), new(big.Rat), amount)
	}
}

func plusRat(a, b *big.Rat) *big.Rat {
	if a == nil {
		a = new(big.Rat)
	}
	return new(big.Rat).Add(a, b)
}

func effectOfAdjustment(a world.Adjustment, hasData bool) string {
	switch {
	case a.Withdrawn:
		return "withdrawn"
	case a.Metric == "":
		return "pay"
	case hasData && slices.Contains(sumsOf("an agent"), a.Metric):
		return "kpi"
	default:
		return "none"
	}
}

// payAgent writes an agent's terms of a month, and the statement.
func (c *calc) payAgent(at entityMonth, days []world.Date, granted map[string]*big.Rat, money *big.Rat) {
	rules := c.w.RulesAt(monthEnd(at.month))
	values := c.monthSums(at.entity, days)
	base := c.payBase(rules, at.entity, days[len(days)-1])
	terms := c.payTerms(rules, at.entity, base, values)
	adjusted := terms
	if granted != nil {
		for metric, by := range granted {
			values.add(metric, by)
		}
		adjusted = c.payTerms(rules, at.entity, base, values)
	}
	computed, change := new(big.Rat), new(big.Rat)
	for i, t := range terms {
		plan := rules.PayPlan.Terms[t.metric]
		row := c.row()
		row["agent_id"], row["month"], row["month_end"], row["metric"] = at.entity, at.month, monthEnd(at.month), t.metric
		row["numerator"], row["denominator"], row["value"] = t.numerator, t.denominator, t.value
		row["target"], row["attainment"] = targetOf(rules, t.metric, "agent", at.entity), ratOrNil(t.attainment)
		row["threshold"], row["floor"], row["cap"] = percent(plan.Threshold), percent(plan.Floor), percent(plan.Cap)
		if plan.Floor == nil {
			row["floor"] = new(big.Rat)
		}
		row["reading"], row["missing"], row["paid_attainment"] = t.reading, plan.Missing, t.paid
		row["weight"], row["effective_weight"], row["base"], row["amount"] = percent(plan.Weight), t.effective, base, t.amount
		row["adjusted_value"], row["adjusted_attainment"] = adjusted[i].value, ratOrNil(adjusted[i].attainment)
		row["adjusted_amount"] = adjusted[i].amount
		c.add("pay_terms", row)
		computed.Add(computed, t.amount)
		change.Add(change, new(big.Rat).Sub(adjusted[i].amount, t.amount))
	}
	if money == nil {
		money = new(big.Rat)
	}
	c.payStatement(at, base, computed, change, money)
}

func (c *calc) payStatement(at entityMonth, base, computed, change, money *big.Rat) {
	row := c.row()
	row["agent_id"], row["month"], row["month_end"], row["base"] = at.entity, at.month, monthEnd(at.month), ratOrNil(base)
	row["agent_group"], row["days"] = nil, int64(0)
	if days := c.months()[at]; base != nil {
		row["days"] = int64(len(days))
		if a := c.w.AgentRow(at.entity, days[len(days)-1]); a != nil {
			row["agent_group"] = text(a.Group)
		}
	}
	end := monthEnd(at.month)
	row["is_complete"] = c.horizon != 0 && end+world.Date(c.w.RulesAt(end).InquiryValidityDays)-1 <= c.horizon
	row["computed_amount"], row["kpi_adjustments"], row["pay_adjustments"] = computed, change, money
	row["total"] = plusRat(plusRat(computed, change), money)
	c.add("pay_statements", row)
}

func ratOrNil(r *big.Rat) any {
	if r == nil {
		return nil
	}
	return r
}

// percent is a percentage as a fraction, nil where there is none.
func percent(p *big.Rat) any {
	if p == nil {
		return nil
	}
	return new(big.Rat).Quo(p, whole(100))
}

// payBase is the agent's own, else that of his group on the day, else everyone's.
func (c *calc) payBase(rules *world.Rules, agent string, on world.Date) *big.Rat {
	base := rules.PayPlan
	if own := base.Agents[agent]; own != nil {
		return own
	}
	group := ""
	if a := c.w.AgentRow(agent, on); a != nil {
		group = a.Group
	}
	if of := base.Groups[group]; of != nil {
		return of
	}
	return base.Everyone
}

// payTerms computes the terms in the order of their names.
func (c *calc) payTerms(rules *world.Rules, agent string, base *big.Rat, values sums) []payTerm {
	var out []payTerm
	left, taking := new(big.Rat), new(big.Rat)
	for metric, plan := range rules.PayPlan.Terms {
		t := payTerm{metric: metric, reading: "measured", paid: new(big.Rat)}
		t.numerator, t.denominator, t.value = monthKPI(agent, metric, values)
		attained, ok := attainment(metric, t.value, targetOf(rules, metric, "agent", agent))
		switch {
		case t.value == nil:
			t.reading = "missing"
			if plan.Missing == "target" {
				t.paid = whole(1)
			}
			if plan.Missing == "spread" {
				left.Add(left, plan.Weight)
			}
		case !ok:
			t.reading, t.paid = "best", percent(plan.Cap).(*big.Rat)
		default:
			t.attainment = big.NewRat(int64(math.Round(attained*1e6)), 1e6)
			t.paid = paidOf(plan, t.attainment)
		}
		if t.reading != "missing" {
			taking.Add(taking, plan.Weight)
		}
		out = append(out, t)
	}
	slices.SortFunc(out, func(a, b payTerm) int { return compareText(a.metric, b.metric) })
	for i := range out {
		t, plan := &out[i], rules.PayPlan.Terms[out[i].metric]
		t.effective = effectiveWeight(plan, t.reading == "missing", left, taking)
		t.amount = inParts(times(times(base, t.effective), t.paid), 100, true)
	}
	return out
}

func compareText(a, b string) int {
	if a < b {
		return -1
	}
	return 1
}

// paidOf is nothing below the threshold, else the attainment between floor and cap.
func paidOf(plan world.PayTerm, attained *big.Rat) *big.Rat {
	if plan.Threshold != nil && attained.Cmp(percent(plan.Threshold).(*big.Rat)) < 0 {
		return new(big.Rat)
	}
	if plan.Cap != nil && attained.Cmp(percent(plan.Cap).(*big.Rat)) > 0 {
		attained = percent(plan.Cap).(*big.Rat)
	}
	floor := new(big.Rat)
	if plan.Floor != nil {
		floor = percent(plan.Floor).(*big.Rat)
	}
	if attained.Cmp(floor) < 0 {
		return floor
	}
	return attained
}

// effectiveWeight adds to a weight its part of what missing values leave, cut to
// six decimals.
func effectiveWeight(plan world.PayTerm, missing bool, left, taking *big.Rat) *big.Rat {
	weight := percent(plan.Weight).(*big.Rat)
	switch {
	case missing && plan.Missing == "spread":
		return new(big.Rat)
	case missing || taking.Sign() == 0:
		return weight
	}
	part := new(big.Rat).Quo(times(percent(left).(*big.Rat), weight), percent(taking).(*big.Rat))
	return new(big.Rat).Add(weight, inParts(part, 1e6, false))
}

// inParts keeps so many parts of one: rounded half up, or the rest left out. The
// number is not negative.
func inParts(r *big.Rat, parts int64, round bool) *big.Rat {
	scaled := times(r, whole(parts))
	if round {
		scaled.Add(scaled, big.NewRat(1, 2))
	}
	return new(big.Rat).SetFrac(new(big.Int).Quo(scaled.Num(), scaled.Denom()), big.NewInt(parts))
}
