package night

import (
	"strings"
	"sync"
	"time"

	"kefu/transform/catalogue"
	"kefu/transform/compute"
	"kefu/transform/normalise"
	"kefu/transform/rule"
)

// Relations names the small tables that models read beside the datasets.
func Relations() []string { return []string{"metrics", "rule_intervals"} }

func (n *Night) relations() []compute.Relation {
	metrics := compute.Relation{Name: "metrics", Rows: n.Catalogue.Rows()}
	for _, c := range catalogue.Columns() {
		metrics.Columns = append(metrics.Columns, compute.RelationColumn{Name: c.Name, Type: c.Type})
	}
	intervals := compute.Relation{Name: "rule_intervals"}
	for _, name := range []string{"platform", "shop_id", "rule", "value", "origin"} {
		intervals.Columns = append(intervals.Columns, compute.RelationColumn{Name: name, Type: "VARCHAR"})
	}
	for _, name := range []string{"valid_from", "valid_to"} {
		intervals.Columns = append(intervals.Columns, compute.RelationColumn{Name: name, Type: "DATE"})
	}
	for _, f := range n.Rules.Table(n.Rules.Shops()) {
		intervals.Rows = append(intervals.Rows, []any{f.Platform, f.Shop, f.Rule, f.Value, origin(f), dateOrNil(f.From), dateOrNil(f.To)})
	}
	return []compute.Relation{metrics, intervals}
}

func dateOrNil(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t
}

func shopKey(name string) compute.ShopKey {
	platform, shop, _ := strings.Cut(name, "/")
	return compute.ShopKey{Platform: platform, Shop: shop}
}

// textFingerprint identifies the rules on texts of a source's shop.
func (n *Night) textFingerprint(s Source) string {
	return n.Rules.Fingerprint(s.Shop.Platform, s.Shop.Shop)
}

// textRules gives the normaliser the compiled patterns of a day. Rules stay the
// same over many days, so patterns are compiled once per set of values.
type textRules struct{ set *rule.Set }

var compiledTexts sync.Map // *rule.Values → *normalise.TextPatterns

// At implements normalise.TextRules.
func (t textRules) At(platform, shop string, date time.Time) *normalise.TextPatterns {
	values := t.set.At(platform, shop, date)
	if p, ok := compiledTexts.Load(values); ok {
		return p.(*normalise.TextPatterns)
	}
	p := &normalise.TextPatterns{AutoReply: patterns(values.AutoReplyPatterns), RecommendationMarks: patterns(values.RecommendationMarks), Watchword: values.FilterWatchword}
	for _, topic := range values.Topics.List {
		p.Topics = append(p.Topics, normalise.Topic{Name: topic.Name, Patterns: patterns(topic.Patterns)})
	}
	compiledTexts.Store(values, p)
	return p
}

// patterns compiles what the rules engine has validated.
func patterns(list rule.Patterns) []normalise.Pattern {
	out := make([]normalise.Pattern, 0, len(list))
	for _, p := range list {
		if compiled, err := normalise.ParsePattern(p.String()); err == nil {
			out = append(out, compiled)
		}
	}
	return out
}

// origin says where a value comes from.
func origin(f rule.InForce) string {
	if f.Shipped {
		return "shipped"
	}
	return f.Pos.String()
}
