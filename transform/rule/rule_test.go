package rule_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"kefu/transform/rule"
	"kefu/transform/rule/yamlnode"
)

var shops = []rule.Shop{
	{Platform: "tmall", ID: "flagship"}, {Platform: "jd", ID: "jd-store"}, {Platform: "kuaishou", ID: "ks"},
	{Platform: "doudian", ID: "dd"}, {Platform: "pdd", ID: "pp"}, {Platform: "other", ID: "s"},
}

// read parses a rules list and returns the set with its problems as text.
func read(t *testing.T, yaml string) (*rule.Set, []string) {
	t.Helper()
	root, problems := yamlnode.Parse("p.yaml", []byte(yaml))
	entries, more := rule.Entries(root.Get("rules"))
	set, last := rule.Parse(entries, shops)
	var out []string
	for _, list := range [][]rule.Problem{problems, more, last} {
		for _, p := range list {
			out = append(out, p.String())
		}
	}
	return set, out
}

// mustRead is read for entries without problems.
func mustRead(t *testing.T, yaml string) *rule.Set {
	t.Helper()
	set, problems := read(t, yaml)
	if len(problems) > 0 {
		t.Fatalf("unexpected problems: %s", strings.Join(problems, "\n"))
	}
	return set
}

func date(s string) time.Time {
	var y, m, d int
	_, _ = fmt.Sscanf(s, "%d-%d-%d", &y, &m, &d)
	return time.Date(y, time.Month(m), d, 0, 0, 0, 0, time.UTC)
}

func TestDefaultsAreThoseOfTheTable(t *testing.T) {
	v := mustRead(t, "").At("other", "s", date("2026-01-05"))
	if v.DayStartsAt != 0 || v.ServedBy != "human_only" || v.LongReceptionMinutes != 15 || v.ReplyHorizon != 24*time.Hour {
		t.Errorf("general and response defaults: %+v", v)
	}
	if v.FilterMonologueBuyerMessages != 0 || v.FilterWatchword != "" || v.HandoverMaxAgentMessages != 0 {
		t.Errorf("filters must be off: %+v", v)
	}
	if v.SlowResponse != (rule.SlowResponse{Seconds: 60, Scope: "any", Times: 1}) {
		t.Errorf("slow_response = %+v", v.SlowResponse)
	}
	want := rule.ReplyWithin{Seconds: 180, Unit: "person", Hours: rule.Hours{From: 8 * 3600, To: 23 * 3600}}
	if v.ReplyWithin != want {
		t.Errorf("reply_within = %+v, want %+v", v.ReplyWithin, want)
	}
	if v.Credit != "order_then_pay" || v.SplitOrderShare.String() != "0.5" || v.InquiryValidityDays != 2 || v.AfterSalesDays != 15 || v.OutboundDays != 4 {
		t.Errorf("attribution defaults: %+v", v)
	}
	if v.Grades["response_avg_s"].Direction != "lower" || v.Grades["answer_ratio"].Excellent.String() != "1.4" {
		t.Errorf("grades = %+v", v.Grades)
	}
	if len(v.Targets) != 0 || len(v.PayPlan.Terms) != 0 || len(v.Topics.List) < 10 {
		t.Errorf("targets %v, pay_plan %v, %d topics", v.Targets, v.PayPlan, len(v.Topics.List))
	}
}

func TestEveryRuleHasAShippedDefault(t *testing.T) {
	set := mustRead(t, "")
	for _, name := range rule.Names() {
		o, ok := set.Origin("other", "s", date("2026-01-01"), name)
		if !ok || !o.Shipped || o.Level != "general" || o.Pos.Line == 0 || o.Value == "" {
			t.Errorf("%s: origin %+v, ok %v", name, o, ok)
		}
	}
}

