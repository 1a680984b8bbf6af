package world

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// generator draws one world; equal seeds give equal worlds.
type generator struct {
	r      *rand.Rand
	w      *World
	first  Date
	days   int
	agents []string
	buyers []string
	hot    []time.Time // instants that many events lie on or beside
	tangle bool        // one or two buyers, few days, many robots and handovers
}

// Random returns a small world crowded with edge cases: bursts around midnight
// and the cut, limits met exactly, rules that change in the middle. It is open.
func Random(seed uint64) (*World, error) {
	g := &generator{r: rand.New(rand.NewPCG(seed, 0x6b656675))}
	g.tangle = g.chance(35)
	g.shop(seed)
	g.ruleEntries()
	pay := g.payNumbers(seed)
	pay.payRules()
	if err := g.w.Open(); err != nil {
		return nil, fmt.Errorf("world of seed %d: %w", seed, err)
	}
	g.people()
	g.instants()
	g.chats()
	g.presence()
	g.orders()
	g.followAdvice()
	g.pendings()
	g.nameOrders()
	g.afterSales()
	g.ratings()
	g.evaluations()
	g.flags()
	g.cases()
	g.events()
	g.end()
	pay.adjustments()
	return g.w, nil
}

func pick[T any](g *generator, list ...T) T { return list[g.r.IntN(len(list))] }

// chance is true in so many of a hundred cases.
func (g *generator) chance(percent int) bool { return g.r.IntN(100) < percent }

func (g *generator) between(low, high int) int { return low + g.r.IntN(high-low+1) }

func number(n int64) *int64 { return &n }

func (g *generator) shop(seed uint64) {
	platform := pick(g, "other", "other", "taobao", "tmall", "jd", "jd", "kuaishou", "doudian", "pdd")
	starts := []string{"2026-01-05", "2026-02-25", "2026-04-20"}
	switch platform {
	case "jd":
		starts = append(starts, "2021-11-25")
	case "kuaishou":
		starts = append(starts, "2023-06-22", "2023-06-25")
	}
	zone := "Asia/Shanghai"
	if g.chance(12) {
		zone, starts = "Europe/London", []string{"2026-03-20", "2025-10-18", "2026-01-05"}
	}
	g.first, _ = ParseDate(pick(g, starts...)) // one of the constants above
	g.days = g.between(8, 25)
	id := fmt.Sprintf("w%06d", seed)
	g.w = &World{Name: fmt.Sprintf("seed %d", seed), Shop: Shop{Platform: platform, ID: id, Name: id, Timezone: zone}}
	for i := range g.between(2, 4) {
		g.agents = append(g.agents, fmt.Sprintf("a%d", i+1))
	}
	names := []string{"b1", "b2", "jxx23", "j23", "jyy23", "kab1", "小明同学88", "小红88"}
	g.r.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	g.buyers = names[:g.between(2, 5)]
	if g.tangle {
		g.days, g.buyers = g.between(3, 6), names[:g.between(1, 2)]
	}
	if g.chance(15) {
		g.buyers = append(g.buyers, g.agents[0]) // an own account that appears as a buyer
	}
}

// ruleEntries draws entries of the shop: each rule alone, from the start or from
// a day in the middle, some changed again.
func (g *generator) ruleEntries() {
	density := pick(g, 0, 8, 15, 30, 50)
	if g.tangle {
		density = pick(g, 15, 40, 70)
	}
	var b strings.Builder
	for _, rule := range ruleChoices {
		if !g.chance(density) {
			continue
		}
		from := Date(0)
		for range g.between(1, 2) {
			text := ""
			if from != 0 || g.chance(50) {
				from = max(from, g.first) + Date(g.between(1, max(2, g.days/2)))
				text = fmt.Sprintf("from: %q, ", from.String())
			} else {
				from = g.first
			}
			value := pick(g, rule...)
			fmt.Fprintf(&b, "- {%splatform: %s, shop: %s, values: {%s}}\n", text, g.w.Shop.Platform, g.w.Shop.ID, value)
		}
	}
	if g.chance(35) { // few worlds are long enough for the default
		fmt.Fprintf(&b, "- {platform: %s, shop: %s, values: {retention_days: %d}}\n", g.w.Shop.Platform, g.w.Shop.ID, g.between(1, 6))
	}
	if g.chance(15) { // for orders that two agents share
		fmt.Fprintf(&b, "- {platform: %s, shop: %s, values: {credit: split, split_order_share: 0.3}}\n", g.w.Shop.Platform, g.w.Shop.ID)
	}
	g.w.Rules = b.String()
}

