package night

import (
	"strings"
	"time"

	"kefu/transform/catalogue"
	"kefu/transform/compute"
	"kefu/transform/normalise"
	"kefu/transform/rule"
)

// Relations are the small tables that models read beside the datasets, without
// their rows.
func Relations() []compute.Relation {
	metrics, intervals := compute.Relation{Name: "metrics"}, compute.Relation{Name: "rule_intervals"}
	for _, c := range catalogue.Columns() {
		metrics.Columns = append(metrics.Columns, compute.RelationColumn{Name: c.Name, Type: c.Type})
	}
	for _, c := range rule.TableColumns() {
		intervals.Columns = append(intervals.Columns, compute.RelationColumn{Name: c.Name, Type: c.SQL})
	}
	return []compute.Relation{metrics, intervals}
}

func (n *Night) relations() []compute.Relation {
	all := Relations()
	all[0].Rows = n.Catalogue.Rows()
	for _, f := range n.Rules.Table(n.Rules.Shops()) {
		all[1].Rows = append(all[1].Rows, f.Values())
	}
	return all
}

func shopKey(name string) compute.ShopKey {
	platform, shop, _ := strings.Cut(name, "/")
	return compute.ShopKey{Platform: platform, Shop: shop}
}

// textFingerprint identifies the rules on texts of a source's shop.
func (n *Night) textFingerprint(s Source) string {
	return n.Rules.Fingerprint(s.Shop.Platform, s.Shop.Shop)
}

// textRules gives the normaliser the rules of a day.
type textRules struct{ set *rule.Set }

// At implements normalise.TextRules.
func (t textRules) At(platform, shop string, date time.Time) normalise.TextJudge {
	return t.set.At(platform, shop, date)
}
