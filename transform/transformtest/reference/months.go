package reference

import (
	"math/big"
	"slices"
	"strings"
	"time"

	"kefu/transform/transformtest/world"
)

// notOfMonths are counts of days that a calendar month does not have: they are
// known too late.
var notOfMonths = []string{"retained_buyers", "same_product_buyers"}

// sumsOf names the columns of an entity whose days add up.
func sumsOf(entity string) []string {
	all := slices.Concat(countsOf(entity), amountsOf(entity), hoursColumnsOf(entity), []string{"net_sales_amount"})
	return slices.DeleteFunc(all, func(name string) bool { return slices.Contains(notOfMonths, name) })
}

// isSum tells the columns whose days add up.
func isSum(column string) bool { return slices.Contains(sumsOf(shopEntity), column) }

// sidesOf names what stands above and below the line of every rate of an entity.
func sidesOf(entity string) map[string][2][]string {
	out := map[string][2][]string{
		"reply_rate": {{"replied_buyers"}, {"replied_buyers", "unreplied_buyers"}},
		"good_rate":  {{"good"}, {"good", "neutral", "bad"}},
	}
	for _, r := range ratesOf(entity) {
		out[r.name] = [2][]string{{r.numerator}, {r.denominator}}
	}
	return out
}

// lowerIsBetter lists the columns of months that are the better the lower.
var lowerIsBetter = []string{
	"ordered_unpaid_buyers", "lost_buyers", "lost_rate", "refunded_amount", "uncredited_amount", "unlinked_amount",
	"unreplied_buyers", "first_response_avg_s", "response_avg_s", "slow_buyers", "slow_rate", "long_receptions",
	"chat_transfer_rate", "neutral", "bad", "refunds", "refund_rate", "disputes", "dispute_rate", "refund_duration_avg_h",
	"complaints", "complaint_rate", "resolution_avg_h", "transferred_cases", "transfer_rate", "repeat_cases",
	"repeat_contact_rate", "nps_detractors", "labour_cost", "cost_per_case",
}

func monthOf(d world.Date) world.Date {
	at := d.Time()
	return world.DateOf(time.Date(at.Year(), at.Month(), 1, 0, 0, 0, 0, time.UTC))
}

func monthEnd(month world.Date) world.Date {
	at := month.Time()
	return world.DateOf(time.Date(at.Year(), at.Month()+1, 0, 0, 0, 0, 0, time.UTC))
}

// entityMonth names an entity's calendar month.
type entityMonth struct {
	entity string
	month  world.Date
}

// months gathers the days with data of every entity and month, in order.
func (c *calc) months() map[entityMonth][]world.Date {
	out := map[entityMonth][]world.Date{}
	for k := range c.days {
		if k.dt <= c.lastDt {
			at := entityMonth{k.entity, monthOf(k.dt)}
			out[at] = append(out[at], k.dt)
		}
	}
	for _, days := range out {
		slices.Sort(days)
	}
	return out
}

// monthSums adds up what an entity's days of a month give.
func (c *calc) monthSums(entity string, days []world.Date) sums {
	var tallies []*tally
	for _, d := range days {
		tallies = append(tallies, c.days[entityDay{entity, d}])
	}
	s := sumOf(tallies...)
	s["net_sales_amount"] = new(big.Rat).Sub(s.get("sales_amount"), s.get("refunded_amount"))
	return s
}

// monthKPI is a KPI of sums: the sum itself, or the two sides and their ratio.
func monthKPI(entity, metric string, values sums) (numerator, denominator, value any) {
	sides, isRate := sidesOf(entity)[metric]
	if !isRate {
		return nil, nil, asFloat(values.get(metric))
	}
	plus := func(names []string) *big.Rat {
		total := new(big.Rat)
		for _, name := range names {
			total.Add(total, values.get(name))
		}
		return total
	}
	n, d := plus(sides[0]), plus(sides[1])
	return asFloat(n), asFloat(d), ratio(n, d)
}

// writeMonths writes the rows of kpi_month.
func (c *calc) writeMonths() {
	for at, days := range c.months() {
		values, rules := c.monthSums(at.entity, days), c.w.RulesAt(monthEnd(at.month))
		metrics := sumsOf(at.entity)
		for metric := range sidesOf(at.entity) {
			metrics = append(metrics, metric)
		}
		for _, metric := range metrics {
			row := c.row()
			row["grain"], row["entity"] = grainOf(at.entity), strings.TrimPrefix(at.entity, groupMark)
			row["month"], row["month_end"], row["metric"] = at.month, monthEnd(at.month), metric
			row["numerator"], row["denominator"], row["value"] = monthKPI(at.entity, metric, values)
			target := targetOf(rules, metric, grainOf(at.entity), row["entity"].(string))
			row["target"], row["attainment"] = asFloat(target), nil
			if attained, ok := attainment(metric, row["value"], target); ok {
				row["attainment"] = attained
			}
			row["grade"] = nil
			if !isSum(metric) {
				row["grade"] = gradeOf(rules, metric, row["value"])
			}
			c.add("kpi_month", row)
		}
	}
}

func grainOf(entity string) string {
	switch {
	case entity == shopEntity:
		return "shop"
	case isGroup(entity):
		return "group"
	default:
		return "agent"
	}
}

// targetOf is the target of one's own, else that of the grain, else the plain
// number: everybody's of a rate, an agent's of a sum.
func targetOf(rules *world.Rules, metric, grain, name string) *big.Rat {
	t := rules.Targets[metric]
	own := map[string]map[string]*big.Rat{"agent": t.Agents, "group": t.Groups}[grain]
	if own[name] != nil {
		return own[name]
	}
	if all := map[string]*big.Rat{"agent": t.Agent, "group": t.Group, "shop": t.Shop}[grain]; all != nil {
		return all
	}
	if grain == "agent" || !isSum(metric) {
		return t.Every
	}
	return nil
}

// attainment is value by target, or the inverse; ok is false where there is none.
func attainment(metric string, value any, target *big.Rat) (float64, bool) {
	v, ok := value.(float64)
	if !ok || target == nil || target.Sign() <= 0 {
		return 0, false
	}
	goal, _ := target.Float64()
	if !slices.Contains(lowerIsBetter, metric) {
		return v / goal, true
	}
	return goal / v, v > 0
}

// gradeOf tells the best line that a value reaches; nil where none decides.
func gradeOf(rules *world.Rules, metric string, value any) any {
	lines, drawn := rules.Grades[metric]
	v, ok := value.(float64)
	if !drawn || !ok {
		return nil
	}
	reaches := func(line *big.Rat) bool {
		l, _ := line.Float64()
		if lines.Direction == "lower" {
			return v <= l
		}
		return v >= l
	}
	switch {
	case lines.Excellent != nil && reaches(lines.Excellent):
		return "excellent"
	case lines.Pass != nil && reaches(lines.Pass):
		return "pass"
	case lines.Warning != nil && !reaches(lines.Warning):
		return "warning"
	case lines.Pass != nil:
		return "below_pass"
	case lines.Warning != nil:
		return "pass"
	default:
		return nil
	}
}
