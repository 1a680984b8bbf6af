package main

// talk is a conversation while it is made.
type talk struct {
	*conversation
	m     *simulation
	at    int64
	first int64 // seconds to the first reply of a human, 0 = none
}

func (m *simulation) open(v visit, a *agent) *talk {
	c := &conversation{start: v.at, buyer: m.shop.nick(v.buyer), agent: a}
	if v.order != nil {
		c.product = v.order.items[0].product
	} else if v.why == toAsk {
		c.product = pick(m, m.shop.products)
	}
	return &talk{conversation: c, m: m, at: v.at}
}

func (t *talk) buyer(text string) {
	t.messages = append(t.messages, message{at: t.at, from: t.conversation.buyer, sender: "buyer", agent: t.agent.id, kind: "text", text: text})
}

func (t *talk) says(a *agent, text string) *message {
	msg := message{at: t.at, from: a.id, sender: "agent", agent: a.id, kind: "text", text: text}
	if a.bot {
		msg.sender = "bot"
	}
	t.messages = append(t.messages, msg)
	return &t.messages[len(t.messages)-1]
}

// answer lets time pass and the agent reply.
func (t *talk) answer(a *agent, text string) {
	d := t.m.delay(a, t.at)
	if t.first == 0 {
		t.first = d
	}
	t.at += d
	t.says(a, text)
}

func (t *talk) wait(lo, hi int64) { t.at += t.m.between(lo, hi) }

// close has the agent answer a buyer's last word, as a rule.
func (t *talk) close(a *agent) {
	if !t.m.chance(.06) {
		t.answer(a, closing)
	}
}

// done puts the conversation on the agenda of the day that it starts on.
func (t *talk) done() {
	t.end = t.at + 30
	if t.m.within(t.start) {
		a := t.m.on(dayOf(t.start))
		a.conversations = append(a.conversations, t.conversation)
	}
}

// receive plays a visit.
func (m *simulation) receive(v visit) {
	a := m.agentFor(v.at, v.why, nil)
	switch {
	case v.why == toAdvertise && a != nil:
		t := m.open(v, a)
		for range 1 + m.IntN(3) {
			t.buyer(pick(m, advert))
			t.wait(5, 60)
		}
		t.done()
	case v.why == toAdvertise:
	case a == nil:
		m.leaveMessage(v)
	case v.why == toComplain:
		m.complain(v, a)
	case !v.again && m.chance(.2):
		m.meetBot(v, a)
	default:
		m.consult(m.open(v, a), v)
	}
}

// leaveMessage is a visit at night: the robot notes it, somebody answers in the
// morning.
func (m *simulation) leaveMessage(v visit) {
	t := m.open(v, m.shop.bot)
	t.leave = true
	text := pick(m, asks[pick(m, askTopics)])
	if v.why == toComplain {
		text = pick(m, afterSales)
	}
	t.buyer(text)
	t.messages[0].leave = true
	t.wait(1, 2)
	t.says(m.shop.bot, nightNotice).auto = true
	t.done()
	morning := v
	morning.at = m.opening(v.at) + m.between(2*minute, 50*minute)
	if !m.within(morning.at) {
		return
	}
	a := m.agentFor(morning.at, v.why, nil)
	if a == nil || m.chance(.06) {
		return
	}
	t = m.open(morning, a)
	t.says(a, sorryLate)
	if m.chance(.6) {
		t.wait(2*minute, 2*hour)
		m.consult(t, v)
		return
	}
	t.done()
}

// meetBot lets the robot try first.
func (m *simulation) meetBot(v visit, a *agent) {
	t := m.open(v, m.shop.bot)
	topic := pick(m, askTopics)
	t.buyer(pick(m, asks[topic]))
	t.wait(1, 3)
	t.says(m.shop.bot, pick(m, botAnswers))
	t.wait(10, 60)
	if m.chance(.4) {
		t.buyer(pick(m, thanks))
		t.wait(1, 3)
		t.says(m.shop.bot, closing)
		t.done()
		return
	}
	t.buyer(toHuman)
	t.wait(1, 3)
	msg := t.says(m.shop.bot, handsOver)
	msg.kind, msg.transferTo = "transfer", a.id
	t.transfer = a
	t.done()
	human := m.open(visit{at: t.at + 1, buyer: v.buyer, why: v.why, again: true}, a)
	human.product = t.product
	m.consult(human, v)
}

