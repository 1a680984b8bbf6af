package world

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// payNumbers draws from a stream of its own, so that worlds stay as they are in
// everything else.
func (g *generator) payNumbers(seed uint64) *generator {
	own := *g
	own.r = rand.New(rand.NewPCG(seed, 0x706179))
	return &own
}

// lines, targets and plans that are worth a try. A plan pays by targets of the
// entry of targets that it stands with.
var (
	gradeChoices = []string{
		`grades: {inquiry_to_pay_rate: {direction: higher, warning: 0.2, pass: 0.5, excellent: 1}, response_avg_s: {pass: 50}}`,
		`grades: {slow_rate: {direction: lower, excellent: 0, pass: 0.5}, reply_rate: {warning: 0.5, pass: 0.75}, answer_ratio: off}`,
		`grades: {received_buyers: {direction: higher, pass: 2, excellent: 3}, unreplied_buyers: {direction: lower, warning: 1}, reply_within_rate: {warning: off, excellent: 1}}`,
		`grades: off`,
		`grades: {good_rate: {direction: higher, warning: 0.5}, response_p50_s: {direction: lower, pass: 30, warning: 60}, distinct_received_buyers: {direction: higher, pass: 2}}`,
	}
	targetChoices = []string{
		`targets: {sales_amount: 200, response_avg_s: 40, reply_rate: 0.8, good_rate: 0.5, inquiry_to_pay_rate: {agent: 0.3, shop: 0.4, agents: {a1: 0.25}}}`,
		`targets: {sales_amount: {agent: 64.5, group: 300, shop: 1000, agents: {a1: 100, a2: 50}, groups: {g: 70}}, response_avg_s: {agent: 60, agents: {a3: 32}}, reply_rate: 1, good_rate: 0.9, inquiry_to_pay_rate: 0.35}`,
	}
	planChoices = []string{
		`pay_plan: {base: 1000, sales_amount: {weight: 60, floor: 20, cap: 150}, response_avg_s: {weight: 40, cap: 120, missing: spread}}`,
		`pay_plan: {base: {everyone: 2000, groups: {g: 2500.55}, agents: {a1: 3000}}, reply_rate: {weight: 33.3333}, good_rate: {weight: 33.3333, missing: target}, inquiry_to_pay_rate: {weight: 33.3334, threshold: 60, missing: spread}}`,
		`pay_plan: {base: 100.01, good_rate: {weight: 25, missing: spread, cap: 100}, response_avg_s: {weight: 25, cap: 200, floor: 10, missing: spread}, sales_amount: {weight: 50, threshold: 50}}`,
		`pay_plan: off`,
	}
)

// payRules draws grades, targets, the smallest denominator of rankings and pay
// plans, from the start and from days in the middle.
func (g *generator) payRules() {
	var b strings.Builder
	entry := func(from Date, value string) {
		text := ""
		if from != 0 {
			text = fmt.Sprintf("from: %q, ", from.String())
		}
		fmt.Fprintf(&b, "- {%splatform: %s, shop: %s, values: {%s}}\n", text, g.w.Shop.Platform, g.w.Shop.ID, value)
	}
	middle := func() Date { return g.first + Date(g.between(0, g.days)) }
	if g.chance(40) {
		entry(pick(g, 0, middle()), pick(g, gradeChoices...))
		if g.chance(50) {
			entry(middle(), pick(g, gradeChoices...))
		}
	}
	if g.chance(60) {
		entry(pick(g, 0, middle()), fmt.Sprintf("ranking_minimum: %d", pick(g, 0, 1, 2, 3)))
	}
	if g.chance(60) {
		entry(0, pick(g, targetChoices...))
		if g.chance(50) {
			entry(middle(), pick(g, targetChoices...))
		}
		entry(pick(g, 0, 0, middle()), pick(g, planChoices...))
		if g.chance(50) {
			entry(middle()+Date(g.between(0, 20)), pick(g, planChoices...))
		}
	}
	g.w.Rules += b.String()
}

// adjustments draws appeals that were granted, of sums, of rates, of nobody's
// month, of pay, and some withdrawn.
func (g *generator) adjustments() {
	if g.chance(40) {
		return
	}
	for i := range g.between(1, 6) {
		g.w.Adjustments = append(g.w.Adjustments, Adjustment{
			ID: fmt.Sprintf("adj%d", i), AgentID: pick(g, append(g.agents, "gone")...), Dt: g.first + Date(g.between(-3, g.days+8)),
			Metric: pick(g, "", "", "good", "bad", "rated", "replied_buyers", "unreplied_buyers", "response_sum_s", "response_turns", "sales_amount", "paid_buyers_final", "inquiry_buyers", "online_hours", "reply_rate", "pay_rate", "nonsense"),
			Value:  int64(pick(g, 100, 200, -100, 50, -12345, 9999, 0)), Author: []string{"主管", "店长"}[i%2], Reason: []string{"申诉成立", "漏记补发"}[i%2],
			DecidedAt: g.w.Start(g.first + Date(g.days)).Add(time.Duration(g.between(0, 90000)) * time.Second), Withdrawn: g.chance(15),
		})
	}
}
