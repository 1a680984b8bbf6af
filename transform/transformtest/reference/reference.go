// Package reference computes the KPI tables of one small world by plain loops,
// straight from the definitions and without SQL: slow, obvious, and the judge
// of the models. Its choices where the definitions are silent are in READINGS.md.
package reference

import (
	"kefu/transform/transformtest/world"
)

// Row is one row of a result table by column name. Values are nil, bool, string,
// int64 (counts, seconds), *big.Rat (amounts and share-weighted counts, exact),
// float64 (rates, hours), time.Time (instants) or world.Date.
type Row = map[string]any

// Result holds the rows of the result tables by table name.
type Result map[string][]Row

// Keys names the key columns of each result table.
var Keys = map[string][]string{
	"kpi_agent_day":     {"platform", "shop_id", "agent_id", "dt"},
	"kpi_group_day":     {"platform", "shop_id", "agent_group", "dt"},
	"kpi_shop_day":      {"platform", "shop_id", "dt"},
	"kpi_agent_window":  {"platform", "shop_id", "agent_id", "dt", "window_days"},
	"kpi_group_window":  {"platform", "shop_id", "agent_group", "dt", "window_days"},
	"kpi_shop_window":   {"platform", "shop_id", "dt", "window_days"},
	"order_attribution": {"platform", "shop_id", "order_id"},
	"order_credits":     {"platform", "shop_id", "order_id", "rule", "agent_id"},
	"inquiries":         {"platform", "shop_id", "grain", "agent_id", "buyer_id", "dt"},
	"lost_inquiries":    {"platform", "shop_id", "agent_id", "buyer_id", "dt"},
	"slow_responses":    {"platform", "shop_id", "agent_id", "buyer_id", "dt", "message_id"},
	"unreplied":         {"platform", "shop_id", "agent_id", "buyer_id", "dt"},
	"reminders":         {"platform", "shop_id", "agent_id", "buyer_id", "dt"},
	"recommendations":   {"platform", "shop_id", "agent_id", "buyer_id", "product_id", "dt"},
	"case_types":        {"platform", "shop_id", "dt", "type"},
	"kpi_topic_day":     {"platform", "shop_id", "topic", "dt"},
	"training_effects":  {"platform", "shop_id", "event_id", "metric"},
	"kpi_month":         {"grain", "platform", "shop_id", "entity", "month", "metric"},
	"pay_terms":         {"platform", "shop_id", "agent_id", "month", "metric"},
	"pay_statements":    {"platform", "shop_id", "agent_id", "month"},
	"pay_adjustments":   {"platform", "shop_id", "adjustment_id"},
}

// calc holds what the topics hand to each other while one world is computed.
type calc struct {
	w   *world.World
	out Result

	ownAccounts map[string]bool
	messages    []*message            // all, in the order of messages
	streams     map[string][]*message // by buyer: what counts, filtered receptions removed
	receptions  []*reception          // of agents, by first message
	byKey       map[receptionKey]*reception
	groups      []*reception     // of groups: unions over their agents of the day
	shops       []*reception     // of the shop: unions over agents
	human       map[pair][]*turn // human turns of a stream
	own         map[pair][]*turn // turns of reply_within
	sessions    []*session
	orders      []*order
	orderByID   map[string]*order
	inquiries   []*inquiry
	reminders   []*reminder

	days    map[entityDay]*tally
	ratings []countedRating

	lastDt  world.Date // last day with a message or an order; 0 without any
	horizon world.Date // 0 when chats or orders are missing
}

// Compute returns all result tables of a world that was opened.
func Compute(w *world.World) Result {
	c := &calc{
		w: w, out: Result{}, ownAccounts: map[string]bool{}, streams: map[string][]*message{},
		byKey: map[receptionKey]*reception{}, human: map[pair][]*turn{}, own: map[pair][]*turn{}, orderByID: map[string]*order{}, days: map[entityDay]*tally{},
	}
	for table := range Keys {
		c.out[table] = nil
	}
	c.readMessages()
	c.findHorizon()
	c.buildReceptions()
	c.pairTurns()
	c.buildPooledReceptions()
	c.splitSessions()
	c.readOrders()
	c.attributeOrders()
	c.buildInquiries()
	c.remindBuyers()

	c.countService()
	c.countConversion()
	c.countSales()
	c.countAftersales()
	c.countEvaluations()
	c.capRatings()
	c.countPresence()
	c.countReminders()
	c.countRecommendations()
	c.countConcurrency()
	c.countCases()
	c.countServed()
	c.countEvents()

	c.writeOrders()
	c.writeInquiries()
	c.writeServiceLists()
	c.writeDays()
	c.writeWindows()
	c.writeTopics()
	c.writeTrainings()
	c.writeMonths()
	c.writePay()
	return c.out
}

// findHorizon looks at the raw messages and orders, before any exclusion.
func (c *calc) findHorizon() {
	var chat, order world.Date
	for _, m := range c.messages {
		chat = max(chat, m.dt)
	}
	for _, o := range c.w.Orders {
		order = max(order, c.w.Dt(o.CreatedAt))
	}
	c.lastDt = max(chat, order)
	chat, order = max(chat, c.w.ChatsUntil), max(order, c.w.OrdersUntil)
	if chat != 0 && order != 0 {
		c.horizon = min(chat, order)
	}
}

// row starts a result row with the shop's key.
func (c *calc) row() Row { return Row{"platform": c.w.Shop.Platform, "shop_id": c.w.Shop.ID} }

// add appends a row to a result table.
func (c *calc) add(table string, r Row) { c.out[table] = append(c.out[table], r) }
