package rule_test

import (
	"fmt"
	"testing"
	"time"

	"kefu/transform/rule"
	"kefu/transform/rule/yamlnode"

	"pgregory.net/rapid"
)

func shanghai(t *testing.T) *time.Location {
	t.Helper()
	z, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestDaysCarryTheirBounds(t *testing.T) {
	set := mustRead(t, "rules:\n- values: {day_starts_at: \"04:00\"}\n- {from: 2026-01-06, values: {day_starts_at: \"02:30\"}}\n")
	days := set.Days(shops[5:], date("2026-01-04"), date("2026-01-06"))
	want := []string{
		"2026-01-04 240 2026-01-03T20:00:00Z 2026-01-04T20:00:00Z",
		"2026-01-05 240 2026-01-04T20:00:00Z 2026-01-05T18:30:00Z", // ends by the cut of the 6th
		"2026-01-06 150 2026-01-05T18:30:00Z 2026-01-06T18:30:00Z",
	}
	if len(days) != len(want) {
		t.Fatalf("%d days", len(days))
	}
	for i, d := range days {
		got := fmt.Sprintf("%s %d %s %s", d.Date.Format(time.DateOnly), d.CutMinutes, d.StartAt.Format(time.RFC3339), d.EndAt.Format(time.RFC3339))
		if got != want[i] {
			t.Errorf("day %d: %s, want %s", i, got, want[i])
		}
	}
}

func TestBusinessDateUsesTheCutOfTheCalendarDate(t *testing.T) {
	set := mustRead(t, "rules:\n- values: {day_starts_at: \"04:00\"}\n- {from: 2026-01-06, values: {day_starts_at: \"02:30\"}}\n")
	zone := shanghai(t)
	for _, c := range []struct{ local, want string }{
		{"2026-01-05 03:59", "2026-01-04"},
		{"2026-01-05 04:00", "2026-01-05"},
		{"2026-01-06 02:29", "2026-01-05"},
		{"2026-01-06 02:30", "2026-01-06"},
		{"2026-01-06 03:30", "2026-01-06"},
	} {
		at, err := time.ParseInLocation("2006-01-02 15:04", c.local, zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := set.BusinessDate("other", "s", at.UTC()).Format(time.DateOnly); got != c.want {
			t.Errorf("%s → %s, want %s", c.local, got, c.want)
		}
	}
}

func TestAnInstantLiesWithinItsBusinessDay(t *testing.T) {
	zones := []string{"Asia/Shanghai", "UTC", "Europe/Berlin", "America/New_York"}
	rapid.Check(t, func(rt *rapid.T) {
		zone, err := time.LoadLocation(rapid.SampledFrom(zones).Draw(rt, "zone"))
		if err != nil {
			rt.Fatal(err)
		}
		// Cuts from 03:30 on: between 01:00 and 03:00 a clock that is set back shows the cut twice.
		cut := rapid.SampledFrom([]string{"00:00", "03:30", "06:00"})
		yaml := fmt.Sprintf("rules:\n- values: {day_starts_at: %q}\n- {from: 2026-03-29, values: {day_starts_at: %q}}\n", cut.Draw(rt, "a"), cut.Draw(rt, "b"))
		shop := rule.Shop{Platform: "other", ID: "s", Zone: zone}
		set, _ := rule.Parse(entriesOf(t, yaml), []rule.Shop{shop})
		at := time.Date(2026, 3, 20, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 30*24*3600).Draw(rt, "s")) * time.Second)
		dt := set.BusinessDate("other", "s", at)
		d := set.Days([]rule.Shop{shop}, dt, dt)[0]
		if at.Before(d.StartAt) || !at.Before(d.EndAt) {
			rt.Fatalf("%s is of %s, which is [%s, %s)", at, dt.Format(time.DateOnly), d.StartAt, d.EndAt)
		}
	})
}