// ruleChoices lists values worth a try, one list per rule.
var ruleChoices = [][]string{
	{`day_starts_at: "04:00"`, `day_starts_at: "06:00"`, `day_starts_at: "03:30"`, `day_starts_at: "00:00"`},
	{`exclude_agents: [a2]`, `exclude_agents: [a1, a3]`, `exclude_agents: []`},
	{`exclude_flags: [internal]`, `exclude_flags: [malicious]`, `exclude_flags: []`, `exclude_flags: [advertiser, malicious]`},
	{`auto_reply_patterns: ["=您好"]`, `auto_reply_patterns: ["欢迎*", "/自动.*/"]`, `auto_reply_patterns: []`},
	{`served_by: human_and_bot`, `served_by: human_only`},
	{`filter_monologue_buyer_messages: 1`, `filter_monologue_buyer_messages: 2`, `filter_monologue_buyer_messages: off`},
	{`filter_single_sentence_agent_messages: 1`, `filter_single_sentence_agent_messages: 2`, `filter_single_sentence_agent_messages: off`},
	{`filter_watchword: 暗号, filter_watchword_times: 1`, `filter_watchword: 暗号, filter_watchword_times: 2`, `filter_watchword: off`},
	{`handover_max_agent_messages: 1`, `handover_max_agent_messages: 2`, `handover_max_agent_messages: off`},
	{`long_reception_minutes: 1`, `long_reception_minutes: 3`, `long_reception_minutes: 60`},
	{`reply_horizon: 10m`, `reply_horizon: 1h`, `reply_horizon: 90s`, `reply_horizon: 24h`, `reply_horizon: 48h`},
	{`response_from: last`, `response_from: first`},
	{`subtract_offline: true`, `subtract_offline: true`, `subtract_offline: false`},
	{`slow_response: {seconds: 30, scope: first}`, `slow_response: {seconds: 60, scope: average}`, `slow_response: {seconds: 10, times: 2}`, `slow_response: {scope: average, seconds: 100}`},
	{`session_gap_minutes: 1`, `session_gap_minutes: 3`, `session_gap_minutes: 120`, `session_gap_minutes: 10`},
	{
		`reply_within: {seconds: 60}`, `reply_within: {unit: turn}`, `reply_within: {unit: turn, first_only: true, seconds: 30}`,
		`reply_within: {unit: session, seconds: 30}`, `reply_within: {unit: session, hours: "00:00-24:00", seconds: 60}`, `reply_within: {unit: session, hours: "00:00-24:00", bot_replies: true}`,
		`reply_within: {unit: turn, hours: "22:00-06:00", bot_replies: true}`, `reply_within: {first_only: true, hours: "09:00-23:00"}`,
		`reply_within: {unit: person, bot_replies: true, hours: "00:00-24:00"}`,
	},
	{`inquiry_validity_days: 1`, `inquiry_validity_days: 3`, `inquiry_validity_days: 2`, `inquiry_validity_days: 15`},
	{`after_sales_days: 0`, `after_sales_days: 1`, `after_sales_days: 3`},
	{`credit: order_agent`, `credit: pay_agent`, `credit: split`, `credit: split`, `credit: order_then_pay`},
	{`split_order_share: 0.3`, `split_order_share: 0.3333`, `split_order_share: 1`, `split_order_share: 0`},
	{`order_agent_needs_buyer_message: false`, `order_agent_needs_buyer_message: true`},
	{`inquiry_roles: [presale]`, `inquiry_roles: [presale, aftersale, both]`, `inquiry_roles: [aftersale]`},
	{`outbound_days: 2`, `outbound_days: 3`},
	{`order_agent_by: first`, `order_agent_by: most_messages`, `order_agent_by: latest`},
	{`credit_silent_follow_up: true`, `credit_silent_follow_up: true`, `credit_silent_follow_up: false`},
	{`follow_up_minutes: 1`, `follow_up_minutes: 30`},
	{`agent_initiated_counts: true`, `agent_initiated_counts: false`},
	{`agent_initiated_reply_days: 1`, `agent_initiated_reply_days: 3`},
	{`remind_after_minutes: 1`, `remind_after_minutes: 10`, `remind_after_minutes: 30`},
	{`remind_within_hours: 1`, `remind_within_hours: 24`},
	{`exclude_orders: {tags: [red]}`, `exclude_orders: {products: [p2], min_amount: 0.01}`, `exclude_orders: {ids: [o1, o3], min_amount: 50}`, `exclude_orders: {}`},
	{`merge_lost_across_days: false`, `merge_lost_across_days: true`},
	{`handover_counts: true`, `handover_counts: false`},
	{`rating_hours: "22:00-09:00"`, `rating_hours: "09:00-23:00"`},
	{`rating_sources: [buyer]`, `rating_sources: [agent, system]`},
	{`dsr_max_per_month: 1`, `dsr_max_per_month: 2`},
	{`recommendation_marks: ["=好的", "推荐*"]`, `recommendation_marks: ["/发货|有货/"]`, `recommendation_marks: []`},
	{`sla_first_reply_minutes: 1`, `sla_first_reply_minutes: 600`},
	{`sla_resolve_hours: 1`, `sla_resolve_hours: 200`},
	{`repeat_contact_days: 1`, `repeat_contact_days: 3`},
	{`retention_days: 1`, `retention_days: 3`, `retention_days: 5`, `retention_days: 20`},
	{`training_days: 1`, `training_days: 3`, `training_days: 5`},
	{`training_kpis: [answer_ratio, reply_rate]`, `training_kpis: [amount_per_buyer, csat, response_avg_s]`, `training_kpis: []`},
}

