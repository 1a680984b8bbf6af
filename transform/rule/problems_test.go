package rule_test

import (
	"strings"
	"testing"
)

func TestProblemsNameTheirPlace(t *testing.T) {
	for _, c := range []struct{ value, want string }{
		{"reply_horizen: 24h", `3:5: there is no rule "reply_horizen" (did you mean reply_horizon?)`},
		{"day_starts_at: \"06:01\"", "3:20: day_starts_at cannot be"},
		{"day_starts_at: 6", "3:20: day_starts_at cannot be"},
		{"day_starts_at: \"5:00\"", "3:20: day_starts_at cannot be"},
		{"exclude_agents: a1", "3:21: exclude_agents must be a list"},
		{"exclude_agents: [\"a|b\"]", "3:22: an item of exclude_agents cannot contain '|'"},
		{"exclude_agents: [ok, \"\"]", "3:26: an item of exclude_agents is empty"},
		{"exclude_flags: [vip]", "3:21: an item of exclude_flags cannot be"},
		{"auto_reply_patterns: [您好]", "3:27: a pattern of auto_reply_patterns cannot be read"},
		{"auto_reply_patterns: [\"/(/\"]", "compile /(/"},
		{"auto_reply_patterns: [\"=\"]", "=text, text* or /expression/"},
		{"served_by: robot", "3:16: served_by cannot be \"robot\" (one of human_only, human_and_bot)"},
		{"filter_monologue_buyer_messages: 0", "out of range"},
		{"filter_monologue_buyer_messages: no", "must be off or a whole number from 1"},
		{"filter_watchword: [a]", "must be text"},
		{"long_reception_minutes: 1.5", "must be a whole number"},
		{"reply_horizon: 24", "is no such time"},
		{"reply_horizon: 721h", "is no such time"},
		{"reply_horizon: 1500ms", "is no such time"},
		{"slow_response: {second: 3}", `3:21: slow_response has no key "second" (did you mean seconds?)`},
		{"slow_response: {scope: all}", "slow_response.scope cannot be"},
		{"slow_response: 60", "slow_response must be a mapping"},
		{"reply_within: {hours: 8-23}", "reply_within.hours is no range of hours"},
		{"reply_within: {hours: \"24:00-08:00\"}", "is no range of hours"},
		{"reply_within: {hours: \"08:00-08:00\"}", "is no range of hours"},
		{"reply_within: {first_only: 1}", "reply_within.first_only must be true or false"},
		{"inquiry_validity_days: 16", "inquiry_validity_days is out of range: 16 (from 1 to 15)"},
		{"inquiry_validity_days: 0", "out of range"},
		{"inquiry_validity_days: \"2\"", "must be a whole number"},
		{"after_sales_days: 181", "out of range"},
		{"credit: agent", "credit cannot be"},
		{"split_order_share: 1.1", "split_order_share is out of range"},
		{"split_order_share: -0.1", "split_order_share is out of range"},
		{"split_order_share: 0.33333", "more than 4 digits"},
		{"split_order_share: half", "must be a number"},
		{"outbound_days: 1", "out of range"},
		{"inquiry_roles: [sales]", "an item of inquiry_roles cannot be"},
		{"order_agent_by: last", "order_agent_by cannot be"},
		{"exclude_orders: {min_amount: 0.001}", "more than 2 digits"},
		{"exclude_orders: {products: [\"x|y\"]}", "cannot contain '|'"},
		{"topics: [{topic: a}]", "a topic needs patterns"},
		{"topics: [{topic: a, patterns: [x]}]", "a pattern of topics cannot be read"},
		{"topics: [{topic: a, patterns: [=x]}, {topic: a, patterns: [=y]}]", `topic "a" stands twice`},
		{"training_kpis: [Good Rate]", "is no name of a KPI"},
		{"grades: {new_kpi: {pass: 1}}", "grades.new_kpi needs direction"},
		{"grades: {answer_ratio: {pass: 1.5}}", "the lines of grades.answer_ratio are not in order"},
		{"grades: {answer_ratio: {passed: 1.5}}", "did you mean pass?"},
		{"targets: {sales_amount: lots}", "targets.sales_amount must be a number"},
		{"targets: {sales_amount: {agent: 1, team: 2}}", "targets.sales_amount has no key \"team\""},
		{"targets: {sales_amount: {agents: [a1]}}", "targets.sales_amount.agents must be a mapping"},
		{"targets: {sales_amount: {agents: {a1: much}}}", "targets.sales_amount.agents.a1 must be a number"},
		{"ranking_minimum: -1", "ranking_minimum is out of range"},
		{"pay_plan: {base: 1, sales_amount: {weight: 60}}", "the weights of pay_plan sum to 60 %"},
		{"pay_plan: {base: 1, sales_amount: {floor: 60}}", "needs weight"},
		{"pay_plan: {base: 1, sales_amount: {weight: 100, floor: 90, cap: 80}}", "floor 90% is above cap 80%"},
		{"pay_plan: {base: 1, sales_amount: {weight: 100, threshold: 90, cap: 80}}", "threshold 90% is above cap 80%"},
		{"pay_plan: {base: 1, sales_amount: {weight: 100, missing: half}}", "pay_plan.sales_amount.missing cannot be"},
		{"pay_plan: {sales_amount: {weight: 100}}", "3:15: pay_plan needs base"},
		{"pay_plan: {base: 1}", "pay_plan has a base and no KPI"},
		{"pay_plan: {base: 1.005, sales_amount: {weight: 100}}", "pay_plan.base has more than 2 digits"},
		{"pay_plan: {base: {groups: {g: 1}}, sales_amount: {weight: 100}}", "needs everyone"},
		{"pay_plan: {base: {everyone: 1, agents: {a1: -1}}, sales_amount: {weight: 100}}", "pay_plan.base.agents.a1 is out of range"},
		{"credit: split\n    credit: pay_agent", `4:5: key "credit" stands twice`},
		{"handover_counts: ~", "must be true or false"},
	} {
		_, problems := read(t, "rules:\n- values:\n    "+c.value+"\n")
		all := strings.Join(problems, "\n")
		if !strings.Contains(all, c.want) || !strings.Contains(all, "p.yaml:") {
			t.Errorf("%s\n got: %s\nwant: %s", c.value, all, c.want)
		}
	}
}

