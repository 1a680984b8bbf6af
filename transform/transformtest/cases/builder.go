package cases

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"kefu/transform/transformtest/world"
)

// builder collects the lines of one variant into a world.
type builder struct {
	c       Case
	zone    *time.Location
	rules   []string // from, name, value
	dataEnd world.Date
	ratings int
}

func newBuilder(name string) *builder {
	shop := world.Shop{Platform: "other", ID: strings.ReplaceAll(name, " ", "-"), Name: name, Timezone: "Asia/Shanghai"}
	return &builder{
		c:    Case{Name: name, World: &world.World{Name: name, Shop: shop}},
		zone: time.FixedZone("Asia/Shanghai", 8*3600), dataEnd: january(31),
	}
}

func january(day int) world.Date {
	return world.DateOf(time.Date(2026, 1, day, 0, 0, 0, 0, time.UTC))
}

var (
	messageLine = regexp.MustCompile(`^(\S+ [0-9:.]+) +(\w+)(→|⇒)(\w+)(.*)$`)
	dayWord     = regexp.MustCompile(`^(\d+)(st|nd|rd|th)$`)
)

func (b *builder) read(line string) error {
	if m := messageLine.FindStringSubmatch(line); m != nil {
		return b.message(m[1], m[2], m[4], m[3] == "⇒", m[5])
	}
	word, rest, _ := strings.Cut(line, " ")
	switch {
	case word == "platform":
		b.c.World.Shop.Platform = rest
		return nil
	case word == "rule":
		return b.rule(rest)
	case strings.HasPrefix(line, "data ends "):
		d, err := day(strings.TrimPrefix(line, "data ends "))
		b.dataEnd = d
		return err
	case word == "want":
		return b.want(rest)
	case word == "agent":
		return b.agent(rest)
	case word == "product":
		return b.product(rest)
	case word == "case":
		return b.serviceCase(rest)
	case word == "event":
		return b.event(rest)
	case word == "adjustment":
		return b.adjustment(rest)
	case word == "evaluation":
		return b.evaluation(rest)
	case word == "flag":
		return b.flag(rest)
	case word == "order":
		return b.order(rest)
	case word == "refund":
		return b.refund(rest)
	case word == "rating:":
		return b.rating(rest)
	case strings.HasPrefix(rest, "online "):
		return b.online(word, strings.TrimPrefix(rest, "online "))
	default:
		return fmt.Errorf("no such line")
	}
}

func (b *builder) rule(text string) error {
	from := ""
	if strings.HasPrefix(text, "from ") {
		parts := strings.SplitN(text, " ", 3)
		from, text = fmt.Sprintf("from: %q, ", parts[1]), parts[2]
	}
	name, value, ok := strings.Cut(text, ": ")
	if !ok {
		return fmt.Errorf("a rule needs a name and a value")
	}
	b.rules = append(b.rules, from, name, value)
	return nil
}

// message adds b1→a1, a1→b1, bot→b1 or a1⇒a2.
func (b *builder) message(at, from, to string, transfer bool, notes string) error {
	t, err := b.at(at)
	if err != nil {
		return err
	}
	m := world.ChatMessage{ID: fmt.Sprintf("m%03d", len(b.c.World.Messages)+1), SentAt: t, Kind: "text"}
	switch {
	case transfer:
		m.Kind, m.Sender, m.AgentID, m.ToAgentID, m.BuyerID = "transfer", "agent", from, to, "b1"
	case from == "bot":
		m.Sender, m.AgentID, m.BuyerID = "bot", "a1", to
	case isAgent(from):
		m.Sender, m.AgentID, m.BuyerID = "agent", from, to
	default:
		m.Sender, m.AgentID, m.BuyerID = "buyer", to, from
	}
	for _, note := range strings.Split(notes, ",") {
		switch note = strings.TrimSpace(note); {
		case note == "":
		case note == "leave message":
			m.IsLeaveMessage = true
		case note == "auto-reply":
			m.IsAuto = true
		case strings.HasPrefix(note, "of "):
			m.BuyerID = strings.TrimPrefix(note, "of ")
		case strings.HasPrefix(note, "asks about "):
			m.Topic = strings.TrimPrefix(note, "asks about ")
		case strings.HasPrefix(note, "recommends "):
			m.Kind, m.ProductID = "product", strings.TrimPrefix(note, "recommends ")
		case strings.HasPrefix(note, "says "): // `says 推荐这款 about p1`
			m.Text, m.ProductID, _ = strings.Cut(strings.TrimPrefix(note, "says "), " about ")
		default:
			return fmt.Errorf("unknown note %q", note)
		}
	}
	b.c.World.Messages = append(b.c.World.Messages, m)
	return nil
}