func TestShippedPlatformEntries(t *testing.T) {
	set := mustRead(t, "")
	for _, c := range []struct {
		platform, shop, date string
		seconds              int
		unit, hours          string
		first, bots          bool
		servedBy             string
	}{
		{"tmall", "flagship", "2026-01-05", 180, "turn", "08:00-24:00", false, true, "human_only"},
		{"taobao", "any", "2026-01-05", 180, "turn", "08:00-24:00", false, true, "human_only"},
		{"jd", "jd-store", "2021-11-30", 30, "session", "08:00-24:00", true, false, "human_only"},
		{"jd", "jd-store", "2021-12-01", 30, "session", "09:00-23:00", true, false, "human_only"},
		{"kuaishou", "ks", "2023-06-29", 180, "person", "08:00-24:00", false, false, "human_and_bot"},
		{"kuaishou", "ks", "2023-06-30", 180, "person", "08:00-23:00", false, false, "human_only"},
		{"doudian", "dd", "2026-01-05", 180, "turn", "08:00-23:00", false, false, "human_only"},
		{"pdd", "pp", "2026-01-05", 180, "person", "08:00-23:00", false, false, "human_only"},
	} {
		v := set.At(c.platform, c.shop, date(c.date))
		got := v.ReplyWithin
		if got.Seconds != c.seconds || got.Unit != c.unit || got.Hours.String() != c.hours || got.FirstOnly != c.first || got.BotReplies != c.bots || v.ServedBy != c.servedBy {
			t.Errorf("%s on %s: %+v served by %s", c.platform, c.date, got, v.ServedBy)
		}
	}
}

