package compute

import (
	"context"
	"fmt"

	"kefu/extract/sqltext"
	"kefu/transform/model"
)

// TraceTables names the tables that Trace reads: the datasets, the rules, and
// what is known of shops as a whole.
func (c *Computer) TraceTables() []string {
	out := []string{"rule_day"}
	for _, s := range datasets() {
		out = append(out, s.Name)
	}
	for _, m := range c.graph.OfScope(model.Shop) {
		if m.Stored {
			out = append(out, m.Name)
		}
	}
	return out
}

// Trace computes the models named, and those that they need, of one buyer alone,
// by his key, and leaves them in the engine's session as temporary tables under
// their names: the way to a published fact, step by step. The tables of
// TraceTables stand in the schema. Nothing is compared or kept.
func (c *Computer) Trace(ctx context.Context, schema string, shops []Shop, shop ShopKey, buyer string, models ...string) error {
	r := &run{Computer: c, in: Input{Shops: shops}, out: &Result{}}
	if err := r.bind(ctx, "view", "rule_day", "select * from "+schema+".rule_day"); err != nil {
		return err
	}
	for _, s := range datasets() {
		if err := r.bind(ctx, "view", "lake_"+s.Name, "select * from "+schema+"."+sqltext.Ident(s.Name)); err != nil {
			return err
		}
	}
	for _, m := range c.graph.OfScope(model.Shop) {
		if m.Stored {
			if err := r.bind(ctx, "view", "overlay_"+m.Name, "select * from "+schema+"."+sqltext.Ident(m.Name)); err != nil {
				return err
			}
		}
	}
	known := shopsRelation()
	for _, s := range shops {
		known.Rows = append(known.Rows, []any{s.Platform, s.Shop, s.Name, s.Timezone, dateOrNull(s.ChatsUntil), dateOrNull(s.OrdersUntil)})
	}
	if err := r.load(ctx, known); err != nil {
		return err
	}
	chosen := fmt.Sprintf("(select %s as platform, %s as shop_id, %s as buyer_key)", sqltext.Literal(shop.Platform), sqltext.Literal(shop.Shop), sqltext.Literal(buyer))
	if err := r.bindBuyers(ctx, buyerChunk{parts: 1, chosen: chosen}); err != nil {
		return err
	}
	needed := map[string]bool{}
	for _, name := range models {
		c.need(name, needed)
	}
	for _, m := range c.graph.OfScope(model.Buyer) {
		if !needed[m.Name] {
			continue
		}
		if err := r.compute(ctx, m, m.Name); err != nil {
			return err
		}
	}
	return nil
}

// need notes a buyer model and those that it reads.
func (c *Computer) need(name string, needed map[string]bool) {
	m := c.graph.Model(name)
	if m == nil || m.Scope != model.Buyer || needed[name] {
		return
	}
	needed[name] = true
	for _, ref := range m.Refs {
		c.need(ref, needed)
	}
}