func TestProblemsOfEntries(t *testing.T) {
	for _, c := range []struct{ entry, want string }{
		{"{values: {}}", "values must be a mapping of rules"},
		{"{from: 2026-02-30, values: {credit: split}}", "p.yaml:2:10: from is no date"},
		{"{from: 1999-01-01, values: {credit: split}}", "from is no date"},
		{"{platform: amazon, values: {credit: split}}", "platform cannot be \"amazon\""},
		{"{shop: s, values: {credit: split}}", "must name its platform too"},
		{"{platform: other, shop: t, values: {credit: split}}", "p.yaml:2:3: shop other/t is not declared"},
		{"{until: 2026-01-01, values: {credit: split}}", `an entry of rules has no key "until"`},
		{"{from: 2026-01-01}", "an entry of rules needs values"},
		{"credit", "an entry of rules must be a mapping"},
	} {
		_, problems := read(t, "rules:\n- "+c.entry+"\n")
		if all := strings.Join(problems, "\n"); !strings.Contains(all, c.want) {
			t.Errorf("%s\n got: %s\nwant: %s", c.entry, all, c.want)
		}
	}
}

func TestAllProblemsAtOnce(t *testing.T) {
	_, problems := read(t, `rules:
- {from: yesterday, values: {credit: split}}
- values: {credit: none, outbound_days: 99, nonsense: 1}
- {platform: ebay, values: {handover_counts: maybe}}
`)
	if len(problems) != 6 {
		t.Errorf("%d problems, want 6:\n%s", len(problems), strings.Join(problems, "\n"))
	}
}
