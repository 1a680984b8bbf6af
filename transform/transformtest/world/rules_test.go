package world

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"kefu/transform/rule"
	"kefu/transform/rule/yamlnode"
)

// The rules engine resolves general, platform and shop entries as the plain
// loop of these worlds does, and begins business days at the same instants.
func TestRuleEngineAgrees(t *testing.T) {
	start, err := ParseDate("2021-11-20")
	if err != nil {
		t.Fatal(err)
	}
	for seed := uint64(1); seed <= 60; seed++ {
		r := rand.New(rand.NewPCG(seed, 1))
		worlds := Pack{
			{Shop: Shop{Platform: "jd", ID: "s1", Timezone: "Asia/Shanghai"}},
			{Shop: Shop{Platform: "kuaishou", ID: "s1", Timezone: "Europe/London"}},
			{Shop: Shop{Platform: "other", ID: "s2", Timezone: "Asia/Shanghai"}},
		}
		text := drawEntries(r, start)
		set := compile(t, text, worlds)
		for _, w := range worlds {
			w.Rules = text
			if err := w.Open(); err != nil {
				t.Fatal(err)
			}
			for d := start; d < start+1000; d += Date(1 + r.IntN(7)) {
				mine, theirs := spellRules(w.RulesAt(d)), spellValues(set.At(w.Shop.Platform, w.Shop.ID, d.Time()))
				if mine != theirs {
					t.Fatalf("seed %d, %v, %v:\nwant %s\ngot  %s\nrules:\n%s", seed, w.Shop, d, mine, theirs, text)
				}
				zone := w.zone
				days := set.Days([]rule.Shop{{Platform: w.Shop.Platform, ID: w.Shop.ID, Zone: zone}}, d.Time(), d.Time())
				if !days[0].StartAt.Equal(w.Start(d)) || !days[0].EndAt.Equal(w.End(d)) {
					t.Fatalf("seed %d, %v, %v: day is [%v, %v), want [%v, %v)", seed, w.Shop, d, days[0].StartAt, days[0].EndAt, w.Start(d), w.End(d))
				}
			}
		}
	}
}

func drawEntries(r *rand.Rand, start Date) string {
	var b strings.Builder
	for range 25 {
		choices := ruleChoices[r.IntN(len(ruleChoices))]
		scope := []string{"", "", "platform: jd, ", "platform: kuaishou, ", "platform: jd, shop: s1, ", "platform: other, shop: s2, "}[r.IntN(6)]
		from := ""
		if r.IntN(3) > 0 {
			from = fmt.Sprintf("from: %q, ", (start + Date(20*r.IntN(40))).String())
		}
		fmt.Fprintf(&b, "- {%s%svalues: {%s}}\n", from, scope, choices[r.IntN(len(choices))])
	}
	return b.String()
}

func compile(t *testing.T, text string, worlds Pack) *rule.Set {
	t.Helper()
	root, problems := yamlnode.Parse("rules.yaml", []byte(text))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	entries, problems := rule.Entries(root)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	var shops []rule.Shop
	for _, w := range worlds {
		zone, err := time.LoadLocation(w.Shop.Timezone)
		if err != nil {
			t.Fatal(err)
		}
		shops = append(shops, rule.Shop{Platform: w.Shop.Platform, ID: w.Shop.ID, Zone: zone})
	}
	set, problems := rule.Parse(entries, shops)
	for _, p := range problems {
		if p.Class == yamlnode.Invalid {
			t.Fatal(p)
		}
	}
	return set
}

func spellRules(r *Rules) string {
	w, x := r.Within, r.ExcludeOrders
	return fmt.Sprint(r.DayStartsAt, r.ExcludeAgents, r.ExcludeFlags, r.AutoReplyPatterns, r.ServedBy,
		r.FilterMonologue, r.FilterSingleSentence, r.FilterWatchword, r.HandoverMax, r.LongReceptionMinutes,
		r.ReplyHorizon, r.ResponseFrom, r.SubtractOffline, r.SlowSeconds, r.SlowScope, r.SlowTimes, r.SessionGapMinutes,
		w.Seconds, w.Unit, w.From, w.To, w.FirstOnly, w.BotReplies,
		r.InquiryValidityDays, r.AfterSalesDays, r.Credit, r.SplitOrderShare, r.NeedsBuyerMessage, r.InquiryRoles,
		r.OutboundDays, r.OrderAgentBy, r.CreditSilentFollowUp, r.FollowUpMinutes, r.AgentInitiatedCounts, r.AgentInitiatedDays,
		r.RemindAfterMinutes, r.RemindWithinHours, x.IDs, x.Products, x.Tags, Cents(x.MinCents).String(),
		r.MergeLostAcrossDays, r.HandoverCounts, r.RatingFrom, r.RatingTo, r.RatingSources, r.DSRMaxPerMonth,
		r.RecommendationMarks, r.SLAFirstReplyMinutes, r.SLAResolveHours, r.RepeatContactDays, r.RetentionDays, r.TrainingDays, r.TrainingKPIs)
}

func spellValues(v *rule.Values) string {
	w, x := v.ReplyWithin, v.ExcludeOrders
	var patterns []string
	for _, p := range v.AutoReplyPatterns {
		patterns = append(patterns, p.String())
	}
	var marks []string
	for _, p := range v.RecommendationMarks {
		marks = append(marks, p.String())
	}
	return fmt.Sprint(int(v.DayStartsAt), v.ExcludeAgents, v.ExcludeFlags, patterns, v.ServedBy,
		int(v.FilterMonologueBuyerMessages), int(v.FilterSingleSentenceAgentMessages), v.FilterWatchword, int(v.HandoverMaxAgentMessages), v.LongReceptionMinutes,
		v.ReplyHorizon, v.ResponseFrom, v.SubtractOffline, v.SlowResponse.Seconds, v.SlowResponse.Scope, v.SlowResponse.Times, v.SessionGapMinutes,
		w.Seconds, w.Unit, w.Hours.From, w.Hours.To, w.FirstOnly, w.BotReplies,
		v.InquiryValidityDays, v.AfterSalesDays, v.Credit, v.SplitOrderShare.String(), v.OrderAgentNeedsBuyerMessage, v.InquiryRoles,
		v.OutboundDays, v.OrderAgentBy, v.CreditSilentFollowUp, v.FollowUpMinutes, v.AgentInitiatedCounts, v.AgentInitiatedReplyDays,
		v.RemindAfterMinutes, v.RemindWithinHours, x.IDs, x.Products, x.Tags, x.MinAmount.Fixed(2),
		v.MergeLostAcrossDays, v.HandoverCounts, v.RatingHours.From, v.RatingHours.To, v.RatingSources, v.DSRMaxPerMonth,
		marks, v.SLAFirstReplyMinutes, v.SLAResolveHours, v.RepeatContactDays, v.RetentionDays, v.TrainingDays, v.TrainingKPIs)
}