func TestRuleDayColumns(t *testing.T) {
	columns := rule.Columns()
	byName := map[string]int{}
	for i, c := range columns {
		if _, ok := byName[c.Name]; ok {
			t.Errorf("column %s stands twice", c.Name)
		}
		byName[c.Name] = i
	}
	set := mustRead(t, `rules:
- platform: other
  values:
    filter_monologue_buyer_messages: 2
    exclude_agents: [a1, a2]
    split_order_share: 0.3333
    reply_within: {hours: "22:00-06:00"}
    exclude_orders: {min_amount: 9.9}
    reply_horizon: 90m
`)
	row := set.Days(shops[5:], date("2026-01-05"), date("2026-01-05"))[0].Values()
	if len(row) != len(columns) {
		t.Fatalf("%d values for %d columns", len(row), len(columns))
	}
	for name, want := range map[string]any{
		"platform": "other", "shop_id": "s", "dt": date("2026-01-05"), "cut_minutes": int32(0),
		"exclude_agents": "a1|a2", "exclude_flags": "advertiser|malicious|internal", "inquiry_roles": "presale|both",
		"rating_sources": "buyer|agent|system", "served_by": "human_only",
		"filter_monologue_buyer_messages": int32(2), "filter_single_sentence_agent_messages": nil,
		"filter_watchword": nil, "filter_watchword_times": nil, "handover_max_agent_messages": nil,
		"long_reception_minutes": int32(15), "reply_horizon_seconds": int64(5400), "response_from": "first",
		"subtract_offline": false, "slow_response_seconds": int32(60), "slow_response_times": int32(1), "slow_response_scope": "any",
		"session_gap_minutes": int32(10), "reply_within_seconds": int32(180), "reply_within_unit": "person",
		"reply_within_from_s": int32(22 * 3600), "reply_within_to_s": int32(6 * 3600),
		"reply_within_first_only": false, "reply_within_bot_replies": false,
		"inquiry_validity_days": int32(2), "after_sales_days": int32(15), "credit": "order_then_pay", "split_order_share": "0.333300",
		"order_agent_needs_buyer_message": true, "outbound_days": int32(4), "order_agent_by": "latest",
		"credit_silent_follow_up": false, "follow_up_minutes": int32(60), "agent_initiated_counts": false,
		"agent_initiated_reply_days": int32(2), "remind_after_minutes": int32(0), "remind_within_hours": int32(72),
		"exclude_order_ids": "", "exclude_order_products": "", "exclude_order_tags": "", "exclude_order_min_amount": "9.90",
		"merge_lost_across_days": true, "handover_counts": false, "rating_from_s": int32(8 * 3600), "rating_to_s": int32(23 * 3600),
		"dsr_max_per_month": int32(3), "sla_first_reply_minutes": int32(3), "sla_resolve_hours": int32(48),
		"repeat_contact_days": int32(7), "retention_days": int32(180), "training_days": int32(14),
		"training_kpis": "response_avg_s|inquiry_to_pay_rate|good_rate",
	} {
		i, ok := byName[name]
		if !ok {
			t.Errorf("no column %s", name)
			continue
		}
		if row[i] != want {
			t.Errorf("%s = %#v, want %#v", name, row[i], want)
		}
		delete(byName, name)
	}
	delete(byName, "day_start_at")
	delete(byName, "day_end_at")
	if len(byName) > 0 {
		t.Errorf("columns that the contract does not have: %v", byName)
	}
}