func TestPrecedence(t *testing.T) {
	for _, c := range []struct {
		name, yaml, date string
		want             int
	}{
		{"general", "rules:\n- values: {inquiry_validity_days: 3}\n", "2026-01-05", 3},
		{"platform before general, whatever the date", `rules:
- {platform: other, values: {inquiry_validity_days: 4}}
- {from: 2026-01-01, values: {inquiry_validity_days: 5}}
`, "2026-01-05", 4},
		{"shop before platform", `rules:
- {platform: other, shop: s, values: {inquiry_validity_days: 6}}
- {from: 2026-01-01, platform: other, values: {inquiry_validity_days: 5}}
`, "2026-01-05", 6},
		{"latest from not after the day", `rules:
- {from: 2026-01-05, values: {inquiry_validity_days: 7}}
- {from: 2026-01-06, values: {inquiry_validity_days: 8}}
- {from: 2026-01-01, values: {inquiry_validity_days: 9}}
`, "2026-01-05", 7},
		{"before the first dated entry the default holds", "rules:\n- {from: 2026-01-05, values: {inquiry_validity_days: 7}}\n", "2026-01-04", 2},
		{"later in the file", "rules:\n- values: {inquiry_validity_days: 3}\n- values: {inquiry_validity_days: 4}\n", "2026-01-05", 4},
		{"of another platform", "rules:\n- {platform: jd, values: {inquiry_validity_days: 3}}\n", "2026-01-05", 2},
	} {
		if got := mustRead(t, c.yaml).At("other", "s", date(c.date)).InquiryValidityDays; got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

func TestAUsersEntryStandsBeforeAShippedOneOfTheSameDate(t *testing.T) {
	set := mustRead(t, "rules:\n- {platform: jd, from: 2021-12-01, values: {reply_within: {seconds: 60}}}\n")
	got := set.At("jd", "jd-store", date("2026-01-01")).ReplyWithin
	if got.Seconds != 60 {
		t.Errorf("seconds = %d, want the user's 60", got.Seconds)
	}
	if got.Unit != "person" || got.FirstOnly || got.Hours.String() != "08:00-23:00" {
		t.Errorf("keys left out must take the table's default, not the shipped platform's: %+v", got)
	}
	// An undated entry of the user loses to the dated one that ships.
	set = mustRead(t, "rules:\n- {platform: jd, values: {reply_within: {seconds: 60}}}\n")
	if got := set.At("jd", "jd-store", date("2026-01-01")).ReplyWithin.Seconds; got != 30 {
		t.Errorf("seconds = %d, want the shipped entry of 2021-12-01", got)
	}
	if got := set.At("jd", "jd-store", date("2021-01-01")).ReplyWithin.Seconds; got != 60 {
		t.Errorf("seconds = %d before 2021-12-01, want the user's", got)
	}
}

func TestHiddenGeneralEntriesAreNamed(t *testing.T) {
	_, problems := read(t, "rules:\n- values:\n    reply_within: {seconds: 60}\n    credit: split\n")
	if len(problems) != 1 || !strings.HasPrefix(problems[0], "p.yaml:3:5: reply_within of this general entry is not in force on doudian, jd, kuaishou, pdd, tmall") {
		t.Errorf("problems: %q", problems)
	}
	_, problems = read(t, "rules:\n- values: {rating_hours: \"09:00-21:00\"}\n- {platform: kuaishou, from: 2023-06-30, values: {rating_hours: \"09:00-21:00\"}}\n")
	if len(problems) != 1 || !strings.Contains(problems[0], "not in force on kuaishou") {
		t.Errorf("the shipped entry still hides it before 2023-06-30: %q", problems)
	}
}

func TestWatchwordWithoutTimesIsNamed(t *testing.T) {
	_, problems := read(t, "rules:\n- values: {filter_watchword: 暗号}\n")
	if len(problems) != 1 || !strings.Contains(problems[0], "filter_watchword_times is off") {
		t.Errorf("problems: %q", problems)
	}
	v := mustRead(t, "rules:\n- values: {filter_watchword: 暗号, filter_watchword_times: 2}\n").At("other", "s", date("2026-01-01"))
	if !v.HasWatchword("这是暗号哦") || v.HasWatchword("没有") || v.FilterWatchwordTimes != 2 {
		t.Errorf("watchword %q times %d", v.FilterWatchword, v.FilterWatchwordTimes)
	}
}

func TestMapsAreReplacedAsAWhole(t *testing.T) {
	set := mustRead(t, `rules:
- values: {slow_response: {seconds: 30, times: 3}, exclude_orders: {ids: ["1", 2], min_amount: 0.1}}
- {from: 2026-01-05, values: {slow_response: {scope: first}, exclude_orders: {tags: [a]}}}
`)
	v := set.At("other", "s", date("2026-01-05"))
	if v.SlowResponse != (rule.SlowResponse{Seconds: 60, Scope: "first", Times: 1}) {
		t.Errorf("slow_response = %+v", v.SlowResponse)
	}
	if len(v.ExcludeOrders.IDs) != 0 || v.ExcludeOrders.MinAmount.String() != "0" || v.ExcludeOrders.Tags[0] != "a" {
		t.Errorf("exclude_orders = %+v", v.ExcludeOrders)
	}
	if got := set.At("other", "s", date("2026-01-04")).ExcludeOrders; strings.Join(got.IDs, ",") != "1,2" || got.MinAmount.Fixed(2) != "0.10" {
		t.Errorf("exclude_orders before = %+v", got)
	}
}

func TestGradesTargetsAndPayPlan(t *testing.T) {
	set := mustRead(t, `rules:
- values:
    grades:
      reply_rate: {pass: 0.95}
      answer_ratio: off
      good_rate: {direction: higher, warning: 0.9, pass: 0.95}
    targets: {sales_amount: 50000, good_rate: 0.98}
    pay_plan:
      base: {everyone: 2000, groups: {售前: 2500}, agents: {a1: 3000.50}}
      sales_amount: {weight: 60%, floor: 60%, cap: 150%}
      good_rate: {weight: 40, threshold: 80, missing: spread}
`)
	v := set.At("other", "s", date("2026-01-05"))
	if _, ok := v.Grades["answer_ratio"]; ok || v.Grades["reply_rate"].Pass.String() != "0.95" || v.Grades["reply_rate"].Direction != "higher" || v.Grades["online_hours_avg"].Pass.String() != "9" {
		t.Errorf("grades = %+v", v.Grades)
	}
	if v.Targets["sales_amount"].Every.String() != "50000" {
		t.Errorf("targets = %+v", v.Targets)
	}
	terms, base := v.PayPlan.Terms, v.PayPlan.Base
	if p := terms["sales_amount"]; len(terms) != 2 || p.Weight.String() != "60" || p.Cap.String() != "150" || p.Missing != "zero" {
		t.Errorf("pay_plan = %+v", v.PayPlan)
	}
	if p := terms["good_rate"]; p.Floor != nil || p.Threshold.String() != "80" || p.Missing != "spread" {
		t.Errorf("pay_plan = %+v", v.PayPlan)
	}
	if base.Everyone.String() != "2000" || base.Groups["售前"].String() != "2500" || base.Agents["a1"].String() != "3000.5" {
		t.Errorf("base = %+v", base)
	}
}

func TestKPIsThatEntriesName(t *testing.T) {
	set := mustRead(t, "rules:\n- values:\n    grades: {reply_rate: {pass: 0.9}}\n    training_kpis: [good_rate]\n    exclude_agents: [a]\n    targets: {sales_amount: 1}\n")
	var got []string
	for _, k := range set.KPIs() {
		got = append(got, fmt.Sprint(k.Rule, " ", k.KPI, " ", k.Pos.Line))
	}
	if want := "[grades reply_rate 3 training_kpis good_rate 4 targets sales_amount 6]"; fmt.Sprint(got) != want {
		t.Errorf("got %v, want %s", got, want)
	}
}
