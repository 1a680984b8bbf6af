package main

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"kefu/extract/dataset"
	"kefu/transform/transformtest/world"
)

// delivery is a file that arrives on a day.
type delivery struct {
	day          string // 2026-01-31
	source, name string
	text         string
}

// story is two small shops and the files that arrive from them over the days:
// chats and orders day by day, then what comes late.
type story struct {
	shops  []world.Shop
	rules  string
	files  []delivery // in the order of days
	change string     // rule entries that come into the configuration later, dated in the middle
}

// The worlds of these seeds are a week and a fortnight long and have something
// in every dataset.
var storySeeds = []uint64{196, 369}

func newStory(t *testing.T) *story {
	t.Helper()
	s := &story{}
	var pack world.Pack
	for _, seed := range storySeeds {
		w, err := world.Random(seed)
		if err != nil {
			t.Fatal(err)
		}
		pack = append(pack, w)
		s.shops = append(s.shops, w.Shop)
		s.files = append(s.files, daily(t, w)...)
	}
	s.rules = pack.Rules()
	s.late()
	slices.SortStableFunc(s.files, func(a, b delivery) int { return strings.Compare(a.day, b.day) })
	return s
}

// days groups the files by the day they arrive on.
func (s *story) days() [][]delivery {
	var out [][]delivery
	for i, f := range s.files {
		if i == 0 || f.day != s.files[i-1].day {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], f)
	}
	return out
}

// nights are what a run each finds: the days of the shops' own time three at a
// time, and each of the late days alone.
func (s *story) nights() [][]delivery {
	var out [][]delivery
	for i, files := range s.days() {
		if i%3 == 0 || files[0].day > storyDay(60) {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], files...)
	}
	return out
}

// sources are one folder of canonical files for each shop.
func (s *story) sources() []exportSource {
	var out []exportSource
	for _, shop := range s.shops {
		out = append(out, exportSource{name: shop.ID, preset: "canonical", shop: shop})
	}
	return out
}

// install makes an installation under the rules of the start, or those after
// the change.
func (s *story) install(t *testing.T, changed bool) *installation {
	t.Helper()
	rules := s.rules
	if changed {
		rules += s.change
	}
	return newInstallation(t, rules, s.sources()...)
}

// daily takes the canonical files of a world apart into one per dataset and day.
func daily(t *testing.T, w *world.World) []delivery {
	t.Helper()
	dir := t.TempDir()
	if err := (world.Pack{w}).WriteCanonical(dir); err != nil {
		t.Fatal(err)
	}
	first := "9999-12-31"
	orderDays, tables := map[string]string{}, map[string][][]string{}
	for _, s := range dataset.All() {
		data, err := os.ReadFile(filepath.Join(dir, s.Name+".csv"))
		if err != nil {
			continue // this world has none
		}
		rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		tables[s.Name] = rows
		for _, row := range rows[1:] {
			day := dayOf(s, rows[0], row)
			if day != "" {
				first = min(first, day)
			}
			if s.Name == "orders" {
				orderDays[row[slices.Index(rows[0], "order_id")]] = day
			}
		}
	}
	var out []delivery
	for _, s := range dataset.All() {
		if tables[s.Name] == nil {
			continue
		}
		header, byDay := tables[s.Name][0], map[string][][]string{}
		for _, row := range tables[s.Name][1:] {
			day := dayOf(s, header, row)
			if s.Name == "order_items" {
				day = orderDays[row[slices.Index(header, "order_id")]]
			}
			if day == "" {
				day = first
			}
			byDay[day] = append(byDay[day], row)
		}
		for day, rows := range byDay {
			out = append(out, delivery{day: day, source: w.Shop.ID, name: s.Name + "-" + day + ".csv", text: csvText(header, rows)})
		}
	}
	slices.SortFunc(out, func(a, b delivery) int { return strings.Compare(a.day+a.name, b.day+b.name) })
	return out
}

// dayOf is the day of a row's event, or "".
func dayOf(s *dataset.Schema, header, row []string) string {
	column := s.EventTime
	switch s.Name {
	case "buyer_flags", "agents":
		column = "valid_from"
	case "loss_reasons":
		column = "dt"
	}
	if i := slices.Index(header, column); i >= 0 && len(row[i]) >= 10 {
		return row[i][:10]
	}
	return ""
}

func csvText(header []string, rows [][]string) string {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.WriteAll(slices.Concat([][]string{header}, rows)) // a buffer takes everything
	return b.String()
}

// row is a row of a canonical file by column.
type row map[string]string

// sheet spells rows as a canonical file with the columns that they have.
func sheet(name string, rows ...row) string {
	var header []string
	for _, c := range dataset.ByName(name).Columns {
		if slices.ContainsFunc(rows, func(r row) bool { return r[c.Name] != "" }) {
			header = append(header, c.Name)
		}
	}
	lines := make([][]string, len(rows))
	for i, r := range rows {
		for _, c := range header {
			lines[i] = append(lines[i], r[c])
		}
	}
	return csvText(header, lines)
}

