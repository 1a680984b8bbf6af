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
	id, sentAt, buyer, agent, sender, isAuto, kind, product, isLeave, text, textLen int
	rawKind, agentAsBuyer, watchwordHits, isRecommendation, topic                   int
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
		id: at("message_id"), sentAt: at("sent_at"), buyer: at("buyer_id"), agent: at("agent_id"), sender: at("sender"), isAuto: at("is_auto"), kind: at("kind"),
		product: at("product_id"), isLeave: at("is_leave_message"), text: at("text"), textLen: at("text_len"),
		rawKind: derived("raw_kind"), agentAsBuyer: derived("agent_as_buyer_id"), watchwordHits: derived("watchword_hits"),
		isRecommendation: derived("is_recommendation"), topic: derived("topic"),
	}
}

// checkChats fills the defaults of messages.
func checkChats(b *block) {
	b.columns[chat.isAuto].fillZeros(b.rows)
	b.columns[chat.isLeave].fillZeros(b.rows)
	b.columns[chat.kind].fillTexts(b.rows, "text")
	if lengths := &b.columns[chat.textLen]; lengths.count < b.rows {
		for row, text := range b.columns[chat.text].texts[:b.rows] {
			if text != "" && !lengths.there[row] {
				lengths.setNumber(row, countRunes(text))
			}
		}
	}
	b.notNegative("text_len")
}

// identifyChats derives the ids of messages that came without one, or with one
// that a preset composed, and their ordinals among equal messages of the file.
func (n *Normaliser) identifyChats(b *block) {
	ids := &b.columns[chat.id]
	senders := b.columns[chat.sender].texts
	for row, id := range ids.texts[:b.rows] {
		switch {
		case id == "":
			ids.setText(row, n.ownID(b, row))
		case strings.HasPrefix(id, derivePrefix):
			ids.texts[row] = n.hasher.derived(id, n.seen.next(xxh3.HashString(id)))
			if senders[row] == "buyer" {
				// Such a file does not say to whom a buyer wrote: another agent's may tell otherwise.
				b.mark(&b.columns[chat.agent].guessed, row)
			}
		}
	}
}

// ownID derives the id of a message that came without one.
func (n *Normaliser) ownID(b *block, row int) string {
	h := n.hasher
	in := n.scrap[:0]
	in = append(in, "message\x1f"...)
	in = appendPart(in, b.columns[chat.agent].who[row].id)
	in = appendPart(in, b.columns[chat.buyer].who[row].id)
	in = binary.BigEndian.AppendUint64(in, uint64(b.columns[chat.sentAt].numbers[row]))
	in = appendPart(in, b.columns[chat.sender].texts[row])
	in = appendPart(in, b.columns[chat.text].texts[row])
	n.scrap = in
	ordinal := n.seen.next(xxh3.Hash(in))
	h.in = binary.BigEndian.AppendUint32(append(h.message(), in...), ordinal)
	return string(h.hexDigest(len(h.sum)))
}

// appendPart appends a text with its length, so that parts cannot run together.
func appendPart(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}

// finishChats derives what rules and joins need of messages.
func (n *Normaliser) finishChats(b *block) {
	kinds, rawKinds := &b.columns[chat.kind], &b.columns[chat.rawKind]
	for row, strange := range kinds.strange {
		if strange && row < b.rows {
			rawKinds.setText(row, kinds.texts[row])
			kinds.texts[row] = "other"
		}
	}
	asBuyers := &b.columns[chat.agentAsBuyer]
	for row, agent := range b.columns[chat.agent].who[:b.rows] {
		asBuyers.setWho(row, agent.stored, agent)
	}
	b.columns[chat.watchwordHits].fillZeros(b.rows)
	b.columns[chat.isRecommendation].fillZeros(b.rows)
	n.judge(b)
	n.noteBuyers(b.shop, b.columns[chat.buyer].who[:b.rows])
}

// judge asks the rules of each message's business day what they make of its text.
func (n *Normaliser) judge(b *block) {
	if b.columns[chat.text].count == 0 || n.opts.TextRules == nil {
		return
	}
	for row, text := range b.columns[chat.text].texts[:b.rows] {
		if text == "" {
			continue
		}
		if rules := n.rulesAt(b.shop, b.columns[chat.sentAt].numbers[row]); rules != nil {
			b.judge(rules, row, text)
		}
	}
}

// judge marks a message by its text.
func (b *block) judge(rules TextJudge, row int, text string) {
	if rules.HasWatchword(text) {
		b.columns[chat.watchwordHits].numbers[row] = 1
	}
	switch b.columns[chat.sender].texts[row] {
	case "buyer":
		b.columns[chat.topic].fillText(row, rules.Topic(text))
	case "agent":
		if auto := b.columns[chat.isAuto].numbers; auto[row] == 0 && rules.IsAutoReply(text) {
			auto[row] = 1
		}
		if !rules.IsRecommendation(text) {
			return
		}
		products := &b.columns[chat.product]
		if products.texts[row] == "" {
			products.fillText(row, itemOfAddress(text))
		}
		if products.texts[row] != "" {
			b.columns[chat.isRecommendation].numbers[row] = 1
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

// noteBuyers writes the buyers of messages to the internal dataset that masked
// ids of orders are matched with, each once per shop.
func (n *Normaliser) noteBuyers(s *shop, buyers []*identity) {
	if n.masks == nil {
		l := layouts[buyersDataset]
		n.masks, n.masked = newTable(l, &n.opts), newBlock(l, blockRows)
	}
	b := n.masked
	b.start(s, n.noLines[:0])
	ids, keys := &b.columns[0], &b.columns[1]
	for _, e := range buyers {
		if e.masked || e.known == s {
			continue
		}
		e.known = s
		if s.buyers.first(xxh3.HashString(e.id)) {
			ids.setWho(b.rows, e.stored, e)
			keys.fillText(b.rows, n.hasher.keysOfBuyer(e.id))
			b.rows++
			b.used++
		}
	}
	if b.rows == 0 {
		return
	}
	n.tables[buyersDataset] = n.masks
	b.lines = n.noLines[:b.rows]
	n.masks.digest(n, b)
	n.masks.append(n, b)
}

// identify replaces ids that a preset composed, and derives messages' own.
func (n *Normaliser) identify(b *block) {
	if b.source.Name == chatDataset {
		n.identifyChats(b)
	}
	for _, i := range b.ids {
		c := &b.columns[i]
		if c.count == 0 {
			continue
		}
		for row, id := range c.texts[:b.rows] {
			if strings.HasPrefix(id, derivePrefix) {
				c.texts[row] = n.hasher.derived(id, 0)
			}
		}
	}
}
