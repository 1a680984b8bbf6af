// Package cases owns the worked examples: one readable file per example with
// the rules, the events in the notation of the definitions and the values that
// they give. A case runs on the reference and on every engine.
//
// A file is a txtar archive. What stands before the first section is common to
// all sections; each section is a variant and a world of its own. Lines are
//
//	platform jd
//	rule slow_response: {seconds: 30}
//	rule from 2026-01-10 slow_response: {seconds: 30}
//	data ends 5th
//	agent a1: group g, 45.50 an hour, from 1st, to 5th, robot
//	product p1: 12.50 yuan
//	05 10:00 b1→a1, leave message
//	05 10:01 a1→b1
//	05 10:01 bot→b1, auto-reply
//	05 10:02 a1⇒a2 of b1
//	05 10:03 a1→b1, recommends p1
//	05 10:03 b1→a1, asks about 价格
//	05 10:04 a1→b1, says 推荐这款 about p1
//	a1 online 05 09:00 to 05 23:55
//	flag b1 malicious 2026-01-06 to 2026-01-07, removed
//	order o1: of b1, 05 10:30, paid 05 11:30, 80 yuan, quantity 3
//	refund r1: of o1, 06 06:00, 50 yuan, succeeded, completed 08 06:00, by merchant
//	case c1: of b1, 06 10:00, about o1, agent a1, type 物流, replied 06 10:01, resolved 07 10:00, nps 9, transferred
//	event e1: training of a1, 05 10:00
//	evaluation e1: of b1, agent a1, 05 12:00, score 5
//	adjustment x1: of a1, 6th, bad -1, withdrawn
//	adjustment x2: of a1, 6th, 50.05 yuan
//	rating: of o1, by b1, 2026-01-10 12:00, service 5
//	want a1, 5th: received_buyers 1, reply_rate NULL
//	want S, 7 days as of the 10th: slow_rate 1/2
//	want group g, 5th: received_buyers 1
//	want group none, 7 days as of the 10th: received_buyers 1
//	want inquiry a1 b1 5th: status lost
//	want order o1: kind assisted, order_agent_id a1
//	want credit o1 in_force a1: share 0.3
//	want reminder a1 b1 5th: paid_same_day true
//	want recommendation a1 b1 p1 5th: bought true
//	want case type 物流 5th: cases 1
//	want topic 价格 5th: buyers 2, share 2/3
//	want training effect e1 response_avg_s: effect -10
//	want month a1 reply_rate: value 0.5, grade below_pass
//	want month group:g sales_amount: value 80
//	want term a1 sales_amount: attainment 0.7, amount 350
//	want statement a1: total 1000
//	want adjustment x1: effect kpi
//	want no row a1 6th
//
// Months are January. A time without a year is of January 2026, on the wall clock of Shanghai. An
// order is of 100 yuan, one piece, one item of product p1, unless stated. Unless
// `data ends` says otherwise, the shop has one message and one unpaid order on
// the 31st at noon, of a buyer and an agent that appear nowhere else.
package cases

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"kefu/transform/transformtest/reference"
	"kefu/transform/transformtest/world"
)

//go:embed *.txtar
var files embed.FS

// Case is one variant of an example.
type Case struct {
	Name  string // file and variant
	World *world.World
	wants []want
}

// want is one expected row: a table, its key values and some of its columns.
type want struct {
	line    string
	table   string
	key     reference.Row
	columns map[string]string
	absent  bool
}

// Load reads all examples. Each case has a shop id of its own, so that all can
// be computed in one pass.
func Load() ([]Case, error) {
	names, err := fs.Glob(files, "*.txtar")
	if err != nil {
		return nil, err
	}
	var out []Case
	for _, name := range names {
		data, err := files.ReadFile(name)
		if err != nil {
			return nil, err
		}
		list, err := parse(strings.TrimSuffix(name, ".txtar"), string(data))
		if err != nil {
			return nil, fmt.Errorf("read example %s: %w", name, err)
		}
		out = append(out, list...)
	}
	return out, nil
}

// section is a variant: its name and lines.
type section struct {
	name  string
	lines []string
}

// split cuts an archive into what is common and its sections.
func split(text string) (common []string, sections []section) {
	for _, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "-- ") && strings.HasSuffix(line, " --"):
			sections = append(sections, section{name: strings.TrimSpace(line[3 : len(line)-3])})
		case len(sections) == 0:
			common = append(common, line)
		default:
			last := &sections[len(sections)-1]
			last.lines = append(last.lines, line)
		}
	}
	if len(sections) == 0 {
		sections = []section{{}}
	}
	return common, sections
}

func parse(name, text string) ([]Case, error) {
	common, sections := split(text)
	var out []Case
	for _, s := range sections {
		b := newBuilder(strings.TrimSpace(name + " " + s.name))
		for _, line := range slices.Concat(common, s.lines) {
			if err := b.read(line); err != nil {
				return nil, fmt.Errorf("section %q: %q: %w", s.name, line, err)
			}
		}
		c, err := b.finish()
		if err != nil {
			return nil, fmt.Errorf("section %q: %w", s.name, err)
		}
		out = append(out, c)
	}
	return out, nil
}

// Check returns what of the expected values the result tables do not fulfil.
func (c *Case) Check(result map[string][]reference.Row) []reference.Difference {
	var out []reference.Difference
	for _, w := range c.wants {
		full := reference.Row{"platform": c.World.Shop.Platform, "shop_id": c.World.Shop.ID}
		for k, v := range w.key {
			full[k] = v
		}
		out = append(out, w.check(c.Name, full, result[w.table])...)
	}
	return out
}

func (w *want) check(name string, key reference.Row, rows []reference.Row) []reference.Difference {
	d := reference.Difference{World: name, Table: w.table, Key: w.line, Want: "a row", Got: "no row"}
	for _, r := range rows {
		if !hasKey(r, key) {
			continue
		}
		if w.absent {
			d.Want, d.Got = "no row", "a row"
			return []reference.Difference{d}
		}
		var out []reference.Difference
		for column, text := range w.columns {
			got, ok := r[column]
			if !ok || !reference.Shows(got, text) {
				d.Column, d.Want, d.Got = column, text, reference.Spell(got)
				out = append(out, d)
			}
		}
		return out
	}
	if w.absent {
		return nil
	}
	return []reference.Difference{d}
}

func hasKey(r, key reference.Row) bool {
	for k, v := range key {
		if reference.Spell(r[k]) != reference.Spell(v) {
			return false
		}
	}
	return true
}