// storyStart is the first day of the first shop; the days of late events count from it.
var storyStart = time.Date(2026, 4, 20, 0, 0, 0, 0, time.UTC)

func storyDay(n int) string { return storyStart.AddDate(0, 0, n).Format(time.DateOnly) }

// at is a wall clock of the shop on a day of the story.
func at(day int, clock string) string { return storyDay(day) + " " + clock }

// talk is a buyer's question on a day and the agent's answer half a minute later.
func talk(id, buyer, agent string, day int, clock string) []row {
	return []row{
		{"message_id": id + "-1", "sent_at": at(day, clock+":00"), "buyer_id": buyer, "agent_id": agent, "sender": "buyer", "kind": "text", "text": "有货吗"},
		{"message_id": id + "-2", "sent_at": at(day, clock+":30"), "buyer_id": buyer, "agent_id": agent, "sender": "agent", "kind": "text", "text": "有的"},
	}
}

// late adds what arrives long after the day that it changes, all in the first shop.
func (s *story) late() {
	add := func(day int, name string, rows ...row) {
		s.files = append(s.files, delivery{day: storyDay(day), source: s.shops[0].ID, name: fmt.Sprintf("%s-late-%s.csv", name, storyDay(day)), text: sheet(name, rows...)})
	}
	chats := slices.Concat(
		talk("late-pay", "late1", "a1", 1, "12:10"), talk("late-refund", "late2", "a1", 2, "13:10"),
		talk("late-flag", "late3", "a2", 2, "14:10"), talk("late-move", "late4", "a2", 3, "15:10"), talk("late-agent", "late5", "a3", 3, "16:10"))
	add(3, "chat_messages", chats...)
	order := func(id, buyer string, day int, more row) row {
		r := row{"order_id": id, "buyer_id": buyer, "created_at": at(day, "17:00:00"), "status": "created", "amount": "88.80", "quantity": "1", "updated_at": at(4, "09:00:00")}
		for k, v := range more {
			r[k] = v
		}
		return r
	}
	paid := func(day int, updated string) row {
		return row{"paid_at": at(day, "17:05:00"), "paid_amount": "88.80", "status": "paid", "updated_at": updated}
	}
	add(4, "orders", order("late-pay", "late1", 1, nil), order("late-refund", "late2", 2, paid(2, at(4, "09:00:00"))),
		order("late-flag", "late3", 2, paid(2, at(4, "09:00:00"))), order("late-move", "late4", 3, paid(3, at(4, "09:00:00"))),
		order("late-agent", "late5", 3, paid(3, at(4, "09:00:00"))))
	add(40, "refunds", row{"refund_id": "late", "requested_at": at(40, "10:00:00"), "order_id": "late-refund", "type": "refund_only", "status": "succeeded",
		"completed_at": at(40, "18:00:00"), "amount": "30.00", "updated_at": at(40, "18:00:00")})
	// The shop goes on; only now its days reach the one of the refund.
	add(61, "chat_messages", talk("late-on", "late6", "a1", 61, "10:10")...)
	add(61, "orders", row{"order_id": "late-on", "buyer_id": "late6", "created_at": at(61, "11:00:00"), "status": "created", "amount": "5.00", "updated_at": at(61, "11:00:00")})
	// Paid sixty days after it was created.
	add(62, "orders", order("late-pay", "late1", 1, paid(61, at(62, "20:00:00"))))
	add(63, "buyer_flags", row{"buyer_id": "late3", "flag": "malicious", "valid_from": storyDay(1), "valid_to": storyDay(5), "updated_at": at(63, "09:00:00")})
	add(64, "orders", order("late-move", "late4", 5, paid(5, at(64, "09:00:00"))))
	add(65, "agents", row{"agent_id": "a3", "valid_from": storyDay(2), "name": "客服a3", "role": "aftersale", "is_bot": "true"},
		row{"agent_id": "a2", "valid_from": storyDay(3), "name": "客服a2", "role": "aftersale", "group": "late"})
	add(66, "agent_presence", row{"agent_id": "a1", "from_at": at(2, "09:00:00"), "to_at": at(2, "12:10:20"), "state": "online"})
	// The rules change in the middle of the days that are computed already.
	shop := fmt.Sprintf("platform: %s, shop: %s", s.shops[0].Platform, s.shops[0].ID)
	s.change = fmt.Sprintf("- {from: %s, %s, values: {credit: split, split_order_share: 0.25, inquiry_validity_days: 3, exclude_agents: [], auto_reply_patterns: [\"有*\"]}}\n", storyDay(2), shop)
	s.rules += fmt.Sprintf("- {%s, values: {subtract_offline: true, inquiry_roles: [presale, both], exclude_flags: [malicious]}}\n", shop)
}