// isAgent: agents are a1, a2 and so on.
func isAgent(name string) bool {
	return len(name) > 1 && name[0] == 'a' && name[1] >= '0' && name[1] <= '9'
}

func (b *builder) online(agent, span string) error {
	from, to, ok := strings.Cut(span, " to ")
	if !ok {
		return fmt.Errorf("online needs from and to")
	}
	start, err := b.at(from)
	if err != nil {
		return err
	}
	end, err := b.at(to)
	b.c.World.Presence = append(b.c.World.Presence, world.Presence{AgentID: agent, FromAt: start, ToAt: end, State: "online"})
	return err
}

// flag reads `b1 malicious 2026-01-06 to 2026-01-07, removed`.
func (b *builder) flag(text string) error {
	text, note, _ := strings.Cut(text, ", ")
	parts := strings.Fields(text)
	if len(parts) != 5 {
		return fmt.Errorf("a flag needs buyer, flag, from and to")
	}
	from, err := world.ParseDate(parts[2])
	if err != nil {
		return err
	}
	to, err := world.ParseDate(parts[4])
	b.c.World.Flags = append(b.c.World.Flags, world.BuyerFlag{
		BuyerID: parts[0], Flag: parts[1], ValidFrom: from, ValidTo: to, Removed: note == "removed",
	})
	return err
}

// at reads `05 10:00`, `05 10:00:00.9` or `2021-11-30 08:56`.
func (b *builder) at(text string) (time.Time, error) {
	date, clock, _ := strings.Cut(text, " ")
	if len(date) == 2 {
		date = "2026-01-" + date
	}
	if strings.Count(clock, ":") == 1 {
		clock += ":00"
	}
	t, err := time.ParseInLocation("2006-01-02 15:04:05", date+" "+clock, b.zone)
	return t.UTC(), err
}

// day reads 5th or 2026-01-05.
func day(text string) (world.Date, error) {
	if m := dayWord.FindStringSubmatch(text); m != nil {
		n, err := strconv.Atoi(m[1])
		return january(n), err
	}
	return world.ParseDate(text)
}

// finish adds the rules and what keeps the data going until its last day.
func (b *builder) finish() (Case, error) {
	w := b.c.World
	for i := 0; i < len(b.rules); i += 3 {
		w.Rules += fmt.Sprintf("- {%splatform: %s, shop: %q, values: {%s: %s}}\n",
			b.rules[i], w.Shop.Platform, w.Shop.ID, b.rules[i+1], b.rules[i+2])
	}
	noon := b.dataEnd.At(b.zone, 12*60)
	hundred, one := int64(10000), int64(1)
	w.Messages = append(w.Messages, world.ChatMessage{
		ID: "m999", SentAt: noon, Kind: "text", Sender: "buyer", AgentID: "last-agent", BuyerID: "last-buyer",
	})
	w.Orders = append(w.Orders, world.Order{
		ID: "last-order", CreatedAt: noon, BuyerID: "last-buyer", PayType: "online", Status: "created", Amount: &hundred, Quantity: &one,
	})
	if err := w.Open(); err != nil {
		return Case{}, err
	}
	return b.c, nil
}
