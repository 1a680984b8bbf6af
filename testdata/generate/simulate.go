package main

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// purpose is why a buyer comes.
type purpose int

const (
	toAsk purpose = iota
	toComplain
	toAdvertise
)

// visit is a buyer who comes.
type visit struct {
	at    int64
	buyer int
	why   purpose
	order *order
	again bool
}

// agenda is what is known of a day to come.
type agenda struct {
	visits        []visit
	conversations []*conversation
	orders        []*order
}

// simulation lets the days pass.
type simulation struct {
	*rand.Rand
	shop   *shop
	days   int
	out    sink
	agenda map[int]*agenda
	orders int
	talks  int
	refs   int
	curve  [24]float64 // cumulative share of the hours
}

func newSimulation(s *shop, days int, out sink) *simulation {
	m := &simulation{shop: s, days: days, out: out, agenda: map[int]*agenda{}}
	m.Rand = rand.New(rand.NewPCG(s.seed, uint64(len(s.platform))))
	total := 0.0
	for i, h := range hours {
		total += h
		m.curve[i] = total
	}
	for i := range m.curve {
		m.curve[i] /= total
	}
	return m
}

func (m *simulation) run() error {
	for d := range m.days {
		today := m.on(d)
		for range m.visitors(d) {
			today.visits = append(today.visits, m.arrival(d))
		}
		for range m.visitors(d) / 2 {
			m.silentOrder(d)
		}
		for i := 0; i < len(today.visits); i++ { // visits bring more visits
			m.receive(today.visits[i])
		}
		if err := m.flush(d); err != nil {
			return err
		}
	}
	return m.out.close()
}

// flush hands out a day in order of time.
func (m *simulation) flush(d int) error {
	a := m.on(d)
	delete(m.agenda, d)
	slices.SortStableFunc(a.conversations, func(x, y *conversation) int { return int(x.start - y.start) })
	slices.SortStableFunc(a.orders, func(x, y *order) int { return int(x.created - y.created) })
	for _, c := range a.conversations {
		m.talks++
		c.id = fmt.Sprintf("cid%09d", m.talks)
		if err := m.out.conversation(c); err != nil {
			return err
		}
	}
	for _, o := range a.orders {
		if err := m.out.order(o); err != nil {
			return err
		}
	}
	return m.out.endOfDay(d)
}

func (m *simulation) on(d int) *agenda {
	if m.agenda[d] == nil {
		m.agenda[d] = &agenda{}
	}
	return m.agenda[d]
}

// within tells whether a time is in the period.
func (m *simulation) within(at int64) bool { return at >= firstDay && dayOf(at) < m.days }

// visitors is how many come on a day: fewer at weekends, more at the New Year
// shopping festival, fewer before Spring Festival.
func (m *simulation) visitors(d int) int {
	mean := float64(m.shop.buyers) * 1.25 / float64(m.days)
	mean *= weekdays[time.Unix(firstDay+int64(d)*day, 0).UTC().Weekday()]
	switch {
	case d >= 17 && d <= 19:
		mean *= 1.7
	case d >= 41:
		mean *= .65
	}
	return max(0, int(math.Round(mean+math.Sqrt(mean)*m.NormFloat64())))
}

func (m *simulation) moment(d int) int64 {
	r := m.Float64()
	h := 0
	for m.curve[h] < r {
		h++
	}
	return firstDay + int64(d)*day + int64(h)*hour + int64(m.IntN(hour))
}

func (m *simulation) arrival(d int) visit {
	v := visit{at: m.moment(d), buyer: m.anyBuyer()}
	if m.Float64() < .008 {
		v.why, v.buyer = toAdvertise, m.IntN(m.advertisers())
	}
	return v
}

// anyBuyer draws a buyer; some come more often. The first ones advertise.
func (m *simulation) anyBuyer() int {
	n := m.shop.buyers
	if m.Float64() < .2 {
		n = max(1, n/10)
	}
	return min(m.advertisers()+m.IntN(n), m.shop.buyers)
}

func (m *simulation) advertisers() int { return advertisersOf(m.shop) }

func advertisersOf(s *shop) int { return max(1, min(12, s.buyers/100)) }

// chance is true with a probability.
func (m *simulation) chance(p float64) bool { return m.Float64() < p }

// between draws seconds.
func (m *simulation) between(lo, hi int64) int64 { return lo + m.Int64N(hi-lo+1) }

func pick[T any](m *simulation, list []T) T { return list[m.IntN(len(list))] }

// agentFor finds somebody on shift for a purpose, or nil.
func (m *simulation) agentFor(at int64, why purpose, not *agent) *agent {
	var fit, any []*agent
	for _, a := range m.shop.agents {
		if a == not || !a.works(at) {
			continue
		}
		any = append(any, a)
		if (why == toComplain) == (a.role == "aftersale") || a.role == "both" {
			fit = append(fit, a)
		}
	}
	if len(fit) > 0 {
		return pick(m, fit)
	}
	if len(any) > 0 {
		return pick(m, any)
	}
	return nil
}

// opening is the next time that somebody is on shift.
func (m *simulation) opening(at int64) int64 {
	for t := at; ; t += 10 * minute {
		if m.agentFor(t, toAsk, nil) != nil {
			return t
		}
	}
}

// delay is how long an agent takes to answer.
func (m *simulation) delay(a *agent, at int64) int64 {
	h := ((at - firstDay) % day) / hour
	load := .7 + hours[h]/10
	seconds := a.median * load * math.Exp(.6*m.NormFloat64())
	if m.chance(.02) {
		seconds += float64(m.between(10*minute, 50*minute)) // forgotten for a while
	}
	return max(2, int64(seconds))
}
