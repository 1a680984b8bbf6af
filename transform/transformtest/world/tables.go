package world

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"kefu/extract/dataset"
)

// fields is one row by column name; a column that is not named is missing.
// Values are string, bool, int64, Date, time.Time or Cents.
type fields map[string]any

// Cents is an amount of money in hundredths of a yuan.
type Cents int64

// String spells the amount as 12.30.
func (c Cents) String() string {
	sign, n := "", int64(c)
	if n < 0 {
		sign, n = "-", -n
	}
	return fmt.Sprintf("%s%d.%02d", sign, n/100, n%100)
}

// Pack is many worlds that are computed in one pass, each its own shop.
type Pack []*World

// Rules returns the rules entries of all worlds.
func (p Pack) Rules() string {
	var b strings.Builder
	seen := map[string]bool{}
	for _, w := range p {
		if text := strings.TrimSpace(w.Rules); text != "" && !seen[text] {
			seen[text] = true
			b.WriteString(text + "\n")
		}
	}
	return b.String()
}

// Tables returns the lake tables of all worlds by dataset, buyers included. Rows
// align with dataset.Schema.Stored(). Values are nil, string, bool, int64 or
// time.Time (dates: midnight UTC); money is a decimal string such as 12.30.
func (p Pack) Tables() map[string][][]any {
	out := map[string][][]any{}
	for _, w := range p {
		rows := w.stored()
		for name, list := range rows {
			schema := dataset.ByName(name)
			for i, row := range list {
				row["digest"] = int64(i)
				row["source_file"], row["source_line"] = "world", int64(i+1)
				out[name] = append(out[name], w.align(schema, row))
			}
		}
	}
	return out
}

func (w *World) align(schema *dataset.Schema, row fields) []any {
	row["platform"], row["shop_id"] = w.Shop.Platform, w.Shop.ID
	if at, ok := row[schema.EventTime].(time.Time); ok && schema.EventTime != "" {
		row["event_date"] = DateOf(w.Local(at))
	}
	row["own_latest_at"] = latest(row)
	columns := schema.Stored()
	out := make([]any, len(columns))
	for i, c := range columns {
		out[i] = plainValue(row[c.Name])
	}
	return out
}

func latest(row fields) time.Time {
	var t time.Time
	for _, v := range row {
		if at, ok := v.(time.Time); ok && at.After(t) {
			t = at
		}
	}
	return t
}

// plainValue turns missing values into nil and our own types into plain ones.
func plainValue(v any) any {
	switch v := v.(type) {
	case string:
		if v == "" {
			return nil
		}
		return v
	case time.Time:
		if v.IsZero() {
			return nil
		}
		return v.UTC()
	case Date:
		if v == 0 {
			return nil
		}
		return v.Time()
	case Cents:
		return v.String()
	default:
		return v
	}
}

func optional(n *int64) any {
	if n == nil {
		return nil
	}
	return *n
}

func optionalCents(n *int64) any {
	if n == nil {
		return nil
	}
	return Cents(*n)
}

func optionalScore(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}

// stored returns the rows as normalisation leaves them in the lake.
func (w *World) stored() map[string][]fields {
	rows := w.delivered()
	for i, m := range rows["chat_messages"] {
		msg := &w.Messages[i]
		m["is_auto"], m["agent_as_buyer_id"] = w.IsAutomatic(msg), msg.AgentID
		m["topic"], m["is_recommendation"], m["watchword_hits"] = msg.Topic, w.IsMarked(msg), int64(0)
		if w.HasWatchword(msg) {
			m["watchword_hits"] = int64(1)
		}
		if msg.TextLen == nil && msg.Text != "" {
			m["text_len"] = int64(utf8.RuneCountInString(msg.Text))
		}
		delete(m, "text") // privacy.text: drop
	}
	for i, o := range rows["orders"] {
		o["mask_key"] = maskKey(w.Orders[i].BuyerID)
	}
	for i, a := range rows["agents"] {
		a["agent_as_buyer_id"] = w.Agents[i].ID
	}
	seen := map[string]bool{}
	for _, m := range w.Messages {
		if !seen[m.BuyerID] && !strings.Contains(m.BuyerID, "*") {
			seen[m.BuyerID] = true
			rows["buyers"] = append(rows["buyers"], fields{"buyer_id": m.BuyerID, "mask_keys": maskKeys(m.BuyerID)})
		}
	}
	return rows
}

// maskKey is a readable stand-in for the keyed hash of a mask: the lengths of
// its visible parts and the parts.
func maskKey(id string) string {
	if !strings.Contains(id, "*") {
		return ""
	}
	runes := []rune(id)
	p, s := 0, 0
	for runes[p] != '*' {
		p++
	}
	for runes[len(runes)-1-s] != '*' {
		s++
	}
	return stampMask(string(runes[:p]), string(runes[len(runes)-s:]))
}

func stampMask(prefix, suffix string) string {
	return fmt.Sprintf("%d.%d.%s.%s", utf8.RuneCountInString(prefix), utf8.RuneCountInString(suffix), prefix, suffix)
}

func maskKeys(id string) string {
	runes := []rune(id)
	var keys []string
	for p := 1; p <= 3; p++ {
		for s := 0; s <= 4 && p+s <= len(runes); s++ {
			keys = append(keys, stampMask(string(runes[:p]), string(runes[len(runes)-s:])))
		}
	}
	return strings.Join(keys, "|")
}
