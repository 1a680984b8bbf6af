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
	metrics := compute.Relation{Name: "metrics"}
	for _, c := range catalogue.Columns() {
		metrics.Columns = append(metrics.Columns, compute.RelationColumn{Name: c.Name, Type: c.Type})
	}
	return append([]compute.Relation{metrics}, ruleRelations(rule.Relations())...)
}

func ruleRelations(tables []rule.Relation) []compute.Relation {
	out := make([]compute.Relation, len(tables))
	for i, t := range tables {
		out[i] = compute.Relation{Name: t.Name, Rows: t.Rows}
		for _, c := range t.Columns {
			out[i].Columns = append(out[i].Columns, compute.RelationColumn{Name: c.Name, Type: c.SQL})
		}
	}
	return out
}

func (n *Night) relations() []compute.Relation {
	metrics := Relations()[0]
	metrics.Rows = n.Catalogue.Rows()
	return append([]compute.Relation{metrics}, ruleRelations(n.Rules.Relations(n.Rules.Shops()))...)
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
