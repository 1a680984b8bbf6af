package extracttest

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"kefu/extract/api"
)

// Sample is a shop as of now: orders of so many days, one day with so many that
// lists have pages, refunds in all states, ratings, presence, conversations.
// The same seed makes the same shop.
func Sample(now time.Time, days int, seed uint64) *Shop {
	m := &sampler{rand: rand.New(rand.NewPCG(seed, 1)), now: now.In(api.Beijing).Truncate(time.Second), shop: NewShop()} //nolint:gosec // invents, guards nothing
	m.agents()
	for d := days; d >= 1; d-- {
		for range 2 {
			m.order(m.day(d).Add(m.within(9*time.Hour, 14*time.Hour)))
		}
	}
	busy := m.day(3).Add(10 * time.Hour)
	for range 260 {
		m.order(busy.Add(m.within(0, 20*time.Minute)))
	}
	m.presence(min(days, 25))
	m.talks(min(days, 25))
	return m.shop
}

type sampler struct {
	rand  *rand.Rand
	now   time.Time
	shop  *Shop
	count int64
}

func (m *sampler) within(from, span time.Duration) time.Duration {
	return (from + time.Duration(m.rand.Int64N(int64(span)))).Truncate(time.Second)
}

// day is the beginning of the day so many days ago.
func (m *sampler) day(ago int) time.Time {
	return time.Date(m.now.Year(), m.now.Month(), m.now.Day()-ago, 0, 0, 0, 0, api.Beijing)
}

func stamp(at time.Time) string {
	if at.IsZero() {
		return ""
	}
	return at.Format(time.RFC3339)
}

func yuan(fen int64) string { return fmt.Sprintf("%d.%02d", fen/100, fen%100) }

// Agents are the sample's accounts; the first is the main one.
var Agents = []string{"示例店", "示例店:小美", "示例店:小强"}

func (m *sampler) agents() {
	for i, a := range Agents {
		m.shop.Add("agents", Row{"agent_id": a, "name": "客服" + strconv.Itoa(i)})
	}
}

func (m *sampler) buyer() string { return "buyer" + strconv.Itoa(m.rand.IntN(120)) }

// order adds an order with its items, sometimes a refund.
func (m *sampler) order(created time.Time) {
	m.count++
	id := strconv.FormatInt(3900000000000000000+m.count*1000, 10)
	row := Row{
		"order_id": id, "created_at": stamp(created), "buyer_id": m.buyer(), "pay_type": "online", "status": "created",
		"updated_at": stamp(created),
	}
	latest := created
	next := func(column string, after time.Duration) time.Time {
		latest = latest.Add(m.within(time.Minute, after))
		if latest.After(m.now) {
			latest = m.now.Add(-time.Minute)
		}
		row[column], row["updated_at"] = stamp(latest), stamp(latest)
		return latest
	}
	total, quantity := m.items(id)
	fate := m.rand.IntN(10)
	paid := time.Time{}
	if fate >= 2 {
		paid = next("paid_at", 30*time.Minute)
		row["status"], row["paid_amount"] = "paid", yuan(total)
	}
	if fate >= 4 {
		next("shipped_at", 20*time.Hour)
		row["status"] = "shipped"
	}
	if fate >= 6 {
		next("ended_at", 72*time.Hour)
		row["status"] = "finished"
	}
	if fate == 1 {
		next("ended_at", 24*time.Hour)
		row["status"] = "closed_unpaid"
	}
	row["amount"], row["quantity"] = yuan(total), strconv.FormatInt(quantity, 10)
	m.shop.Add("orders", row)
	m.shop.Change("order_items", func(r Row) bool {
		if r["order_id"] == id {
			r["updated_at"] = row["updated_at"]
		}
		return r["order_id"] == id
	})
	if !paid.IsZero() && m.rand.IntN(6) == 0 {
		m.refund(row, total, paid)
	}
}

