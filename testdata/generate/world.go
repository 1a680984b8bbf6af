package main

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// Times are seconds of the shop's wall clock, as if it were UTC.
const (
	minute = 60
	hour   = 60 * minute
	day    = 24 * hour
)

// firstDay is 2026-01-01.
var firstDay = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Unix()

func clock(at int64) string {
	if at == 0 {
		return ""
	}
	return time.Unix(at, 0).UTC().Format("2006-01-02 15:04:05")
}

func dateOf(at int64) string { return time.Unix(at, 0).UTC().Format("2006-01-02") }

// dayOf is the index of a time's day.
func dayOf(at int64) int { return int((at - firstDay) / day) }

// shop is a shop with its people and goods.
type shop struct {
	platform, id, title string
	seed                uint64
	buyers, days        int
	account             string // prefix of accounts
	agents              []*agent
	bot                 *agent
	products            []*product
	end                 int64 // of the last day
	exported            int64 // when the last exports were made
}

// agent is an account of customer service.
type agent struct {
	id, name, file string
	group, role    string
	shift          string
	cost           int // hundredths of a yuan an hour
	median         float64
	skill          float64 // of selling
	warmth         float64 // of being rated well
	from, to       int64   // of the day
	off            int     // weekday without work, 0 = Sunday
	joined         int     // first day
	bot            bool
}

// works tells whether the agent is on shift.
func (a *agent) works(at int64) bool {
	if a.bot || dayOf(at) < a.joined || int(time.Unix(at, 0).UTC().Weekday()) == a.off {
		return false
	}
	second := (at - firstDay) % day
	return second >= a.from && second < a.to
}

type product struct {
	id, sku, title, category string
	price                    int // hundredths
}

// message is a message with all that a platform could say about it.
type message struct {
	at         int64
	from       string // buyer or account
	sender     string // buyer, agent, bot, system
	agent      string
	kind       string
	text       string
	auto       bool
	leave      bool
	product    string
	order      string
	transferTo string
}

// conversation is what a buyer and the shop write on end.
type conversation struct {
	id       string
	start    int64
	end      int64
	buyer    string
	agent    *agent
	transfer *agent // whom the buyer was handed to
	product  *product
	leave    bool
	messages []message
	rating   *rating
}

// rating is an evaluation of the service.
type rating struct {
	invited, rated int64
	agent          *agent
	score          int
	source         string
}

type item struct {
	id       string
	product  *product
	quantity int
	paid     int // hundredths, after discounts
}

// order is an order with its whole life; a zero time never comes.
type order struct {
	id                                string
	buyer                             string
	created, deposit, paid            int64
	shipped, finished, closed         int64
	cod, staged, phone                bool
	items                             []item
	goods, postage                    int // hundredths
	refund                            *refund
	rated                             int64
	scores                            [3]int
	complaint                         int64
	complaintAgent, complaintCategory string
	agent                             *agent // who sold it, nil = nobody
}

func (o *order) amount() int { return o.goods + o.postage }

func (o *order) quantity() int {
	n := 0
	for _, i := range o.items {
		n += i.quantity
	}
	return n
}

type refund struct {
	id                   string
	requested, completed int64
	kind                 string // refund_only, return_refund
	status               string // succeeded, closed
	amount               int
	reason               string
	disputed             bool
	by                   string // merchant, platform, buyer, system
	agent                *agent
}

// before gives a time as known at another: later ones are not known yet.
func before(at, asOf int64) int64 {
	if at > asOf {
		return 0
	}
	return at
}

// status is the order's state as known at a time.
func (o *order) status(asOf int64) string {
	known := func(at int64) bool { return at != 0 && at <= asOf }
	switch {
	case known(o.closed) && known(o.paid):
		return "closed_refunded"
	case known(o.closed):
		return "closed_unpaid"
	case known(o.finished):
		return "finished"
	case known(o.shipped):
		return "shipped"
	case known(o.paid):
		return "paid"
	default:
		return "created"
	}
}

func yuan(cents int) string { return fmt.Sprintf("%d.%02d", cents/100, cents%100) }