func TestTableOfRulesInForce(t *testing.T) {
	set := mustRead(t, "rules:\n- {from: 2026-03-01, values: {credit: split}}\n- {from: 2026-04-01, platform: other, shop: s, values: {credit: pay_agent}}\n")
	var got []string
	for _, row := range set.Table(shops[5:]) {
		if o := row.Origin; o.Rule == "credit" {
			got = append(got, fmt.Sprintf("%s %s %s %s %s %s", o.Value, day(row.From), day(row.To), o.Level, o.Pos, o))
		}
	}
	want := []string{
		"order_then_pay - 2026-02-28 general shipped.yaml:28:7 shipped default",
		"split 2026-03-01 2026-03-31 general p.yaml:2:31 p.yaml:2",
		"pay_agent 2026-04-01 - shop p.yaml:3:57 p.yaml:3",
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

func TestWhereAValueComesFrom(t *testing.T) {
	root, _ := yamlnode.Parse("/srv/kefu/rules/own.yaml", []byte("rules:\n- values:\n    credit: split\n"))
	entries, problems := rule.Entries(root.Get("rules"))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	entries[0].File = "rules/own.yaml"
	set, _ := rule.Parse(entries, shops)
	for _, c := range []struct{ platform, date, rule, want string }{
		{"jd", "2026-01-01", "reply_within", "shipped for jd from 2021-12-01"},
		{"jd", "2021-11-30", "reply_within", "shipped for jd"},
		{"jd", "2026-01-01", "inquiry_validity_days", "shipped default"},
		{"jd", "2026-01-01", "credit", "rules/own.yaml:3"},
	} {
		o, ok := set.Origin(c.platform, "any", date(c.date), c.rule)
		if !ok || o.String() != c.want {
			t.Errorf("%s of %s on %s comes from %q, want %q", c.rule, c.platform, c.date, o, c.want)
		}
	}
}

func TestTheTableHasItsColumns(t *testing.T) {
	rows := mustRead(t, "").Table(shops[:1])
	if len(rows) < len(rule.Names()) {
		t.Errorf("%d rows for %d rules", len(rows), len(rule.Names()))
	}
	for _, row := range rows {
		values := row.Values()
		if len(values) != len(rule.TableColumns()) {
			t.Fatalf("%d values for %d columns", len(values), len(rule.TableColumns()))
		}
		for i, c := range rule.TableColumns() {
			if dated := c.SQL == "DATE"; values[i] == nil && !dated || !dated && c.Name != "label_zh" && values[i] == "" {
				t.Errorf("%s of %s is missing", c.Name, row.Origin.Rule)
			}
		}
	}
}

func TestTimesAreWrittenShort(t *testing.T) {
	for given, want := range map[string]string{"24h": "24h", "90m": "1h30m", "3600s": "1h", "61s": "1m1s", "45s": "45s", "10m": "10m", "100h0m5s": "100h0m5s"} {
		o, _ := mustRead(t, "rules:\n- values: {reply_horizon: "+given+"}\n").Origin("other", "s", date("2026-01-01"), "reply_horizon")
		if o.Value != want {
			t.Errorf("%s is written %q, want %q", given, o.Value, want)
		}
	}
}

func TestEveryRuleSaysWhatItMayBe(t *testing.T) {
	for _, d := range rule.Definitions() {
		if d.Form == "" || d.Meaning == "" || d.Group == "" {
			t.Errorf("%s: form %q, meaning %q, group %q", d.Name, d.Form, d.Meaning, d.Group)
		}
	}
}

func day(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Format(time.DateOnly)
}

func TestFingerprintFollowsTextRulesOnly(t *testing.T) {
	base := mustRead(t, "").Fingerprint("other", "s")
	for _, c := range []struct {
		yaml    string
		changed bool
	}{
		{"rules:\n- values: {credit: split}\n", false},
		{"rules:\n- values: {auto_reply_patterns: []}\n", false},
		{"rules:\n- values: {auto_reply_patterns: [=在的]}\n", true},
		{"rules:\n- values: {recommendation_marks: [推荐*]}\n", true},
		{"rules:\n- {from: 2026-01-01, values: {filter_watchword: 暗号, filter_watchword_times: 1}}\n", true},
		{"rules:\n- {platform: jd, values: {auto_reply_patterns: [=在的]}}\n", false},
		{"rules:\n- values: {topics: [{topic: a, patterns: [/x/]}]}\n", true},
	} {
		if got := mustRead(t, c.yaml).Fingerprint("other", "s"); (got != base) != c.changed {
			t.Errorf("%s changed = %v, want %v", c.yaml, got != base, c.changed)
		}
	}
}

func BenchmarkTwoYearsOfTwentyShops(b *testing.B) {
	var many []rule.Shop
	for i := range 20 {
		many = append(many, rule.Shop{Platform: "tmall", ID: fmt.Sprint(i)})
	}
	for b.Loop() {
		set, _ := rule.Parse(nil, many)
		for _, d := range set.Days(many, date("2024-01-01"), date("2025-12-31")) {
			_ = d.Values()
		}
	}
}
