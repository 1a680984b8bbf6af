package normalise

import (
	"encoding/binary"
	"regexp"
	"strings"

	"github.com/zeebo/xxh3"

	"kefu/extract/dataset"
)

const (
	chatDataset   = "chat_messages"
	buyersDataset = "buyers"
)

// chatColumns are the places of the columns that chat messages are made of.
type chatColumns struct {
	id, sentAt, agent, sender, isAuto, kind, product, isLeave, text, textLen int
	rawKind, agentAsBuyer, watchwordHits, isRecommendation, topic            int
}

var chat = chatColumnsOf(dataset.ByName(chatDataset))

func chatColumnsOf(schema *dataset.Schema) chatColumns {
	at := func(name string) int { _, i := schema.Column(name); return i }
	derived := func(name string) int {
		for i, c := range schema.Derived {
			if c.Name == name {
				return len(schema.Columns) + i
			}
		}
		return -1
	}
	return chatColumns{
		id: at("message_id"), sentAt: at("sent_at"), agent: at("agent_id"), sender: at("sender"), isAuto: at("is_auto"), kind: at("kind"),
		product: at("product_id"), isLeave: at("is_leave_message"), text: at("text"), textLen: at("text_len"),
		rawKind: derived("raw_kind"), agentAsBuyer: derived("agent_as_buyer_id"), watchwordHits: derived("watchword_hits"),
		isRecommendation: derived("is_recommendation"), topic: derived("topic"),
	}
}

// checkChat fills the defaults of a message.
func checkChat(_ *Normaliser, t *table, _ *shop) *problem {
	c := t.cells
	fillFlag(&c[chat.isAuto])
	fillFlag(&c[chat.isLeave])
	fillText(&c[chat.kind], "text")
	if !c[chat.textLen].set && c[chat.text].set {
		c[chat.textLen] = cell{set: true, n: countRunes(c[chat.text].s)}
	}
	return notNegative(t, chat.textLen)
}

// identifyChat derives the id of a message that came without one, or with one
// that a preset composed, and its ordinal among equal messages of the file.
func identifyChat(n *Normaliser, t *table) {
	c := &t.cells[chat.id]
	if c.set {
		if strings.HasPrefix(c.s, derivePrefix) {
			c.s = n.hasher.derived(c.s, n.seen.next(xxh3.HashString(c.s)))
			// Such a file does not say to whom a buyer wrote: another agent's may tell otherwise.
			t.cells[chat.agent].guessed = t.cells[chat.sender].s == "buyer"
		}
		return
	}
	h := n.hasher
	b := n.scrap[:0]
	b = append(b, "message\x1f"...)
	b = appendPart(b, n.agent.id)
	b = appendPart(b, n.buyer.id)
	b = binary.BigEndian.AppendUint64(b, uint64(t.cells[chat.sentAt].n))
	b = appendPart(b, t.cells[chat.sender].s)
	b = appendPart(b, t.cells[chat.text].s)
	n.scrap = b
	ordinal := n.seen.next(xxh3.Hash(b))
	h.in = binary.BigEndian.AppendUint32(append(h.in[:0], b...), ordinal)
	*c = cell{set: true, s: string(h.hexDigest(len(h.sum)))}
}

// appendPart appends a text with its length, so that parts cannot run together.
func appendPart(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// finishChat derives what rules and joins need of a message.
func finishChat(n *Normaliser, t *table, s *shop) {
	c := t.cells
	if k := &c[chat.kind]; k.n != 0 {
		c[chat.rawKind] = cell{set: true, s: k.s}
		*k = cell{set: true, s: "other"}
	}
	c[chat.agentAsBuyer] = cell{set: true, s: n.agent.stored, who: n.agent}
	c[chat.watchwordHits].set = true
	c[chat.isRecommendation].set = true
	if c[chat.text].set {
		if rules := n.rulesAt(s, c[chat.sentAt].n); rules != nil {
			mark(rules, c)
		}
	}
	n.noteBuyer(s)
}

// mark marks a message by its text.
func mark(rules TextJudge, c []cell) {
	text := c[chat.text].s
	if rules.HasWatchword(text) {
		c[chat.watchwordHits].n = 1
	}
	switch c[chat.sender].s {
	case "buyer":
		if topic := rules.Topic(text); topic != "" {
			c[chat.topic] = cell{set: true, s: topic}
		}
	case "agent":
		if c[chat.isAuto].n == 0 && rules.IsAutoReply(text) {
			c[chat.isAuto].n = 1
		}
		if rules.IsRecommendation(text) {
			if !c[chat.product].set {
				if id := itemOfAddress(text); id != "" {
					c[chat.product] = cell{set: true, s: id}
				}
			}
			if c[chat.product].set {
				c[chat.isRecommendation].n = 1
			}
		}
	}
}

// itemAddresses find the product that an item's web address names.
var itemAddresses = []*regexp.Regexp{
	regexp.MustCompile(`(?:item\.taobao|detail\.tmall|detail\.m\.tmall|h5\.m\.taobao)\.com/\S*?[?&]id=(\d+)`),
	regexp.MustCompile(`item(?:\.m)?\.jd\.com/(?:product/)?(\d+)\.html`),
	regexp.MustCompile(`yangkeduo\.com/\S*?[?&]goods_id=(\d+)`),
	regexp.MustCompile(`(?:haohuo\.)?jinritemai\.com/\S*?[?&]id=(\d+)`),
	regexp.MustCompile(`kwaixiaodian\.com/\S*?[?&](?:id|itemId)=(\d+)`),
}

// itemOfAddress returns the product of the first item address in a text, or "".
func itemOfAddress(text string) string {
	if !strings.Contains(text, ".com/") {
		return ""
	}
	first, id := len(text), ""
	for _, re := range itemAddresses {
		if m := re.FindStringSubmatchIndex(text); m != nil && m[0] < first {
			first, id = m[0], text[m[2]:m[3]]
		}
	}
	return id
}

// noteBuyer writes the buyer of a message to the internal dataset that masked
// ids of orders are matched with, once per shop.
func (n *Normaliser) noteBuyer(s *shop) {
	b := n.buyer
	if b.masked || b.known == s {
		return
	}
	b.known = s
	if !s.buyers.first(xxh3.HashString(b.id)) {
		return
	}
	if n.masks == nil {
		n.masks = newTable(dataset.ByName(buyersDataset), n)
		n.tables[buyersDataset] = n.masks
	}
	t := n.masks
	t.cells[0] = cell{set: true, s: b.stored}
	t.cells[1] = cell{set: true, s: n.hasher.keysOfBuyer(b.id)}
	t.append(n, s, t.digest(n), 0)
}

// identify replaces ids that a preset composed, and derives a message's own.
func (n *Normaliser) identify(t *table) {
	if t.source.Name == chatDataset {
		identifyChat(n, t)
	}
	for _, i := range t.ids {
		if c := &t.cells[i]; strings.HasPrefix(c.s, derivePrefix) {
			c.s = n.hasher.derived(c.s, 0)
		}
	}
}