// people draws rows of agents: robots, roles, groups, changes in the middle; the
// first agent often has none.
func (g *generator) people() {
	for i, id := range g.agents {
		if i == 0 && g.chance(40) {
			continue
		}
		a := Agent{ID: id, Name: "客服" + id, Group: pick(g, "", "g", "h"), Role: pick(g, "", "", "presale", "aftersale", "both")}
		a.IsBot = i > 0 && g.chance(12)
		if g.chance(70) {
			a.HourlyCost = number(int64(pick(g, 0, 3000, 4550, 33)))
		}
		if !g.chance(30) {
			g.w.Agents = append(g.w.Agents, a)
			continue
		}
		middle := g.first + Date(g.between(1, g.days-1))
		later := a
		later.HourlyCost = pick(g, nil, a.HourlyCost, number(5001))
		later.ValidFrom, later.Role, later.Group = middle, pick(g, "", "aftersale", "presale"), pick(g, "", "g", "h")
		later.IsBot = i > 0 && g.chance(20)
		if g.chance(60) {
			a.ValidTo = middle - 1
		}
		if g.chance(30) {
			later.ValidTo = middle + Date(g.between(0, 5))
		}
		g.w.Agents = append(g.w.Agents, a, later)
	}
	for i := range 4 {
		p := Product{ID: fmt.Sprintf("p%d", i+1), Title: "商品", Price: number(int64(pick(g, 1000, 999, 1, 0)))}
		if g.chance(15) {
			p.Price = nil
		}
		g.w.Products = append(g.w.Products, p)
	}
}

// instants draws the times around which things happen: starts of business and
// calendar days, edges of hours, and plain daytimes.
func (g *generator) instants() {
	for d := g.first; d < g.first+Date(g.days); d++ {
		if g.chance(35) {
			g.hot = append(g.hot, g.w.Start(d))
		}
		if g.chance(20) {
			g.hot = append(g.hot, d.At(g.w.zone, pick(g, 8, 9, 22, 23, 6)*60))
		}
		if g.chance(50) {
			g.hot = append(g.hot, d.At(g.w.zone, g.between(9*60, 22*60)))
		}
	}
	if len(g.hot) == 0 {
		g.hot = append(g.hot, g.w.Start(g.first))
	}
}

// moment returns a time at or near a hot instant.
func (g *generator) moment() time.Time {
	at := pick(g, g.hot...)
	switch g.r.IntN(6) {
	case 0:
		return at
	case 1:
		return at.Add(-time.Second)
	case 2:
		return at.Add(-time.Microsecond)
	case 3:
		return at.Add(time.Duration(g.between(-1800, 1800)) * time.Second)
	default:
		return at.Add(time.Duration(g.between(-300, 600)) * time.Second)
	}
}

// end closes the data: often a message and an order after everything else, now
// and then only one of them or far later.
func (g *generator) end() {
	last := g.first + Date(g.days)
	if g.chance(25) {
		last += Date(g.between(20, 70))
	}
	noon := last.At(g.w.zone, 12*60)
	if !g.chance(10) {
		g.w.Messages = append(g.w.Messages, ChatMessage{
			ID: "m99999", SentAt: noon, BuyerID: "last", AgentID: g.agents[0], Sender: "buyer", Kind: "text",
		})
	}
	if !g.chance(15) {
		g.w.Orders = append(g.w.Orders, Order{
			ID: "o99999", CreatedAt: noon.Add(time.Duration(g.between(-48, 0)) * time.Hour), Status: "created", Amount: number(100),
		})
	}
	if g.chance(3) {
		g.w.Messages = nil
	}
	if g.chance(3) {
		g.w.Orders, g.w.Items = nil, nil
	}
	if g.chance(15) {
		g.w.ChatsUntil = last + Date(g.between(-5, 5))
	}
	if g.chance(15) {
		g.w.OrdersUntil = last + Date(g.between(-5, 5))
	}
}