func (m *sampler) items(order string) (total, quantity int64) {
	for i := range 1 + m.rand.Int64N(2) {
		n, price := 1+m.rand.Int64N(3), 990+m.rand.Int64N(20000)
		base, _ := strconv.ParseInt(order, 10, 64)
		product := 700000000000 + m.rand.Int64N(20)
		m.shop.Add("order_items", Row{
			"order_id": order, "item_id": strconv.FormatInt(base+1+i, 10), "product_id": strconv.FormatInt(product, 10),
			"sku_id": strconv.FormatInt(product*10+i, 10), "title": "商品" + strconv.FormatInt(product%100, 10),
			"quantity": strconv.FormatInt(n, 10), "amount": yuan(n * price),
		})
		total, quantity = total+n*price, quantity+n
	}
	return total, quantity
}

func (m *sampler) refund(order Row, total int64, paid time.Time) {
	m.count++
	requested := paid.Add(m.within(time.Hour, 40*time.Hour))
	if requested.After(m.now) {
		requested = m.now.Add(-2 * time.Minute)
	}
	row := Row{
		"refund_id": strconv.FormatInt(120000000000+m.count, 10), "requested_at": stamp(requested), "order_id": order["order_id"],
		"buyer_id": order["buyer_id"], "type": "refund_only", "status": "open", "amount": yuan(total), "reason": "不想要了",
		"updated_at": stamp(requested),
	}
	items := m.shop.Where("order_items", "order_id", order["order_id"])
	row["item_id"], row["product_id"] = items[0]["item_id"], ""
	if m.rand.IntN(2) == 0 {
		row["type"] = "return_refund"
	}
	if m.rand.IntN(4) == 0 {
		row["disputed_at"] = row["requested_at"]
	}
	if end := requested.Add(m.within(time.Hour, 30*time.Hour)); m.rand.IntN(3) > 0 && end.Before(m.now) {
		row["status"], row["completed_at"], row["updated_at"] = "succeeded", stamp(end), stamp(end)
		row["closed_by"] = "merchant"
		if row["disputed_at"] != "" {
			row["closed_by"] = "platform"
		}
	}
	delete(row, "product_id")
	m.shop.Add("refunds", row)
}

// presence adds shifts with a break in them.
func (m *sampler) presence(days int) {
	for d := days; d >= 1; d-- {
		for _, a := range Agents[1:] {
			start := m.day(d).Add(m.within(8*time.Hour, time.Hour))
			pause, back, end := start.Add(3*time.Hour), start.Add(4*time.Hour), start.Add(9*time.Hour)
			for _, r := range []Row{
				{"from_at": stamp(start), "to_at": stamp(pause), "state": "online"},
				{"from_at": stamp(pause), "to_at": stamp(back), "state": "away"},
				{"from_at": stamp(back), "to_at": stamp(end), "state": "online"},
			} {
				r["agent_id"] = a
				m.shop.Add("agent_presence", r)
			}
		}
	}
}

// talks adds conversations, some with a card that asks for a rating.
func (m *sampler) talks(days int) {
	for d := days; d >= 1; d-- {
		for range 4 {
			m.talk(m.day(d).Add(m.within(9*time.Hour, 10*time.Hour)), Agents[1+m.rand.IntN(2)], m.buyer())
		}
	}
}

func (m *sampler) talk(at time.Time, agent, buyer string) {
	m.count++
	ticket := strconv.FormatInt(m.count, 10)
	for i := range 4 {
		sender, text := "buyer", "在吗"+strconv.Itoa(i)
		if i%2 == 1 {
			sender, text = "agent", "您好"+strconv.Itoa(i)
		}
		m.shop.Add("chat_messages", Row{
			"sent_at": stamp(at), "buyer_id": buyer, "agent_id": agent, "sender": sender, "kind": "text", "text": text, "case_id": ticket,
		})
		at = at.Add(m.within(5*time.Second, 50*time.Second))
	}
	if m.rand.IntN(2) == 0 {
		rating := Row{"invited_at": stamp(at), "buyer_id": buyer, "agent_id": agent, "served_by": "human", "source": "agent", "updated_at": stamp(at)}
		if m.rand.IntN(3) > 0 {
			rated := at.Add(m.within(10*time.Second, time.Minute))
			rating["rated_at"], rating["updated_at"] = stamp(rated), stamp(rated)
			rating["score"] = strconv.Itoa(1 + m.rand.IntN(5))
		}
		m.shop.Add("evaluations", rating)
	}
}