// consult is a presale conversation: questions, answers, perhaps an order.
func (m *simulation) consult(t *talk, v visit) {
	a := t.agent
	topic := pick(m, askTopics)
	t.buyer(pick(m, asks[topic]))
	t.messages[len(t.messages)-1].product = t.product.id
	if len(t.messages) == 1 && m.chance(.8) {
		t.wait(0, 1)
		t.says(a, greeting).auto = true
	}
	if m.chance(.015 + a.median/4000) { // nobody answers
		t.done()
		return
	}
	t.answer(a, pick(m, answers[topic]))
	for m.chance(.62) {
		t.wait(8, 150)
		if m.chance(.5) {
			topic = pick(m, askTopics)
			t.buyer(pick(m, asks[topic]))
			t.answer(a, pick(m, answers[topic]))
		} else {
			t.buyer(pick(m, buyerMore))
			t.answer(a, pick(m, agentMore))
		}
	}
	if m.chance(.05) {
		if b := m.agentFor(t.at, toAsk, a); b != nil {
			t.handOver(b)
			a = b
			t.wait(5, 40)
			t.answer(b, takesOver)
		}
	}
	m.decide(t, v, a)
	t.invite(a)
	t.done()
}

// handOver passes the buyer on.
func (t *talk) handOver(b *agent) {
	t.wait(3, 30)
	t.says(t.agent, handsOver)
	t.at++
	msg := t.says(t.agent, "")
	msg.kind, msg.transferTo = "transfer", b.id
	t.transfer = b
}

// decide lets the buyer order, come back or leave.
func (m *simulation) decide(t *talk, v visit, a *agent) {
	p := .36 * a.skill
	switch {
	case t.first > 3*minute:
		p *= .6
	case t.first < 30:
		p *= 1.12
	}
	switch {
	case m.chance(p):
		t.wait(20, 5*minute)
		at := t.at
		if m.chance(.2) {
			at += m.between(2*hour, 40*hour) // sleeps on it
		} else if m.chance(.5) {
			t.buyer(pick(m, wantsToBuy))
			t.close(a)
		}
		o := m.placeOrder(v.buyer, at, t.product, a)
		if o != nil && o.paid != 0 && o.paid-t.at < 10*minute && o.paid > t.at && m.chance(.5) {
			t.at = o.paid + m.between(20, 90)
			msg := t.says(a, address)
			msg.auto, msg.order = m.chance(.5), o.id
		}
	case m.chance(.18) && m.within(t.at+day):
		again := visit{at: m.moment(dayOf(t.at) + m.IntN(2)), buyer: v.buyer, again: true}
		if again.at > t.at+10*minute && m.within(again.at) {
			m.on(dayOf(again.at)).visits = append(m.on(dayOf(again.at)).visits, again)
		}
	case m.chance(.4):
		t.wait(5, 90)
		t.buyer(pick(m, thanks))
		t.close(a)
	}
}

// complain is an after-sales conversation.
func (m *simulation) complain(v visit, a *agent) {
	t := m.open(v, a)
	t.buyer(pick(m, afterSales))
	t.messages[0].order = v.order.id
	if m.chance(.8) {
		t.wait(0, 1)
		t.says(a, greeting).auto = true
	}
	if a.role == "presale" && m.chance(.5) {
		if b := m.agentFor(t.at, toComplain, a); b != nil {
			t.handOver(b)
			a = b
		}
	}
	t.answer(a, pick(m, afterAnswer))
	for m.chance(.5) {
		t.wait(10, 200)
		t.buyer(pick(m, buyerMore))
		t.answer(a, pick(m, afterAnswer))
	}
	t.invite(a)
	t.done()
}

// invite asks the buyer to rate the service.
func (t *talk) invite(a *agent) {
	m := t.m
	if !m.chance(.34) {
		return
	}
	r := &rating{invited: t.at + 5, agent: a, source: pick(m, []string{"agent", "agent", "system", "buyer"})}
	if m.chance(.6) || r.source == "buyer" {
		r.rated = r.invited + m.between(5, 3*hour)
		if r.source == "buyer" {
			r.invited = r.rated
		}
		good := a.warmth
		if t.first > 2*minute {
			good -= .25
		}
		switch {
		case m.chance(good):
			r.score = 4 + m.IntN(2)
		case m.chance(.6):
			r.score = 3
		default:
			r.score = 1 + m.IntN(2)
		}
	}
	t.rating = r
}