// newShop sets up one of the two shops.
func newShop(platform string, set settings) (*shop, error) {
	s := &shop{platform: platform, seed: set.seed, buyers: set.buyers, days: set.days}
	s.end = firstDay + int64(set.days)*day
	s.exported = s.end + 9*hour + 30*minute
	switch platform {
	case "tmall":
		s.id, s.title, s.account = "flagship", "示例旗舰店", "示例旗舰店:"
		s.bot = &agent{id: s.account + "服务助手", name: "服务助手", file: "fuwuzhushou", bot: true}
	case "jd":
		s.id, s.title, s.account = "jd-store", "示例京东自营旗舰店", "示例京东店-"
		s.buyers = max(1, set.buyers/2)
		s.bot = &agent{id: "jimi_示例京东店", name: "智能客服", file: "jimi", bot: true}
	default:
		return nil, fmt.Errorf("unknown shop %q: want tmall or jd", platform)
	}
	s.agents = staff(s)
	s.products = goods(platform, rand.New(rand.NewPCG(set.seed, 7)))
	return s, nil
}

// staff hires the people of the shop: the first ones are characters, more come
// with more buyers.
func staff(s *shop) []*agent {
	people := []agent{
		{name: "小美", file: "xiaomei", group: "售前一组", role: "presale", shift: "早班", cost: 3200, median: 14, skill: 1.25, warmth: .93, from: 8*hour + 30*minute, to: 17*hour + 30*minute, off: 3},
		{name: "小林", file: "xiaolin", group: "售前一组", role: "presale", shift: "早班", cost: 2800, median: 46, skill: .9, warmth: .8, from: 8*hour + 30*minute, to: 17*hour + 30*minute, off: 0},
		{name: "阿宁", file: "aning", group: "售前二组", role: "presale", shift: "晚班", cost: 3000, median: 22, skill: 1.05, warmth: .88, from: 15 * hour, to: 24 * hour, off: 2},
		{name: "小周", file: "xiaozhou", group: "售后组", role: "aftersale", shift: "早班", cost: 3100, median: 30, skill: .6, warmth: .84, from: 9 * hour, to: 18 * hour, off: 6},
		{name: "小顾", file: "xiaogu", group: "售前二组", role: "both", shift: "晚班", cost: 2900, median: 35, skill: 1, warmth: .86, from: 14 * hour, to: 23*hour + 30*minute, off: 4},
		{name: "新人小何", file: "xiaohe", group: "售前一组", role: "presale", shift: "中班", cost: 2200, median: 75, skill: .7, warmth: .75, from: 11 * hour, to: 20 * hour, off: 1, joined: 18},
	}
	const visitsOfAnAgent = 60
	need := s.buyers * 3 / 2 / s.days / visitsOfAnAgent
	for i := len(people); i < need; i++ {
		p := people[i%5]
		p.name, p.file = fmt.Sprintf("%s%03d", p.name, i), fmt.Sprintf("%s%03d", p.file, i)
		p.median *= .7 + .06*float64(i%11)
		p.off = i % 7
		people = append(people, p)
	}
	out := make([]*agent, len(people))
	for i := range people {
		a := people[i]
		if s.platform == "jd" {
			a.name = fmt.Sprintf("客服%02d", i+1)
			a.file = fmt.Sprintf("kf%02d", i+1)
			a.median *= .8
		}
		a.id = s.account + a.name
		out[i] = &a
	}
	return out
}

func goods(platform string, r *rand.Rand) []*product {
	var out []*product
	for i, name := range productNames {
		for j, variant := range productVariants {
			p := &product{title: "【示例】" + variant + name, category: productCategories[i], price: 100*(29+r.IntN(260)) + 90}
			n := i*len(productVariants) + j
			if platform == "jd" {
				p.id = fmt.Sprintf("1000%08d", 31007*(n+1))
				p.sku = p.id
			} else {
				p.id = fmt.Sprintf("68%010d", 7310047*(n+1))
				p.sku = fmt.Sprintf("DEMO-%03d", n+1)
			}
			out = append(out, p)
		}
	}
	return out
}

// nick is the name of the n-th buyer.
func (s *shop) nick(n int) string {
	if s.platform == "jd" {
		return fmt.Sprintf("%cdemo_pin%05d", 'a'+rune(n*7%26), n)
	}
	return fmt.Sprintf("%s%04d", nickWords[n*5%len(nickWords)], n)
}
